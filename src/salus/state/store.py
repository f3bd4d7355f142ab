"""The committed state of one node: values and their tree, a checkpoint on disk under pending writes in memory."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TypeVar

from salus.merkle.heap import Heap, Undo, regroup
from salus.merkle.smt import EMPTY, Proof, leaf_node
from salus.state import names
from salus.state.check import check_tables
from salus.state.lmdb import MAP_SIZE, Folder, LmdbTables
from salus.state.overlay import Overlay
from salus.state.tables import Changes, Damaged, Finding, MemoryTables, MoreRoom, Row, StorageFailure, Tables

K = TypeVar("K", bytes, int)


class Store:
    """Keys and values with the root of their tree. Not thread-safe; durable only by `checkpoint`.

    `apply` takes the writes of one block; `undo` takes back the last `apply` since the checkpoint.
    What lies beside the tree (meta, rows of local tables) is written with the checkpoint and read
    as it was at the last one.

    A checkpoint has three steps, which `checkpoint` does at once: `seal` closes what is pending, `write`
    makes it durable, `settle` lets go of it. Between `seal` and `settle` everything but another `seal`
    goes on as ever, and `write` may be called by another thread.
    """

    __slots__ = ("_buckets", "_heap", "_last", "_pending", "_sealed", "_tables", "_undo")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._sealed = Overlay(tables)  # of the checkpoint that is being written
        self._pending = Overlay(self._sealed)  # since then
        self._last = Overlay(self._pending)  # of the last apply
        self._undo: Undo | None = None
        self._buckets = _Dirty(tables)
        self._heap = self._open_tree()

    @classmethod
    def open(cls, path: Folder, map_size: int = MAP_SIZE) -> "Store":
        """Return the store in the folder `path`; raises StorageFailure if it cannot be opened, Damaged if it is."""
        return cls(LmdbTables(path, map_size))

    @classmethod
    def in_memory(cls) -> "Store":
        """Return an empty store that lasts as long as the process."""
        return cls(MemoryTables())

    def close(self) -> None:
        """Close the file; what no checkpoint took is lost."""
        self._tables.close()

    @property
    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        return self._heap.root

    @property
    def count(self) -> int:
        """How many keys have a value."""
        return self._heap.count

    @property
    def pending_keys(self) -> int:
        """How many keys the next checkpoint will write; those of a sealed one are not among them."""
        return len(self._pending.writes) + len(self._last.writes)

    @property
    def height(self) -> int:
        """The height of the last checkpoint, 0 before the first."""
        return int.from_bytes(self._tables.meta(names.HEIGHT) or b"", "big")

    def fresh(self) -> dict[bytes, bytes | None]:
        """Return all that was written since the last checkpoint; one that is on its way to disk may hold some of it."""
        return self._sealed.writes | self._pending.writes | self._last.writes

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`."""
        return self._last.get(key)

    def scan(self, prefix: bytes) -> list[Row]:
        """Return the keys longer than `prefix` (exactly 34 bytes) under it, sorted."""
        return self._last.scan(prefix)

    def items(self) -> Iterator[Row]:
        """Return all keys and values in order of the keys; ends with the next apply."""
        return merged(self._tables.items(), self.fresh())

    def prove(self, key: bytes) -> Proof:
        """Return the proof of the value of `key`, or of its absence, at the current root."""
        return self._heap.prove(key)

    def apply(self, writes: Mapping[bytes, bytes | None]) -> bytes:
        """Set keys to values, None deletes; return the new root. In memory only."""
        self._last.merge()
        for key, value in writes.items():
            self._last.put(key, value)
        self._undo = self._heap.update(writes)
        return self._heap.root

    def undo(self) -> None:
        """Take the last `apply` back: once, and not past a checkpoint."""
        if self._undo is None:
            raise ValueError("nothing to undo")
        self._heap.undo(self._undo)
        self._last.drop()
        self._undo = None

    def load(self, items: Iterable[Row]) -> bytes:
        """Fill an empty store, in memory until the next checkpoint; return the root."""
        if self.count or self.pending_keys:
            raise ValueError("not empty")
        entries = []
        for key, value in items:
            self._pending.put(key, value)
            pair = sha256(key).digest() + sha256(value).digest()
            entries.append(pair + leaf_node(pair[:32], pair[32:]))
        entries.sort()
        depth, split = names.shape_for(len(entries))
        self._buckets.writes = dict(regroup(entries, depth, split))
        self._heap = Heap.open(self._buckets, depth, self._buckets.dirty(), split)
        return self._heap.root

    def meta(self, name: bytes) -> bytes | None:
        """Return what the last checkpoint wrote under `name`."""
        return self._tables.meta(name)

    def table_get(self, table: str, key: bytes) -> bytes | None:
        """Return one row of a local table as of the last checkpoint."""
        return self._tables.row(table, key)

    def table_scan(self, table: str, start: bytes = b"", stop: bytes | None = None) -> Iterator[Row]:
        """Return the rows with start <= key < stop in order, as of the last checkpoint."""
        return self._tables.rows(table, start, stop)

    def checkpoint(
        self,
        height: int,
        meta: Mapping[bytes, bytes] | None = None,
        tables: Mapping[str, Iterable[tuple[bytes, bytes | None]]] | None = None,
        removed: Mapping[str, Iterable[Row]] | None = None,
    ) -> None:
        """Write all that is pending with `height`, `meta` and rows of local tables (None deletes one;
        `removed` are ranges from start to before stop, removed first) in one durable transaction.

        If it raises StorageFailure the last checkpoint is whole, nothing pending is lost, and it can
        be repeated; nothing before it can be undone, since it may have been written all the same.
        """
        self.finish(self.seal(height, meta, tables, removed))

    def seal(
        self,
        height: int,
        meta: Mapping[bytes, bytes] | None = None,
        tables: Mapping[str, Iterable[tuple[bytes, bytes | None]]] | None = None,
        removed: Mapping[str, Iterable[Row]] | None = None,
    ) -> Changes:
        """Return what a checkpoint of all that is pending writes; `settle` must follow before the next.

        Nothing before it can be undone. The tree is deepened here, by as many buckets as its new keys need.
        """
        if self._sealed.writes or self._buckets.sealed:
            raise ValueError("a checkpoint is under way")
        self._last.merge()
        self._undo = None
        self._heap.deepen(names.buckets_for(self.count))
        own = {
            names.HEIGHT: height.to_bytes(8, "big"),
            names.SHAPE: names.Shape(self._heap.depth, self._heap.split).encode(),
            names.ROOT: self.root,
        }
        self._pending.merge()
        self._buckets.seal()
        return Changes(
            values=self._sealed.writes,
            buckets=sorted(self._buckets.sealed.items()),
            meta={**(meta or {}), **own},
            rows={table: list(rows) for table, rows in (tables or {}).items()},
            ranges={table: list(ranges) for table, ranges in (removed or {}).items()},
        )

    def write(self, changes: Changes) -> None:
        """Make what `seal` returned durable; see `checkpoint`. May run in another thread, beside all but `settle`."""
        self._tables.commit(changes)

    def finish(self, changes: Changes) -> None:
        """Write and settle at once, with as much room as it takes; raises as `checkpoint`."""
        while True:
            try:
                self.write(changes)
                break
            except MoreRoom:
                self._tables.reset()
            except StorageFailure:
                self.settle(written=False)
                raise
        self.settle(written=True)

    def settle(self, *, written: bool) -> None:
        """Go over to the checkpoint that was written; or take back what was sealed, which is pending again.

        Raises StorageFailure, and then all of it is pending again, and the same can be tried once more.
        """
        try:
            if written:
                self._tables.renew()
        except StorageFailure:
            self._take_back()
            raise
        if written:
            self._sealed.drop()
            self._buckets.sealed = {}
        else:
            self._take_back()
            self._tables.reset()

    def _take_back(self) -> None:
        self._sealed.put_under(self._pending)
        self._buckets.unseal()

    def check(self) -> list[Finding]:
        """Return what is wrong with the last checkpoint: each live value, bucket and log entry is hashed again.

        Where the file may be damaged, `check.check_folder` is safer: it opens nothing before its pages are sound.
        """
        return check_tables(self._tables)

    def _open_tree(self) -> Heap:
        shape = names.shape(self._tables.meta(names.SHAPE))
        try:
            if shape is None:
                raise ValueError("shape")
            heap = Heap.open(self._buckets, shape.depth, self._tables.buckets(), shape.split)
        except ValueError:
            raise Damaged("the tree is damaged") from None
        if heap.root != (self._tables.meta(names.ROOT) or EMPTY):
            raise Damaged("the tree does not give the root of its checkpoint")
        return heap


