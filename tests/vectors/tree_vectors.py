"""Vectors of the trees: the sparse tree (roots, membership, compact absence) and the RFC 9162 log."""

from salus.core.types import Message
from salus.merkle.log import Log, leaf_hash
from salus.merkle.plain import plain_proof, plain_root

from .fixed import fixed

Vectors = dict[str, object]


def _items(count: int) -> list[tuple[bytes, bytes]]:
    return [(fixed(f"key {i}"), fixed(f"value {i}")) for i in range(count)]


def _proof(proof: Message) -> Vectors:
    neighbour = proof.neighbour  # type: ignore[attr-defined]
    return {
        "siblings": [sibling.hex() for sibling in proof.siblings],  # type: ignore[attr-defined]
        "neighbour": None if neighbour is None else [part.hex() for part in neighbour],
    }


def sparse_tree() -> Vectors:
    """ICS-23 SmtSpec hashing; key and value number i are SHA-256 of "key i" and "value i"."""
    trees = [{"keys": n, "root": plain_root(_items(n)).hex()} for n in (0, 1, 2, 3, 10, 100)]
    items = _items(100)
    members = [{"key": key.hex(), "value": value.hex(), **_proof(plain_proof(items, key))} for key, value in items[:5]]
    absent = []
    for size in (0, 1, 100):
        for i in range(200, 205):
            key = fixed(f"key {i}")
            absent.append({"keys": size, "key": key.hex(), **_proof(plain_proof(_items(size), key))})
    return {"trees": trees, "members_of_100": members, "absent": absent, "invalid_of_100": _bad_members(items)}


def _bad_members(items: list[tuple[bytes, bytes]]) -> list[Vectors]:
    """Proofs that a verifier without the bits of H(key) might accept."""
    (key, value), (other, _) = items[0], items[1]
    proof = plain_proof(items, key)
    short = {"siblings": [s.hex() for s in proof.siblings[:-1]], "neighbour": None}
    return [
        {"defect": "another value for the key", "key": key.hex(), "value": fixed("forged").hex(), **_proof(proof)},
        {"defect": "the leaf of another key", "key": other.hex(), "value": value.hex(), **_proof(proof)},
        {"defect": "a sibling left out", "key": key.hex(), "value": value.hex(), **short},
        {
            "defect": "a neighbour in a proof of membership", "key": key.hex(), "value": value.hex(),
            "siblings": [s.hex() for s in proof.siblings], "neighbour": [fixed("a").hex(), fixed("b").hex()],
        },
    ]  # fmt: skip


def log() -> Vectors:
    """RFC 9162 over entries of 32 bytes; entry number i is SHA-256 of "entry i"."""
    whole = Log(fixed(f"entry {i}") for i in range(20))
    roots = [{"size": n, "root": whole.root(n).hex()} for n in range(21)]
    inclusions = [
        {"index": i, "size": n, "path": [node.hex() for node in whole.inclusion(i, n).path]}
        for n in (1, 2, 3, 7, 8, 20)
        for i in sorted({0, n // 2, n - 1})
    ]
    consistencies = [
        {"first": a, "second": b, "path": [node.hex() for node in whole.consistency(a, b).path]}
        for b in (1, 2, 7, 8, 20)
        for a in range(1, b + 1)
    ]
    return {
        "leaf_0": leaf_hash(fixed("entry 0")).hex(),
        "roots": roots,
        "inclusions": inclusions,
        "consistencies": consistencies,
    }
