"""The published ICS-23 vectors of the sparse tree (cosmos/ics23, testdata/smt), and small ones of our own."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from salus.core.errors import Malformed
from salus.merkle.ics23 import existence, read_existence
from salus.merkle.plain import plain_proof, plain_root
from salus.merkle.smt import EMPTY, Proof, climb, common_bits, leaf_node, verify_absence, verify_membership

EXIST, NONEXIST = 1, 2  # fields of CommitmentProof
LEAF_OP = "0801100118012a0100"


def fields(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the length-delimited fields of a protobuf message; integers are left out."""
    at = 0

    def varint() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(raw):
        tag = varint()
        size = varint()
        if tag & 7 == 2:
            yield tag >> 3, raw[at : at + size]
            at += size


def existence_of(raw: bytes) -> tuple[bytes, bytes, Proof]:
    """Return key, value and our proof of an ExistenceProof."""
    parts = list(fields(raw))
    (key, value, leaf), path = (content for _, content in parts[:3]), parts[3:]
    assert leaf.hex() == LEAF_OP
    siblings = []
    for _, step in path:
        ops = dict(fields(step))
        siblings.append(ops[3] if 3 in ops else ops[2][1:])
        assert ops[2][:1] == b"\x01"
    return key, value, Proof(tuple(reversed(siblings)), None)


def absence_of(key: bytes, sides: list[bytes]) -> Proof:
    """Return our proof of absence from the leaves left and right of `key`."""
    key_hash = sha256(key).digest()
    known = [existence_of(side) for side in sides]
    other, value, proof = max(known, key=lambda side: common_bits(sha256(side[0]).digest(), key_hash))
    other_hash, value_hash = sha256(other).digest(), sha256(value).digest()
    shared, siblings = common_bits(other_hash, key_hash), proof.siblings
    if shared >= len(siblings):
        return Proof(siblings, (other_hash, value_hash))
    assert siblings[shared] == EMPTY  # nothing on the side of the key
    node = climb_above(leaf_node(other_hash, value_hash), other_hash, siblings, shared + 1)
    return Proof((*siblings[:shared], node), None)


def climb_above(node: bytes, key_hash: bytes, siblings: tuple[bytes, ...], depth: int) -> bytes:
    for at in reversed(range(depth, len(siblings))):
        bit = key_hash[at // 8] >> (7 - at % 8) & 1
        node = sha256(b"\x01" + (siblings[at] + node if bit else node + siblings[at])).digest()
    return node


def vector(folder: Path, name: str) -> tuple[bytes, bytes, bytes, bytes]:
    found = json.loads((folder / "vectors/ics23-smt" / f"{name}.json").read_text())
    key, value, root, proof = (bytes.fromhex(found[field]) for field in ("key", "value", "root", "proof"))
    return key, value, root, proof


@pytest.mark.data
@pytest.mark.parametrize("name", ["exist_left", "exist_middle", "exist_right"])
def test_published_existence(sample_data: Path, name: str) -> None:
    key, value, root, raw = vector(sample_data, name)
    ((kind, inner),) = fields(raw)
    assert kind == EXIST
    assert existence_of(inner)[:2] == (key, value)
    proof = existence_of(inner)[2]
    assert verify_membership(root, key, value, proof)
    assert not verify_membership(root, key, value + b"\x00", proof)
    assert not verify_absence(root, key, proof)
    assert existence(key, value, proof) == raw


@pytest.mark.data
@pytest.mark.parametrize("name", ["nonexist_left", "nonexist_middle", "nonexist_right"])
def test_published_absence(sample_data: Path, name: str) -> None:
    key, _, root, raw = vector(sample_data, name)
    ((kind, inner),) = fields(raw)
    assert kind == NONEXIST
    sides = [content for number, content in fields(inner) if number in (2, 3)]
    for side in sides:
        other, value, proof = existence_of(side)
        assert verify_membership(root, other, value, proof)
        assert not verify_absence(root, other, proof)
    proof = absence_of(key, sides)
    assert verify_absence(root, key, proof)
    assert not verify_membership(root, key, b"", proof)


def test_our_own_existence_round_trip() -> None:
    items = {b"key %d" % n: b"v" * (n * 40) for n in range(9)}
    root = plain_root(items.items())
    for key, value in items.items():
        proof = plain_proof(items.items(), key)
        ((kind, inner),) = fields(existence(key, value, proof))
        assert kind == EXIST
        assert existence_of(inner) == (key, value, proof)
        assert (
            climb(leaf_node(sha256(key).digest(), sha256(value).digest()), sha256(key).digest(), proof.siblings) == root
        )


OURS = [
    ([], "0000000000000000000000000000000000000000000000000000000000000000"),
    ([("a", "1")], "565388d4bc00257133f799d9366ac97f6e949c18acc53d17457f8859ba0f08d3"),
    ([("a", "1"), ("b", "2")], "70a50295110313dd28320faccbee14d04dc2894e877a2e407115a2f337ed4efa"),
    ([("a", "1"), ("b", "2"), ("c", "3")], "8e2a164a410203f51300d7c6645b7a37f549768457be109acc126c63573a9e0a"),
]


@pytest.mark.parametrize(("items", "root"), OURS)
def test_our_own_roots(items: list[tuple[str, str]], root: str) -> None:
    assert plain_root((key.encode(), value.encode()) for key, value in items).hex() == root


def test_our_form_is_read_back() -> None:
    items = [(f"key {number}".encode(), f"value {number}".encode()) for number in range(200)]
    root = plain_root(items)
    for key, value in items[:40]:
        proof = plain_proof(items, key)
        found = read_existence(existence(key, value, proof), key, value)
        assert found == proof and verify_membership(root, key, value, found)
    alone = plain_proof(items[:1], items[0][0])
    assert read_existence(existence(*items[0], alone), *items[0]) == alone


def test_a_proof_along_another_way_or_of_another_value_is_no_proof() -> None:
    items = [(f"key {number}".encode(), f"value {number}".encode()) for number in range(200)]
    (key, value), (other, other_value) = items[:2]
    raw = existence(key, value, plain_proof(items, key))
    assert read_existence(raw, key, value)
    refused = [
        (raw, other, value),
        (raw, key, other_value),
        (existence(other, other_value, plain_proof(items, other)), key, value),
    ]
    refused += [(raw[:-1], key, value), (raw + b"\x00", key, value), (b"", key, value), (b"\x0a\x00", key, value)]
    for at in range(len(raw)):
        turned = raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]
        try:
            found = read_existence(turned, key, value)
        except Malformed:
            continue
        assert not verify_membership(plain_root(items), key, value, found)  # another sibling
    for bad, named, said in refused:
        with pytest.raises(Malformed):
            read_existence(bad, named, said)
