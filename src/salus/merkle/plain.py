"""The obvious tree: what the fast one is checked against, in tests and by fsck. Shares no code with it."""

from collections.abc import Iterable
from hashlib import sha256

from salus.merkle.smt import Proof

Leaves = list[tuple[bytes, bytes]]  # H(key), H(value)


def plain_root(items: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the root over (key, value) pairs, each key once, in any order."""
    return _node(_hashed(items), 0)


def plain_proof(items: Iterable[tuple[bytes, bytes]], key: bytes) -> Proof:
    """Return the proof of the value of `key`, or of its absence."""
    wanted = sha256(key).digest()
    leaves = _hashed(items)
    siblings: list[bytes] = []
    while len(leaves) > 1:
        left, right = _halves(leaves, len(siblings))
        leaves, beside = (right, left) if _bit(wanted, len(siblings)) else (left, right)
        siblings.append(_node(beside, len(siblings) + 1))
    if not leaves or leaves[0][0] == wanted:
        return Proof(tuple(siblings), None)
    return Proof(tuple(siblings), leaves[0])


def _hashed(items: Iterable[tuple[bytes, bytes]]) -> Leaves:
    return [(sha256(key).digest(), sha256(value).digest()) for key, value in items]


def _node(leaves: Leaves, depth: int) -> bytes:
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0][0] + leaves[0][1]).digest()
    left, right = _halves(leaves, depth)
    return sha256(b"\x01" + _node(left, depth + 1) + _node(right, depth + 1)).digest()


def _halves(leaves: Leaves, depth: int) -> tuple[Leaves, Leaves]:
    return [leaf for leaf in leaves if not _bit(leaf[0], depth)], [leaf for leaf in leaves if _bit(leaf[0], depth)]


def _bit(key_hash: bytes, depth: int) -> int:
    return key_hash[depth // 8] >> (7 - depth % 8) & 1
