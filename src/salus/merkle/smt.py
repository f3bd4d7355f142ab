"""The sparse Merkle tree of the state and of relation maps: its hashes, its proofs, their verification.

Hashing is the ICS-23 `SmtSpec`: a leaf is H(0x00 | H(key) | H(value)), an inner node is
H(0x01 | left | right), an empty subtree is 32 zero bytes, and a subtree of one leaf is that leaf.
The way to a leaf follows the bits of H(key), the most significant first. A proof that only
recomputed a root would accept a leaf anywhere, and so two values for one key: here the directions
are no part of the proof, they are the bits of H(key).
https://github.com/cosmos/ibc/tree/main/spec/core/ics-023-vector-commitments
"""

from hashlib import sha256
from typing import Annotated

from msgspec import Meta

from salus.core.types import Digest, Message

EMPTY = bytes(32)
LEAF = b"\x00"
INNER = b"\x01"
BITS = 256

Siblings = Annotated[tuple[Digest, ...], Meta(max_length=BITS)]


class Proof(Message, frozen=True):
    """What is at the end of the way of one key: its leaf, nothing, or the leaf of another key.

    `siblings[i]` is the node beside the way below depth i, so that the number of siblings is the
    depth of its end. `neighbour` is (H(key), H(value)) of the other leaf: nothing of it in clear.
    """

    siblings: Siblings
    neighbour: tuple[Digest, Digest] | None


def leaf_node(key_hash: bytes, value_hash: bytes) -> bytes:
    """Return the node of a leaf from H(key) and H(value), 32 bytes each."""
    return sha256(LEAF + key_hash + value_hash).digest()


def climb(node: bytes, key_hash: bytes, siblings: tuple[bytes, ...]) -> bytes:
    """Return the root over `node` at the end of the way of `key_hash` beside `siblings`."""
    way = int.from_bytes(key_hash, "big") >> (BITS - len(siblings))
    for sibling in reversed(siblings):
        pair = sibling + node if way & 1 else node + sibling
        node = sha256(INNER + pair).digest()
        way >>= 1
    return node


def verify_membership(root: bytes, key: bytes, value: bytes, proof: Proof) -> bool:
    """True if under `root` the value of `key` is `value`."""
    return verify_member_hash(root, key, sha256(value).digest(), proof)


def verify_member_hash(root: bytes, key: bytes, value_hash: bytes, proof: Proof) -> bool:
    """True if under `root` the value of `key` has the hash `value_hash`, SHA-256."""
    if not _sound(root, proof) or proof.neighbour is not None or len(value_hash) != 32:
        return False
    key_hash = sha256(key).digest()
    return climb(leaf_node(key_hash, value_hash), key_hash, proof.siblings) == root


def verify_absence(root: bytes, key: bytes, proof: Proof) -> bool:
    """True if under `root` there is no value of `key`."""
    if not _sound(root, proof):
        return False
    key_hash = sha256(key).digest()
    if proof.neighbour is None:
        return climb(EMPTY, key_hash, proof.siblings) == root
    other, value_hash = proof.neighbour
    if len(other) != 32 or len(value_hash) != 32 or other == key_hash:
        return False
    if common_bits(other, key_hash) < len(proof.siblings):  # a leaf that is not on the way of the key
        return False
    return climb(leaf_node(other, value_hash), key_hash, proof.siblings) == root


def common_bits(a: bytes, b: bytes) -> int:
    """Return how many leading bits two hashes share, 0 to 256."""
    return BITS - (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_length()


def _sound(root: bytes, proof: Proof) -> bool:
    """A proof may also be made in memory, past the decoder that bounds its lengths."""
    if len(root) != 32 or len(proof.siblings) > BITS:
        return False
    return all(len(sibling) == 32 for sibling in proof.siblings)
