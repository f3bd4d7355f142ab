"""An append-only log, RFC 9162 section 2.1: frontier, root, proofs and their verification.

A leaf is H(0x00 | entry), an inner node H(0x01 | left | right). Proofs are made from the nodes of
complete subtrees, by (level, index): level 0 are leaves, node (l, i) covers leaves i 2^l to (i + 1) 2^l.
https://www.rfc-editor.org/rfc/rfc9162#section-2.1
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.types import Digest, Height, Message

EMPTY_ROOT = sha256(b"").digest()
LEAF = b"\x00"
INNER = b"\x01"

Nodes = Callable[[int, int], bytes]  # (level, index) of a complete subtree -> its node
Path = Annotated[tuple[Digest, ...], Meta(max_length=64)]


class Inclusion(Message, frozen=True):
    """Leaf `index` is in the log of `size` leaves; `path` from the leaf up."""

    index: Height
    size: Height
    path: Path


class Consistency(Message, frozen=True):
    """The log of `second` leaves begins with that of `first`."""

    first: Height
    second: Height
    path: Path


class Peaks(Message, frozen=True):
    """A frontier on the wire: the complete subtrees of the log, largest first."""

    size: Height
    peaks: Path


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf of an entry."""
    return sha256(LEAF + entry).digest()


def _inner(left: bytes, right: bytes) -> bytes:
    return sha256(INNER + left + right).digest()


class Frontier:
    """What appending to a log and knowing its root take: at most 64 nodes. Not thread-safe."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf (`leaf_hash`); return the nodes it completes, by level, the leaf itself first."""
        size, peaks, done = self.size, self.peaks, [leaf]
        while size & 1:
            leaf = sha256(INNER + peaks.pop() + leaf).digest()
            done.append(leaf)
            size >>= 1
        peaks.append(leaf)
        self.size += 1
        return done

    def root(self) -> bytes:
        """Return the root of the log, 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = _inner(peak, node)
        return node

    def copy(self) -> "Frontier":
        """Return a frontier of its own."""
        return Frontier(self.size, self.peaks)

    def encode(self) -> bytes:
        """Return the frontier as one dCBOR array."""
        return encode(Peaks(self.size, tuple(self.peaks)))

    @classmethod
    def decode(cls, raw: bytes) -> "Frontier":
        """Return the frontier in `raw`; raises Malformed."""
        known = decode(raw, Peaks)
        if len(known.peaks) != known.size.bit_count():
            raise Malformed
        return cls(known.size, known.peaks)


class Log:
    """A whole log in memory with all its nodes, 64 bytes a leaf: for the logs of one relation."""

    __slots__ = ("_levels",)

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]  # the nodes of complete subtrees
        self.extend(entries)

    @property
    def size(self) -> int:
        """How many entries."""
        return len(self._levels[0])

    def append(self, entry: bytes) -> int:
        """Add an entry; return its index."""
        self.extend((entry,))
        return self.size - 1

    def extend(self, entries: Iterable[bytes]) -> None:
        """Add entries, a level at a time: many at once cost half of one by one."""
        level = self._levels[0]
        level += [sha256(LEAF + entry).digest() for entry in entries]
        height = 0
        while len(level) > 1:
            height += 1
            if height == len(self._levels):
                self._levels.append([])
            above = self._levels[height]
            at = len(above) * 2
            if len(level) - at < 2:
                break
            above += [sha256(INNER + a + b).digest() for a, b in zip(level[at::2], level[at + 1 :: 2], strict=False)]
            level = above

    def root(self, size: int | None = None) -> bytes:
        """Return the root, now or when the log had `size` entries."""
        return root_at(self.node, self.size if size is None else size)

    def node(self, level: int, index: int) -> bytes:
        """Return the node of a complete subtree."""
        return self._levels[level][index]

    def inclusion(self, index: int, size: int | None = None) -> Inclusion:
        """Return the proof that entry `index` is in the log, as it is or when it had `size` entries."""
        return inclusion(self.node, index, self._known(size))

    def consistency(self, first: int, second: int | None = None) -> Consistency:
        """Return the proof that the log, as it is or of `second` entries, begins with that of `first`."""
        return consistency(self.node, first, self._known(second))

    def _known(self, size: int | None) -> int:
        if size is not None and size > self.size:
            raise ValueError("size")
        return self.size if size is None else size


def root_at(nodes: Nodes, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return _range(nodes, 0, size) if size else EMPTY_ROOT


def inclusion(nodes: Nodes, index: int, size: int) -> Inclusion:
    """Return the proof that leaf `index` is in the log of `size`; raises ValueError if it is not."""
    if not 0 <= index < size:
        raise ValueError("index")
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range(nodes, middle, high))
            high = middle
        else:
            path.append(_range(nodes, low, middle))
            low = middle
    return Inclusion(index, size, tuple(reversed(path)))


def consistency(nodes: Nodes, first: int, second: int) -> Consistency:
    """Return the proof that the log of `second` begins with that of `first`, 0 < first <= second."""
    if not 0 < first <= second:
        raise ValueError("size")
    low, high, path = 0, second, []
    while first != high:  # of the range from low to high, `first` is within
        middle = low + _split(high - low)
        if first <= middle:
            path.append(_range(nodes, middle, high))
            high = middle
        else:
            path.append(_range(nodes, low, middle))
            low = middle
    if low:
        path.append(_range(nodes, low, high))
    return Consistency(first, second, tuple(reversed(path)))


def verify_inclusion(root: bytes, entry: bytes, proof: Inclusion) -> bool:
    """True if under `root` entry `proof.index` of `proof.size` is `entry` (RFC 9162 section 2.1.3.2)."""
    at, last = proof.index, proof.size - 1
    if not 0 <= at <= last:
        return False
    node = leaf_hash(entry)
    for beside in proof.path:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = _inner(beside, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = _inner(node, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(first_root: bytes, second_root: bytes, proof: Consistency) -> bool:
    """True if the log under `second_root` begins with that under `first_root` (RFC 9162 section 2.1.4.2)."""
    if proof.first == proof.second:
        return proof.first > 0 and not proof.path and first_root == second_root
    if not 0 < proof.first < proof.second or not proof.path:
        return False
    path = proof.path if proof.first & (proof.first - 1) else (first_root, *proof.path)
    at, last = proof.first - 1, proof.second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = _inner(beside, old), _inner(beside, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = _inner(new, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range(nodes: Nodes, low: int, high: int) -> bytes:
    """Return the root over the leaves from `low` to `high`, a range that the split of the log makes."""
    size = high - low
    if not size & (size - 1):
        level = size.bit_length() - 1
        return nodes(level, low >> level)
    middle = low + _split(size)
    return _inner(_range(nodes, low, middle), _range(nodes, middle, high))
