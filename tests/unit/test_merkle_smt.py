"""Proofs of the sparse tree: what they accept, and each way of cheating they refuse."""

from hashlib import sha256
from itertools import pairwise

import pytest

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.merkle.plain import plain_proof, plain_root
from salus.merkle.smt import (
    EMPTY,
    Proof,
    climb,
    common_bits,
    leaf_node,
    verify_absence,
    verify_member_hash,
    verify_membership,
)

ITEMS = {b"key %d" % n: b"value %d" % n for n in range(40)}
ROOT = plain_root(ITEMS.items())


def h(raw: bytes) -> bytes:
    return sha256(raw).digest()


def proof(key: bytes) -> Proof:
    return plain_proof(ITEMS.items(), key)


def absent(*, by_neighbour: bool) -> bytes:
    keys = (b"absent %d" % n for n in range(1000))
    return next(key for key in keys if (proof(key).neighbour is not None) == by_neighbour)


def test_hashing_is_that_of_ics23() -> None:
    one, two = b"one", b"two"
    left, right = sorted((h(one), h(two)))
    values = {h(one): h(b"1"), h(two): h(b"2")}
    leaves = [sha256(b"\x00" + key + values[key]).digest() for key in (left, right)]
    node, shared = sha256(b"\x01" + leaves[0] + leaves[1]).digest(), common_bits(left, right)
    for depth in reversed(range(shared)):
        bit = left[depth // 8] >> (7 - depth % 8) & 1
        node = sha256(b"\x01" + (EMPTY + node if bit else node + EMPTY)).digest()
    assert plain_root([(one, b"1"), (two, b"2")]) == node


def test_an_empty_tree_and_a_tree_of_one_leaf() -> None:
    assert plain_root([]) == EMPTY == bytes(32)
    assert verify_absence(EMPTY, b"any", Proof((), None))
    root = plain_root([(b"k", b"v")])
    assert root == leaf_node(h(b"k"), h(b"v"))
    assert verify_membership(root, b"k", b"v", Proof((), None))
    assert verify_absence(root, b"other", Proof((), (h(b"k"), h(b"v"))))


def test_every_key_is_proved_and_none_is_absent() -> None:
    for key, value in ITEMS.items():
        assert verify_membership(ROOT, key, value, proof(key))
        assert verify_member_hash(ROOT, key, h(value), proof(key))
        assert not verify_membership(ROOT, key, value + b"!", proof(key))
        assert not verify_absence(ROOT, key, proof(key))


@pytest.mark.parametrize("by_neighbour", [True, False])
def test_absence_is_an_empty_slot_or_a_neighbour(by_neighbour: bool) -> None:
    key = absent(by_neighbour=by_neighbour)
    assert verify_absence(ROOT, key, proof(key))
    assert not verify_membership(ROOT, key, b"", proof(key))
    assert not verify_absence(bytes(31) + b"\x01", key, proof(key))


def test_a_misplaced_leaf_is_refused() -> None:
    """A dishonest tree holds a leaf where its bits do not lead: only a verifier that follows the bits sees it."""
    keys = sorted(ITEMS, key=h)
    low = next(key for key in keys if h(key)[0] >> 7 == 0)
    high = next(key for key in keys if h(key)[0] >> 7 == 1)
    nodes = [leaf_node(h(key), h(ITEMS[key])) for key in (low, high)]
    swapped = sha256(b"\x01" + nodes[1] + nodes[0]).digest()
    assert not verify_membership(swapped, low, ITEMS[low], Proof((nodes[1],), None))
    assert not verify_membership(swapped, high, ITEMS[high], Proof((nodes[0],), None))


def test_one_key_with_two_values_is_refused() -> None:
    """A tree with a second leaf of one key elsewhere proves the first value only."""
    key = next(key for key in ITEMS if h(key)[0] >> 7 == 0)
    good, second = leaf_node(h(key), h(b"1")), leaf_node(h(key), h(b"2"))
    root = sha256(b"\x01" + good + second).digest()
    assert verify_membership(root, key, b"1", Proof((second,), None))
    assert not verify_membership(root, key, b"2", Proof((good,), None))


def test_a_neighbour_that_is_not_on_the_way_is_refused() -> None:
    key = absent(by_neighbour=True)
    honest = proof(key)
    assert honest.neighbour is not None
    for other, _ in ((h(name), name) for name in ITEMS):
        if common_bits(other, h(key)) < len(honest.siblings):
            value_hash = h(b"forged")
            root = climb(leaf_node(other, value_hash), h(key), honest.siblings)
            assert not verify_absence(root, key, Proof(honest.siblings, (other, value_hash)))
            return
    raise AssertionError("no key off the way")


def test_the_key_itself_is_no_neighbour() -> None:
    key = next(iter(ITEMS))
    assert not verify_absence(ROOT, key, Proof(proof(key).siblings, (h(key), h(ITEMS[key]))))


def test_a_proof_of_the_wrong_length_is_refused() -> None:
    key = next(iter(ITEMS))
    siblings = proof(key).siblings
    for wrong in (siblings[:-1], siblings[1:], (*siblings, EMPTY), (EMPTY, *siblings), (EMPTY,) * 257):
        assert not verify_membership(ROOT, key, ITEMS[key], Proof(wrong, None))
        assert not verify_absence(ROOT, key, Proof(wrong, None))
    short = Proof((siblings[0][:31], *siblings[1:]), None)
    assert not verify_membership(ROOT, key, ITEMS[key], short)
    assert not verify_membership(ROOT[:31], key, ITEMS[key], proof(key))
    assert not verify_member_hash(ROOT, key, h(ITEMS[key])[:31], proof(key))
    assert not verify_absence(ROOT, b"no", Proof(siblings, (h(b"k")[:31], h(b"v"))))


def test_membership_takes_no_neighbour() -> None:
    key = next(iter(ITEMS))
    assert not verify_membership(ROOT, key, ITEMS[key], Proof(proof(key).siblings, (h(b"k"), h(b"v"))))


def test_a_proof_holds_nothing_of_a_neighbour_in_clear() -> None:
    items = {b"canary key": b"canary value"}
    raw = encode(plain_proof(items.items(), b"absent"))
    assert h(b"canary key") in raw and h(b"canary value") in raw
    assert b"canary" not in raw


def test_the_encoding_is_strict() -> None:
    for key in (*ITEMS, absent(by_neighbour=True), absent(by_neighbour=False)):
        assert decode(encode(proof(key)), Proof) == proof(key)
    for wrong in ([[EMPTY] * 257, None], [[EMPTY[:31]], None], [[], [EMPTY]], [[], None, None], [[]]):
        with pytest.raises(Malformed):
            decode(encode(wrong), Proof)


def test_common_bits() -> None:
    assert common_bits(EMPTY, EMPTY) == 256
    hashes = [bytes(31) + b"\x01", b"\x80" + bytes(31)]
    assert [common_bits(one, other) for one, other in pairwise([EMPTY, *hashes])] == [255, 0]
