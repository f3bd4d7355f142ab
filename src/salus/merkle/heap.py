"""The sparse tree in memory: a packed heap of nodes over buckets of leaves.

The top levels are a bytearray, node i at 32 i, its children at 2 i and 2 i + 1, so that two siblings
are one slice. Under each lowest node, and by its number, is a bucket: the leaves whose way leads
there. There are 2^depth lowest nodes, of which the first `split` are replaced by their children: the
tree deepens bucket by bucket (linear hashing) and never all at once. Depth and split are a local
matter: they change no root and no proof.

| bytes of a bucket | what                                             |
|-------------------|--------------------------------------------------|
| 32                | node of the bucket                               |
| 96 each           | H(key), H(value), leaf node; ascending by H(key) |
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from struct import Struct
from typing import NamedTuple, Protocol

from salus.merkle.smt import BITS, EMPTY, INNER, LEAF, Proof

MAX_DEPTH = 32
_ENTRY = 96
_ONE = 32 + _ENTRY  # length of a bucket of one leaf
_NONE, _LEAF, _INNER = 0, 1, 2  # kinds of a node
_ONLY = (_NONE, _LEAF, _LEAF << 8)  # of two siblings of which one is a leaf at most
_BEGUN = sha256(INNER)  # a copy of it is had for less than a hash that begins anew
_put_first = Struct("32s").pack_into  # the first 32 bytes of what it is given


Hashed = tuple[bytes, bytes | None]  # H(key), H(value)


class Buckets(Protocol):
    """Where buckets are kept. An empty bucket is None."""

    def get(self, at: int) -> bytes | None:
        """Return the bucket."""
        ...

    def put(self, at: int, bucket: bytes | None) -> None:
        """Set or remove the bucket."""
        ...


class MemoryBuckets:
    """Buckets in memory."""

    __slots__ = ("filled",)

    def __init__(self, filled: Iterable[tuple[int, bytes]] = ()) -> None:
        self.filled = dict(filled)

    def get(self, at: int) -> bytes | None:
        """Return the bucket."""
        return self.filled.get(at)

    def put(self, at: int, bucket: bytes | None) -> None:
        """Set or remove the bucket."""
        if bucket is None:
            self.filled.pop(at, None)
        else:
            self.filled[at] = bucket


class Undo(NamedTuple):
    """What takes one update back: the touched buckets and the number of leaves before it."""

    buckets: dict[int, bytes | None]
    leaves: int


class Heap:
    """A sparse tree over `buckets`, which must hold nothing at first (`open` takes filled ones)."""

    __slots__ = ("_buckets", "_kinds", "_nodes", "count", "depth", "split")

    def __init__(self, buckets: Buckets, depth: int = 0, split: int = 0) -> None:
        if not 0 <= depth <= MAX_DEPTH or not 0 <= split < 1 << depth or (split and depth == MAX_DEPTH):
            raise ValueError("depth")
        self.depth, self.split = depth, split
        self.count = 0  # leaves
        self._buckets = buckets
        levels = depth + (split > 0)
        self._nodes = memoryview(bytearray(64 << levels))
        self._kinds = memoryview(bytearray(2 << levels))

    @classmethod
    def open(cls, buckets: Buckets, depth: int, filled: Iterable[tuple[int, bytes]], split: int = 0) -> "Heap":
        """Return the heap over the `filled` buckets (number, bucket), each already in `buckets`.

        Raises ValueError if one has not the length of a bucket or is none of this tree; it trusts their nodes.
        """
        heap = cls(buckets, depth, split)
        nodes, kinds, entries = heap._nodes, heap._kinds, 0
        first, after = (1 << depth) + split, (2 << depth) + 2 * split  # as `is_bucket` has it
        for at, bucket in filled:
            size = len(bucket)
            if not first <= at < after or size < _ONE or size % _ENTRY != 32:
                raise ValueError("bucket")
            _put_first(nodes, at << 5, bucket)
            kinds[at] = _LEAF if size == _ONE else _INNER
            entries += size // _ENTRY  # the node is a third of one
        heap.count = entries
        heap._climb_level(range(1 << depth, (1 << depth) + split))
        for level in reversed(range(depth)):
            heap._climb_level(range(1 << level, 2 << level))
        return heap

    @property
    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        return bytes(self._nodes[32:64])

    def update(self, writes: Mapping[bytes, bytes | None]) -> Undo:
        """Set keys to values, None deletes; return what takes it back."""
        hashed = [
            (sha256(key).digest(), None if value is None else sha256(value).digest()) for key, value in writes.items()
        ]
        hashed.sort()
        depth, split = self.depth, self.split
        parts: dict[int, list[Hashed]] = {}  # of the batch, by bucket
        for pair in hashed:
            parts.setdefault(bucket_of(pair[0], depth, split), []).append(pair)
        before = {at: self._buckets.get(at) for at in parts}
        undo = Undo(before, self.count)
        for at, part in parts.items():
            self._set(at, self._merged(before[at], part, at.bit_length() - 1))
        self._climb(parts)
        return undo

    def undo(self, undo: Undo) -> None:
        """Take the last update back; only the last, and not past `deepen`."""
        for at, bucket in undo.buckets.items():
            self._set(at, bucket)
        self.count = undo.leaves
        self._climb(undo.buckets)

    def deepen(self, buckets: int) -> None:
        """Split buckets in turn until there are so many."""
        while (1 << self.depth) + self.split < buckets:
            if not self.split:
                if self.depth == MAX_DEPTH - 1:
                    raise ValueError("depth")
                self._nodes, self._kinds = _doubled(self._nodes), _doubled(self._kinds)
            at = (1 << self.depth) + self.split
            self._split_in_two(at, self._buckets.get(at))
            self.split += 1
            if self.split == 1 << self.depth:
                self.depth, self.split = self.depth + 1, 0

    def _split_in_two(self, at: int, bucket: bytes | None) -> None:
        """Put the bucket's children in its place; node and kind above them stay as they are."""
        if bucket is None:
            return
        entries, way = split_entries(bucket), MAX_DEPTH - at.bit_length()
        middle = sum(1 for entry in entries if not int.from_bytes(entry[:4], "big") >> way & 1)
        self._buckets.put(at, None)
        for child, half in ((2 * at, entries[:middle]), (2 * at + 1, entries[middle:])):
            if half:
                self._set(child, pack(half, at.bit_length()))

    def prove(self, key: bytes) -> Proof:
        """Return the proof of the value of `key`, or of its absence."""
        key_hash = sha256(key).digest()
        nodes, kinds = self._nodes, self._kinds
        bucket = bucket_of(key_hash, self.depth, self.split)
        siblings, at = [], 1
        for level in reversed(range(bucket.bit_length() - 1)):
            if kinds[at] != _INNER:
                break
            at = bucket >> level
            siblings.append(bytes(nodes[(at ^ 1) << 5 : ((at ^ 1) << 5) + 32]))
        if kinds[at] == _NONE:
            return Proof(tuple(siblings), None)
        if kinds[at] == _LEAF:
            entry = self._leaf_under(at)
            other = None if entry[:32] == key_hash else (entry[:32], entry[32:64])
            return Proof(tuple(siblings), other)
        entries = split_entries(self._buckets.get(bucket) or EMPTY)
        other = prove_entries(entries, key_hash, bucket.bit_length() - 1, siblings)
        return Proof(tuple(siblings), other)

    def _merged(self, old: bytes | None, part: list[Hashed], depth: int) -> bytes | None:
        """Return a bucket at `depth` with its part of a batch, sorted by H(key), written over it."""
        if old is None:
            pairs = [key_hash + value_hash for key_hash, value_hash in part if value_hash is not None]
            self.count += len(pairs)
            return pack([pair + sha256(LEAF + pair).digest() for pair in pairs], depth)
        entries = split_entries(old)
        count = len(entries)
        for key_hash, value_hash in part:
            at = bisect_left(entries, key_hash)  # entries begin with H(key)
            found = at < len(entries) and entries[at].startswith(key_hash)
            if value_hash is not None:
                pair = key_hash + value_hash
                entries[at : at + found] = (pair + sha256(LEAF + pair).digest(),)
            elif found:
                del entries[at]
        self.count += len(entries) - count
        return pack(entries, depth)

    def _set(self, at: int, bucket: bytes | None) -> None:
        """Keep a bucket, and its node in the heap."""
        self._buckets.put(at, bucket)
        if bucket is None:
            self._nodes[at << 5 : (at << 5) + 32] = EMPTY
            self._kinds[at] = _NONE
        else:
            self._nodes[at << 5 : (at << 5) + 32] = bucket[:32]
            self._kinds[at] = _LEAF if len(bucket) == _ONE else _INNER

    def _climb(self, touched: Iterable[int]) -> None:
        """Recompute the nodes above the `touched` buckets, each once, level by level."""
        lowest = 2 << self.depth  # from here on buckets that were split
        level: Iterable[int] = [at for at in touched if at < lowest]
        if self.split:
            parents = dict.fromkeys([at >> 1 for at in touched if at >= lowest])
            self._climb_level(parents)
            level = [*level, *parents]
        for _ in range(self.depth):
            level = dict.fromkeys([at >> 1 for at in level])
            self._climb_level(level)

    def _climb_level(self, parents: Iterable[int]) -> None:
        nodes, kinds, pairs, begun = self._nodes, self._kinds, self._kinds.cast("H"), _BEGUN.copy
        for at in parents:
            left, to = at << 6, at << 5
            if pairs[at] in _ONLY:  # a leaf without a sibling is its parent too, and so is nothing
                only = left + 32 if kinds[at * 2 + 1] else left
                nodes[to : to + 32] = nodes[only : only + 32]
                kinds[at] = max(kinds[at * 2], kinds[at * 2 + 1])
            else:
                node = begun()
                node.update(nodes[left : left + 64])
                nodes[to : to + 32] = node.digest()
                kinds[at] = _INNER

    def _leaf_under(self, at: int) -> bytes:
        """Return the one entry under a node that is a leaf."""
        while not is_bucket(at, self.depth, self.split):
            at = at * 2 + (self._kinds[at * 2] == _NONE)
        return (self._buckets.get(at) or b"")[32:]


