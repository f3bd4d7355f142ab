"""Ids that were consumed, until nothing that bears them could be executed again.

An id is in the bucket of the minute of its `not_after`. The ids stand beside the tree; per bucket
the tree holds a running hash, h' = T("seen", h, [ids in order]) once per block from 32 zero bytes,
so that a node that was sent the ids can check them. Ids of batches and of envelopes share the
buckets, in the order in which they were consumed; their tags keep them apart. An id covers its
`not_after`: it is looked for in one bucket.

| state key                    | length | value          |
|------------------------------|--------|----------------|
| 00 01 minute, 8 bytes, BE    | 10     | h, 32 bytes    |
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from salus.core.hashing import T

MINUTE_MS = 60_000
START = bytes(32)
SEEN_PREFIX = b"\x00\x01"


def seen_key(minute: int) -> bytes:
    """Return the state key of a bucket's running hash."""
    return SEEN_PREFIX + minute.to_bytes(8, "big")


def row_key(minute: int, group: int) -> bytes:
    """Return the key of a group of ids in the table `seen`; its row is the ids one after another."""
    return minute.to_bytes(8, "big") + group.to_bytes(4, "big")


class _Bucket:
    """The ids of one minute, a group for each block; those that were loaded are rows until an id is looked for."""

    __slots__ = ("_ids", "groups", "hash")

    def __init__(self) -> None:
        self.groups: list[bytes | list[bytes]] = []
        self.hash = START
        self._ids: dict[bytes, None] | None = None

    @property
    def ids(self) -> dict[bytes, None]:
        """The ids of all groups, and of the block that is being executed."""
        if self._ids is None:
            self._ids = {}  # not a set: it takes more room
            for at, group in enumerate(self.groups):
                self.groups[at] = ids = list(_apart(group)) if isinstance(group, bytes) else group
                self._ids.update(dict.fromkeys(ids))
        return self._ids

    def rows(self, first: int = 0) -> list[bytes]:
        """Return the rows of the groups from `first` on."""
        return [group if isinstance(group, bytes) else b"".join(group) for group in self.groups[first:]]

    def add(self, network: bytes, group: bytes | list[bytes]) -> None:
        """Take in a group: a row, while no id was looked for yet, or a list whose ids are among `ids`."""
        self.hash = T("seen", network, self.hash, _apart(group) if isinstance(group, bytes) else group)
        self.groups.append(group)


class Undo(NamedTuple):
    """What takes one block back."""

    added: dict[int, tuple[bytes, list[bytes]]]  # hash before, ids
    dropped: dict[int, _Bucket]


class SeenIds:
    """The buckets of one node: per minute the ids of each block that added some, and their hash."""

    __slots__ = ("_buckets", "_given", "_network", "_open", "_saved")

    def __init__(self, network: bytes) -> None:
        self._network = network
        self._buckets: dict[int, _Bucket] = {}
        self._open: dict[int, list[bytes]] = {}  # of the block that is being executed
        self._saved: dict[int, int] = {}  # how many groups of each minute the last checkpoint has
        self._given = self._saved  # those that were given to one, durable or not

    def has(self, key: bytes, not_after: int) -> bool:
        """True if the id was consumed."""
        bucket = self._buckets.get(not_after // MINUTE_MS)
        return bucket is not None and key in bucket.ids

    def consume(self, key: bytes, not_after: int) -> None:
        """Add an id that is not there yet."""
        if len(key) != 32:
            raise ValueError("id")
        minute = not_after // MINUTE_MS
        if minute not in self._open:
            self._open[minute] = []
            self._buckets.setdefault(minute, _Bucket())
        self._open[minute].append(key)
        self._buckets[minute].ids[key] = None

    def close(self, time: int) -> tuple[dict[bytes, bytes | None], Undo]:
        """End the block at `time`; return the writes into the tree and what takes the block back."""
        writes: dict[bytes, bytes | None] = {}
        undo = Undo({}, {})
        for minute in sorted(self._open):
            bucket = self._buckets[minute]
            undo.added[minute] = bucket.hash, self._open[minute]
            bucket.add(self._network, self._open[minute])
            writes[seen_key(minute)] = bucket.hash
        self._open = {}
        for minute in [m for m in self._buckets if (m + 1) * MINUTE_MS <= time]:
            undo.dropped[minute] = self._buckets.pop(minute)
            writes[seen_key(minute)] = None
        return writes, undo

    def undo(self, undo: Undo) -> None:
        """Take the last block back."""
        self._buckets |= undo.dropped
        for minute, (before, ids) in undo.added.items():
            bucket = self._buckets[minute]
            bucket.groups.pop()
            for key in ids:
                del bucket.ids[key]
            bucket.hash = before
            if not bucket.groups:
                del self._buckets[minute]

    def items(self) -> list[tuple[int, int, bytes]]:
        """Return (minute, number, row) of all groups, ascending."""
        return [
            (minute, i, row) for minute in sorted(self._buckets) for i, row in enumerate(self._buckets[minute].rows())
        ]

    def load(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Fill empty buckets with all rows of the table `seen`, in order; raises ValueError where one holds no ids."""
        for key, row in rows:
            self._buckets.setdefault(int.from_bytes(key[:8], "big"), _Bucket()).add(self._network, row)
        self._saved = self._counts()

    def fresh(self) -> tuple[list[tuple[bytes, bytes | None]], list[tuple[bytes, bytes]]]:
        """Return (rows, removed ranges) of the table `seen` since the last checkpoint."""
        rows: list[tuple[bytes, bytes | None]] = []
        for minute in sorted(self._buckets):
            first = self._saved.get(minute, 0)
            rows += [(row_key(minute, i), row) for i, row in enumerate(self._buckets[minute].rows(first), first)]
        self._given = self._counts()
        gone = [(row_key(m, 0), row_key(m + 1, 0)) for m in sorted(self._saved) if m not in self._buckets]
        return rows, gone

    def saved(self) -> None:
        """A checkpoint with the last `fresh` is durable; more may have been consumed meanwhile."""
        self._saved = self._given

    def hashes(self) -> dict[bytes, bytes]:
        """Return state key and running hash of each bucket, to be compared with the tree."""
        return {seen_key(minute): self._buckets[minute].hash for minute in sorted(self._buckets)}

    def _counts(self) -> dict[int, int]:
        return {minute: len(bucket.groups) for minute, bucket in self._buckets.items()}


def _apart(row: bytes) -> tuple[bytes, ...]:
    """Return the ids in a row."""
    if len(row) % 32:
        raise ValueError("id")
    return struct.unpack("32s" * (len(row) // 32), row)  # half as long as slicing takes
