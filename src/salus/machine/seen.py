"""Ids that were consumed, until nothing that bears them could be executed again.

An id is in the bucket of the minute of its `not_after`. The ids stand beside the tree; per bucket
the tree holds a running hash, h' = T("seen", h, [ids in order]) once per block from 32 zero bytes,
so that a node that was sent the ids can check them. Ids of batches and of envelopes share the
buckets, in the order in which they were consumed; their tags keep them apart.

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


class Undo(NamedTuple):
    """What takes one block back."""

    added: dict[int, list[bytes]]
    dropped: dict[int, tuple[bytes, list[list[bytes]]]]
    hashes: dict[int, bytes]  # of the buckets that were added to, before


class SeenIds:
    """The buckets of one node: per minute the ids of each block that added some, and their hash."""

    __slots__ = ("_given", "_groups", "_hashes", "_ids", "_network", "_open", "_saved")

    def __init__(self, network: bytes) -> None:
        self._network = network
        self._groups: dict[int, list[list[bytes]]] = {}
        self._hashes: dict[int, bytes] = {}
        self._ids: dict[bytes, None] = {}
        self._open: dict[int, list[bytes]] = {}  # of the block that is being executed
        self._saved: dict[int, int] = {}  # how many groups of each minute the last checkpoint has
        self._given = self._saved  # those that were given to one, durable or not

    def __contains__(self, key: bytes) -> bool:
        return key in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def consume(self, key: bytes, not_after: int) -> None:
        """Add an id that is not there yet."""
        self._ids[key] = None
        self._open.setdefault(not_after // MINUTE_MS, []).append(key)

    def close(self, time: int) -> tuple[dict[bytes, bytes | None], Undo]:
        """End the block at `time`; return the writes into the tree and what takes the block back."""
        writes: dict[bytes, bytes | None] = {}
        undo = Undo(self._open, {}, {})
        for minute in sorted(self._open):
            before = self._hashes.get(minute, START)
            undo.hashes[minute] = before
            self._add(minute, self._open[minute])
            writes[seen_key(minute)] = self._hashes[minute]
        self._open = {}
        for minute in [m for m in self._groups if (m + 1) * MINUTE_MS <= time]:
            undo.dropped[minute] = (self._hashes.pop(minute), self._groups.pop(minute))
            for group in undo.dropped[minute][1]:
                for key in group:
                    del self._ids[key]
            writes[seen_key(minute)] = None
        return writes, undo

    def undo(self, undo: Undo) -> None:
        """Take the last block back."""
        for minute, (value, groups) in undo.dropped.items():
            self._hashes[minute], self._groups[minute] = value, groups
            for group in groups:
                self._ids.update(dict.fromkeys(group))
        for minute, ids in undo.added.items():
            self._groups[minute].pop()
            for key in ids:
                del self._ids[key]
            self._hashes[minute] = undo.hashes[minute]
            if not self._groups[minute]:
                del self._groups[minute], self._hashes[minute]

    def items(self) -> list[tuple[int, int, list[bytes]]]:
        """Return (minute, number, ids) of all groups, ascending."""
        return [(minute, i, ids) for minute in sorted(self._groups) for i, ids in enumerate(self._groups[minute])]

    def load(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Fill empty buckets with all rows of the table `seen`, in order."""
        for key, raw in rows:
            if len(raw) % 32:
                raise ValueError("id")
            group = list(struct.unpack("32s" * (len(raw) // 32), raw))  # half as long as slicing takes
            self._note(int.from_bytes(key[:8], "big"), group)
            self._ids.update(dict.fromkeys(group))
        self._saved = {minute: len(groups) for minute, groups in self._groups.items()}

    def fresh(self) -> tuple[list[tuple[bytes, bytes | None]], list[tuple[bytes, bytes]]]:
        """Return (rows, removed ranges) of the table `seen` since the last checkpoint."""
        rows: list[tuple[bytes, bytes | None]] = []
        for minute in sorted(self._groups):
            first = self._saved.get(minute, 0)
            rows += [(row_key(minute, first + i), b"".join(ids)) for i, ids in enumerate(self._groups[minute][first:])]
        self._given = {minute: len(groups) for minute, groups in self._groups.items()}
        gone = [(row_key(m, 0), row_key(m + 1, 0)) for m in sorted(self._saved) if m not in self._groups]
        return rows, gone

    def saved(self) -> None:
        """A checkpoint with the last `fresh` is durable; more may have been consumed meanwhile."""
        self._saved = self._given

    def hashes(self) -> dict[bytes, bytes]:
        """Return state key and running hash of each bucket, to be compared with the tree."""
        return {seen_key(minute): self._hashes[minute] for minute in sorted(self._hashes)}

    def _add(self, minute: int, group: list[bytes]) -> None:
        if any(len(key) != 32 for key in group):
            raise ValueError("id")
        self._note(minute, group)

    def _note(self, minute: int, group: list[bytes]) -> None:
        """Take in ids that are known to be ids."""
        self._hashes[minute] = T("seen", self._network, self._hashes.get(minute, START), group)
        self._groups.setdefault(minute, []).append(group)
