"""A sparse tree in memory: the map of one relation, from record id to the leaf of its current version."""

from collections.abc import Mapping

from salus.merkle.heap import Heap, MemoryBuckets, regroup, split_entries
from salus.merkle.smt import Proof

_SMALL = 256  # leaves up to which one bucket is as fast as many
_DEPTH = 8


class Map:
    """Keys and values by their hashes only; the caller keeps them in clear. Not thread-safe."""

    __slots__ = ("_buckets", "_heap")

    def __init__(self, items: Mapping[bytes, bytes] | None = None) -> None:
        large = items is not None and len(items) > _SMALL
        self._buckets = MemoryBuckets()
        self._heap = Heap(self._buckets, _DEPTH if large else 0)
        if items:
            self._heap.update(items)

    @property
    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        return self._heap.root

    @property
    def count(self) -> int:
        """How many keys have a value."""
        return self._heap.count

    def update(self, writes: Mapping[bytes, bytes | None]) -> bytes:
        """Set keys to values, None deletes; return the new root."""
        if self._heap.depth == 0 and self.count + len(writes) > _SMALL:
            self._rebuild(_DEPTH)  # before, or all of it is hashed twice
        self._heap.update(writes)
        if self._heap.depth and self.count < _SMALL // 2:
            self._rebuild(0)
        return self._heap.root

    def prove(self, key: bytes) -> Proof:
        """Return the proof of the value of `key`, or of its absence."""
        return self._heap.prove(key)

    def _rebuild(self, depth: int) -> None:
        filled = sorted(self._buckets.filled.items())
        entries = [entry for _, bucket in filled for entry in split_entries(bucket)]
        self._buckets = MemoryBuckets(regroup(entries, depth))
        self._heap = Heap.open(self._buckets, depth, self._buckets.filled.items())