class _Dirty:
    """Buckets written since the checkpoint, over those that are being written, over those in it."""

    __slots__ = ("_tables", "sealed", "writes")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.sealed: dict[int, bytes | None] = {}
        self.writes: dict[int, bytes | None] = {}

    def get(self, at: int) -> bytes | None:
        if at in self.writes:
            return self.writes[at]
        if at in self.sealed:
            return self.sealed[at]
        return self._tables.bucket(at)

    def put(self, at: int, bucket: bytes | None) -> None:
        self.writes[at] = bucket

    def dirty(self) -> list[tuple[int, bytes]]:
        return [(at, bucket) for at, bucket in self.writes.items() if bucket is not None]

    def seal(self) -> None:
        self.sealed, self.writes = self.writes, {}

    def unseal(self) -> None:
        self.sealed, self.writes = {}, self.sealed | self.writes


def merged(stored: Iterable[tuple[K, bytes]], writes: Mapping[K, bytes | None]) -> Iterator[tuple[K, bytes]]:
    """Return `stored`, in order, with `writes` over it; None deletes."""
    keys = sorted(writes)
    at = 0
    for key, value in stored:
        while at < len(keys) and keys[at] < key:
            new = writes[keys[at]]
            if new is not None:
                yield keys[at], new
            at += 1
        if at < len(keys) and keys[at] == key:
            continue  # its turn is next
        yield key, value
    for key in keys[at:]:
        new = writes[key]
        if new is not None:
            yield key, new