def _doubled(old: memoryview) -> memoryview:
    """Return twice as many bytes, the first half as they were."""
    new = memoryview(bytearray(2 * len(old)))
    new[: len(old)] = old
    return new


def bucket_of(key_hash: bytes, depth: int, split: int) -> int:
    """Return the number of the bucket to which the way of H(key) leads."""
    way = int.from_bytes(key_hash[:4], "big")
    at = (1 << depth) + (way >> (MAX_DEPTH - depth))
    if at < (1 << depth) + split:
        return 2 * at + (way >> (MAX_DEPTH - 1 - depth) & 1)
    return at


def is_bucket(at: int, depth: int, split: int) -> bool:
    """True if a tree of this depth and split has a bucket of this number."""
    base = 1 << depth
    return base + split <= at < 2 * base + 2 * split


def regroup(entries: Iterable[bytes], depth: int, split: int = 0) -> Iterator[tuple[int, bytes]]:
    """Return the buckets of another depth and split from all `entries`, ascending by H(key)."""
    group: list[bytes] = []
    at = -1
    for entry in entries:
        number = bucket_of(entry, depth, split)
        if number != at:
            if group:
                yield at, pack(group, at.bit_length() - 1) or b""
            group, at = [], number
        group.append(entry)
    if group:
        yield at, pack(group, at.bit_length() - 1) or b""


