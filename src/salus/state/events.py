"""The one log of events of a node: every event's T-hash, appended block by block, kept beside the tree.

Stored as tiles (`merkle.tiles`): table `log`, key level (1 byte) and tile number (8, big-endian).
"""

from typing import NamedTuple

from salus.merkle.log import Consistency, Frontier, Inclusion, consistency, inclusion, leaf_hash, root_at
from salus.merkle.tiles import WIDTH, WIDTH_BITS, nodes_of
from salus.state.names import LOG, LOG_TABLE
from salus.state.store import Store


class _Mark(NamedTuple):
    frontier: Frontier
    lengths: list[int]


class EventLog:
    """The log over the tables of `store`. Not thread-safe; what was appended is in memory until a checkpoint.

    A checkpoint takes `meta()` and `rows()`; once it is durable, `saved()` lets go of them, also if
    more was appended meanwhile.
    """

    __slots__ = ("_fresh", "_frontier", "_given", "_mark", "_saved", "_store")

    def __init__(self, store: Store) -> None:
        raw = store.meta(LOG)
        self._store = store
        self._frontier = Frontier() if raw is None else Frontier.decode(raw)
        self._saved = self._given = self._frontier.size  # `_given` to the last checkpoint, durable or not
        self._fresh: list[list[bytes]] = []  # per level of tiles, what the store does not have yet
        self._mark: _Mark | None = None

    @property
    def size(self) -> int:
        """How many entries."""
        return self._frontier.size

    @property
    def root(self) -> bytes:
        """The root of the log, 32 bytes."""
        return self._frontier.root()

    def append(self, entries: list[bytes]) -> tuple[int, bytes]:
        """Add entries of 32 bytes; return the new (size, root)."""
        frontier = self._frontier
        self._mark = _Mark(frontier.copy(), [len(hashes) for hashes in self._fresh])
        for entry in entries:
            done = frontier.append(leaf_hash(entry))
            self._keep(0, entry)
            for level in range(WIDTH_BITS, len(done), WIDTH_BITS):
                self._keep(level // WIDTH_BITS, done[level])
        return frontier.size, frontier.root()

    def undo(self) -> None:
        """Take the last `append` back: once, and not past a checkpoint."""
        if self._mark is None:
            raise ValueError("nothing to undo")
        self._frontier, lengths = self._mark
        self._fresh = [hashes[:length] for hashes, length in zip(self._fresh, lengths, strict=False)]
        self._mark = None

    def root_at(self, size: int) -> bytes:
        """Return the root when the log had `size` entries; raises ValueError if it never had."""
        return root_at(nodes_of(self.tile), self._known(size))

    def inclusion(self, index: int, size: int) -> Inclusion:
        """Return the proof that entry `index` is in the log of `size`; raises ValueError if it is not."""
        return inclusion(nodes_of(self.tile), index, self._known(size))

    def consistency(self, first: int, second: int) -> Consistency:
        """Return the proof that the log of `second` begins with that of `first`; raises ValueError."""
        return consistency(nodes_of(self.tile), first, self._known(second))

    def entry(self, index: int) -> bytes:
        """Return entry `index`; raises ValueError if there is none."""
        if not 0 <= index < self.size:
            raise ValueError("index")
        at = index % WIDTH * 32
        return self.tile(0, index // WIDTH)[at : at + 32]

    def tile(self, level: int, index: int) -> bytes:
        """Return what tile `index` of `level` holds, up to 256 times 32 bytes."""
        start = index * WIDTH - self._stored(level)
        row = self._store.table_get(LOG_TABLE, _key(level, index)) or b""
        stored = row[: max(0, -start) * 32]  # a checkpoint that failed in its last step may have written more
        if level >= len(self._fresh):
            return stored
        return stored + b"".join(self._fresh[level][max(0, start) : max(0, start + WIDTH)])

    def meta(self) -> dict[bytes, bytes]:
        """Return what a checkpoint keeps under names."""
        return {LOG: self._frontier.encode()}

    def rows(self) -> list[tuple[bytes, bytes]]:
        """Return the rows that a checkpoint writes to table `log`."""
        self._mark = None
        self._given = self.size
        found: list[tuple[bytes, bytes]] = []
        for level, hashes in enumerate(self._fresh):
            if not hashes:
                continue
            first = self._stored(level)
            tiles = range(first // WIDTH, -(-(first + len(hashes)) // WIDTH))
            found += [(_key(level, index), self.tile(level, index)) for index in tiles]
        return found

    def saved(self) -> None:
        """A checkpoint with the last `meta` and `rows` is durable."""
        before = [self._stored(level) for level in range(len(self._fresh))]
        self._saved = self._given
        gone = [self._stored(level) - start for level, start in enumerate(before)]
        self._fresh = [hashes[count:] for hashes, count in zip(self._fresh, gone, strict=True)]
        if self._mark is not None:
            lengths = [length - count for length, count in zip(self._mark.lengths, gone, strict=False)]
            self._mark = self._mark._replace(lengths=lengths)

    def _keep(self, level: int, node: bytes) -> None:
        if level == len(self._fresh):
            self._fresh.append([])
        self._fresh[level].append(node)

    def _stored(self, level: int) -> int:
        return self._saved >> level * WIDTH_BITS

    def _known(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise ValueError("size")
        return size


def _key(level: int, index: int) -> bytes:
    return bytes((level,)) + index.to_bytes(8, "big")
