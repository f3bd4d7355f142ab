"""What the committed state needs of a disk: one narrow port, and the same in memory."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from salus.state.overlay import PREFIX, Reader

Row = tuple[bytes, bytes]


class StorageFailure(OSError):
    """The disk is full, fails, or what lies on it is damaged. Nothing durable was changed by the failed call."""


class Damaged(StorageFailure):
    """What a checkpoint wrote is not whole any more, or does not agree with itself."""


class MoreRoom(StorageFailure):
    """The file must be given more room, which `Tables.reset` does; then the same can be written."""


class Finding(NamedTuple):
    """Damage found: where, and what. Holds nothing of the values."""

    place: str
    text: str


class Changes(NamedTuple):
    """All that one checkpoint writes, atomically; None deletes. Writing it twice is as good as once."""

    values: Mapping[bytes, bytes | None]
    buckets: list[tuple[int, bytes | None]]  # ascending
    meta: Mapping[bytes, bytes]
    rows: Mapping[str, list[tuple[bytes, bytes | None]]]
    ranges: Mapping[str, list[Row]]  # (start, stop): rows removed before `rows` are written


class Tables(Reader, Protocol):
    """The last checkpoint. `get` and `scan` read the values; not thread-safe, but for `commit`.

    `commit` is durable once it returns; if it raises StorageFailure, nothing of it is there or all
    of it is, and it can be repeated. It may run in another thread beside everything that reads: what
    it wrote is read after `renew`, or after `reset` if it raised. Iterators end with either.
    """

    def items(self) -> Iterator[Row]:
        """Return all values in order of their keys."""
        ...

    def bucket(self, index: int) -> bytes | None:
        """Return one bucket of the tree."""
        ...

    def buckets(self) -> Iterator[tuple[int, bytes]]:
        """Return all buckets in ascending order."""
        ...

    def meta(self, name: bytes) -> bytes | None:
        """Return one value beside the tree."""
        ...

    def row(self, table: str, key: bytes) -> bytes | None:
        """Return one row of a local table."""
        ...

    def rows(self, table: str, start: bytes, stop: bytes | None) -> Iterator[Row]:
        """Return the rows with start <= key < stop in order."""
        ...

    def commit(self, changes: Changes) -> None:
        """Write the changes durably and atomically; one at a time, with `renew` or `reset` between two."""
        ...

    def renew(self) -> None:
        """Read from here on what was committed last."""
        ...

    def reset(self) -> None:
        """Go on after a commit that raised."""
        ...

    def close(self) -> None:
        """Let go of the disk."""
        ...


class MemoryTables:
    """Tables that last as long as the process: for tests and simulation."""

    def __init__(self) -> None:
        self._values = _Sorted()
        self._buckets: dict[int, bytes] = {}
        self._meta: dict[bytes, bytes] = {}
        self._rows: dict[str, _Sorted] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`."""
        return self._values.rows.get(key)

    def scan(self, prefix: bytes) -> list[Row]:
        """Return the keys longer than `prefix` under it, sorted."""
        return [row for row in self._values.between(prefix, after(prefix)) if len(row[0]) > PREFIX]

    def items(self) -> Iterator[Row]:
        """Return all values in order of their keys."""
        return self._values.between(b"", None)

    def bucket(self, index: int) -> bytes | None:
        """Return one bucket of the tree."""
        return self._buckets.get(index)

    def buckets(self) -> Iterator[tuple[int, bytes]]:
        """Return all buckets in ascending order."""
        return iter(sorted(self._buckets.items()))

    def meta(self, name: bytes) -> bytes | None:
        """Return one value beside the tree."""
        return self._meta.get(name)

    def row(self, table: str, key: bytes) -> bytes | None:
        """Return one row of a local table."""
        return self._rows[table].rows.get(key) if table in self._rows else None

    def rows(self, table: str, start: bytes, stop: bytes | None) -> Iterator[Row]:
        """Return the rows with start <= key < stop in order."""
        return self._rows[table].between(start, stop) if table in self._rows else iter(())

    def commit(self, changes: Changes) -> None:
        """Take the changes over."""
        for index, bucket in changes.buckets:
            if bucket is None:
                self._buckets.pop(index, None)
            else:
                self._buckets[index] = bucket
        self._values.write(changes.values.items())
        self._meta.update(changes.meta)
        for table, ranges in changes.ranges.items():
            for start, stop in ranges:
                self._rows.setdefault(table, _Sorted()).remove(start, stop)
        for table, rows in changes.rows.items():
            self._rows.setdefault(table, _Sorted()).write(rows)

    def renew(self) -> None:
        """Nothing was hidden."""

    def reset(self) -> None:
        """Nothing is broken."""

    def close(self) -> None:
        """Nothing is held."""


class _Sorted:
    """Rows with their keys in order."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []

    def write(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        for key, value in rows:
            if value is None:
                if self.rows.pop(key, None) is not None:
                    del self._keys[bisect_left(self._keys, key)]
            else:
                if key not in self.rows:
                    insort(self._keys, key)
                self.rows[key] = value

    def between(self, start: bytes, stop: bytes | None) -> Iterator[Row]:
        return iter([(key, self.rows[key]) for key in self._range(start, stop)])

    def remove(self, start: bytes, stop: bytes) -> None:
        self.write([(key, None) for key in self._range(start, stop)])

    def _range(self, start: bytes, stop: bytes | None) -> list[bytes]:
        end = len(self._keys) if stop is None else bisect_left(self._keys, stop)
        return self._keys[bisect_left(self._keys, start) : end]


def after(prefix: bytes) -> bytes | None:
    """Return the first key after all that begin with `prefix`; None if there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes((kept[-1] + 1,)) if kept else None