def split_entries(bucket: bytes) -> list[bytes]:
    """Return the entries of a bucket, 96 bytes each."""
    return [bucket[at : at + _ENTRY] for at in range(32, len(bucket), _ENTRY)]


def pack(entries: list[bytes], depth: int) -> bytes | None:
    """Return the bucket of `entries`, ascending by H(key), whose node is at `depth`; None if empty."""
    if not entries:
        return None
    if len(entries) == 1:
        return entries[0][64:] + entries[0]
    keys = [int.from_bytes(entry[:32], "big") for entry in entries]
    return _subtree(keys, entries, 0, len(entries), depth) + b"".join(entries)


def _subtree(keys: list[int], entries: list[bytes], low: int, high: int, depth: int) -> bytes:
    """Return the node at `depth` over the entries from `low` to `high`, at least two."""
    first = keys[low]
    below = (first ^ keys[high - 1]).bit_length()  # bits from the one on at which the ways part
    if high - low == 2:
        pair = entries[low][64:] + entries[low + 1][64:]
    else:
        middle = bisect_left(keys, first >> below << below | 1 << below - 1, low, high)
        under = BITS + 1 - below
        left = entries[low][64:] if middle - low == 1 else _subtree(keys, entries, low, middle, under)
        right = entries[middle][64:] if high - middle == 1 else _subtree(keys, entries, middle, high, under)
        pair = left + right
    node = sha256(INNER + pair).digest()
    while depth + below < BITS:  # levels at which all go the same way
        node = sha256(INNER + (EMPTY + node if first >> below & 1 else node + EMPTY)).digest()
        below += 1
    return node


def prove_entries(
    entries: list[bytes], key_hash: bytes, depth: int, siblings: list[bytes]
) -> tuple[bytes, bytes] | None:
    """Append the siblings below `depth` on the way of `key_hash`; return the other leaf it ends at, if any."""
    keys = [int.from_bytes(entry[:32], "big") for entry in entries]
    key = int.from_bytes(key_hash, "big")
    low, high = 0, len(entries)
    while high - low > 1:
        bit = BITS - 1 - depth
        middle = bisect_left(keys, keys[low] >> (bit + 1) << (bit + 1) | 1 << bit, low, high)
        depth += 1
        beside = (low, middle) if key >> bit & 1 else (middle, high)
        low, high = (middle, high) if key >> bit & 1 else (low, middle)
        siblings.append(_node(keys, entries, *beside, depth))
    if low == high or entries[low][:32] == key_hash:
        return None
    return entries[low][:32], entries[low][32:64]


def _node(keys: list[int], entries: list[bytes], low: int, high: int, depth: int) -> bytes:
    if high - low > 1:
        return _subtree(keys, entries, low, high, depth)
    return entries[low][64:] if high > low else EMPTY
