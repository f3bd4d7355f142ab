"""The RFC 9162 log against its definition, written naively."""

from hashlib import sha256

import pytest

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.merkle.log import (
    EMPTY_ROOT,
    Consistency,
    Frontier,
    Inclusion,
    Log,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from salus.merkle.tiles import nodes_of

ENTRIES = [sha256(b"entry %d" % n).digest() for n in range(70)]


def naive(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + naive(entries[:split]) + naive(entries[split:])).digest()


def naive_path(index: int, entries: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1."""
    if len(entries) == 1:
        return []
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if index < split:
        return [*naive_path(index, entries[:split]), naive(entries[split:])]
    return [*naive_path(index - split, entries[split:]), naive(entries[:split])]


def naive_proof(first: int, entries: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of section 2.1.4.1."""
    if first == len(entries):
        return [] if whole else [naive(entries)]
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if first <= split:
        return [*naive_proof(first, entries[:split], whole), naive(entries[split:])]
    return [*naive_proof(first - split, entries[split:], False), naive(entries[:split])]


def test_published_roots() -> None:
    """The empty log and the log of one empty entry, as every implementation of RFC 6962 has them."""
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_roots_at_every_size() -> None:
    log, frontier = Log(), Frontier()
    for size in range(len(ENTRIES) + 1):
        assert log.root() == frontier.root() == naive(ENTRIES[:size])
        assert log.size == frontier.size == size
        if size < len(ENTRIES):
            assert log.append(ENTRIES[size]) == size
            frontier.append(leaf_hash(ENTRIES[size]))
    for size in range(len(ENTRIES) + 1):
        assert log.root(size) == naive(ENTRIES[:size])


def test_entries_at_once_are_entries_one_by_one() -> None:
    entries = [bytes((n,)) for n in range(40)]
    single = Log()
    for entry in entries:
        single.append(entry)
    for first in range(41):
        for second in range(first, 41):
            log = Log(entries[:first])
            log.extend(entries[first:second])
            log.extend(())
            log.extend(entries[second:])
            assert (log.size, log.root()) == (40, single.root())
    for level in range(6):
        for index in range(40 >> level):
            assert log.node(level, index) == single.node(level, index)
    assert [single.root(n) for n in range(41)] == [log.root(n) for n in range(41)]


def test_every_inclusion_proof_and_its_mutations() -> None:
    log = Log(ENTRIES[:40])
    for size in range(1, 41):
        root = naive(ENTRIES[:size])
        for index in range(size):
            proof = log.inclusion(index, size)
            assert list(proof.path) == naive_path(index, ENTRIES[:size])
            assert verify_inclusion(root, ENTRIES[index], proof)
            assert not verify_inclusion(root, ENTRIES[index + 1], proof)
            for wrong in (
                Inclusion(index + 1, size, proof.path),
                Inclusion(index, size, (*proof.path, root)),
                Inclusion(index, size, proof.path[:-1]) if proof.path else Inclusion(index, 0, ()),
                Inclusion(size, size, proof.path),
                Inclusion(-1, size, proof.path),
            ):
                assert not verify_inclusion(root, ENTRIES[index], wrong)
            for at in range(len(proof.path)):
                path = (*proof.path[:at], bytes(32), *proof.path[at + 1 :])
                assert not verify_inclusion(root, ENTRIES[index], Inclusion(index, size, path))


def test_every_consistency_proof_and_its_mutations() -> None:
    log = Log(ENTRIES[:40])
    for second in range(1, 41):
        for first in range(1, second + 1):
            old, new = naive(ENTRIES[:first]), naive(ENTRIES[:second])
            proof = log.consistency(first, second)
            assert list(proof.path) == naive_proof(first, ENTRIES[:second])
            assert verify_consistency(old, new, proof)
            assert not verify_consistency(new if first != second else EMPTY_ROOT, new, proof)
            assert not verify_consistency(old, EMPTY_ROOT, proof)
            assert not verify_consistency(old, new, Consistency(first, second, (*proof.path, new)))
            for at in range(len(proof.path)):
                path = (*proof.path[:at], bytes(32), *proof.path[at + 1 :])
                assert not verify_consistency(old, new, Consistency(first, second, path))
                path = (*proof.path[:at], *proof.path[at + 1 :])
                assert not verify_consistency(old, new, Consistency(first, second, path))


def test_a_dropped_or_changed_entry_is_not_consistent() -> None:
    old, changed = Log(ENTRIES[:20]), Log([*ENTRIES[:7], bytes(32), *ENTRIES[8:40]])
    assert not verify_consistency(old.root(), changed.root(), changed.consistency(20))
    assert not verify_consistency(Log(ENTRIES[:40]).root(), old.root(), Consistency(40, 20, (bytes(32),)))
    assert not verify_consistency(EMPTY_ROOT, old.root(), Consistency(0, 20, (bytes(32),)))


def test_the_frontier_on_the_wire() -> None:
    for size in (0, 1, 5, 64, 70):
        frontier = Frontier()
        for entry in ENTRIES[:size]:
            frontier.append(leaf_hash(entry))
        again = Frontier.decode(frontier.encode())
        assert (again.size, again.root()) == (size, naive(ENTRIES[:size]))
        copy = again.copy()
        copy.append(bytes(32))
        assert again.root() == naive(ENTRIES[:size])
    for wrong in ([3, [bytes(32)]], [1, []], [1, [bytes(31)]], [-1, []], [1]):
        with pytest.raises(Malformed):
            Frontier.decode(encode(wrong))


def test_proofs_on_the_wire() -> None:
    log = Log(ENTRIES)
    assert decode(encode(log.inclusion(3)), Inclusion) == log.inclusion(3, 70)
    assert decode(encode(log.consistency(3)), Consistency) == log.consistency(3, 70)


def test_what_is_not_in_the_log_cannot_be_proved() -> None:
    log = Log(ENTRIES[:8])
    for index, size in ((8, 8), (-1, 8), (0, 0), (0, 9)):
        with pytest.raises(ValueError, match=r"index|size"):
            log.inclusion(index, size)
    for first, second in ((0, 8), (5, 4), (1, 9)):
        with pytest.raises(ValueError, match="size"):
            log.consistency(first, second)


def test_tiles_give_the_nodes_of_the_whole_log() -> None:
    entries = [sha256(b"%d" % n).digest() for n in range(700)]
    log = Log(entries)
    reads: list[tuple[int, int]] = []

    def tiles(level: int, index: int) -> bytes:
        reads.append((level, index))
        row = entries if level == 0 else [log.node(8, n) for n in range(700 // 256)]
        return b"".join(row[index * 256 : index * 256 + 256])

    nodes = nodes_of(tiles)
    for level in range(10):
        for index in range(700 >> level):
            assert nodes(level, index) == log.node(level, index), (level, index)
    assert len(reads) == len(dict.fromkeys(reads)) == 4
    with pytest.raises(ValueError, match="shorter"):
        nodes(0, 700)


def test_a_proof_that_stops_early_does_not_lie_about_the_size() -> None:
    """The root of a shorter log is reached before the path of a longer one is used up."""
    one, two = Log(ENTRIES[:1]), Log(ENTRIES[:2])
    assert not verify_inclusion(one.root(), ENTRIES[0], Inclusion(0, 2, ()))
    assert not verify_inclusion(two.root(), ENTRIES[0], Inclusion(0, 4, two.inclusion(0).path))
    assert not verify_consistency(one.root(), two.root(), Consistency(1, 4, two.consistency(1).path))
