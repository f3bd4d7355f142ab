"""Openings, anchors, and the proofs under them, verified with the public verifiers."""

import random
from pathlib import Path

import pytest
from sqlalchemy import text

from salus.core.encoding import encode
from salus.core.record import leaf_hash, relation_root
from salus.merkle.log import verify_consistency, verify_inclusion
from salus.merkle.smt import verify_absence, verify_membership
from salus.vault import errors
from salus.vault.reading import Proven
from salus.vault.vault import Vault
from unit.vault_samples import ALICE, BOB, NETWORK, make_vault, open_vault, scope, write


@pytest.fixture
def vault(tmp_path: Path):
    with make_vault(tmp_path / "vault") as vault:
        yield vault


def anchor(vault: Vault, height: int) -> None:
    for entry in vault.pending_anchors(100):
        vault.mark_anchored(entry.relation, entry.seq, height)


def verify(proven: Proven) -> None:
    opening = proven.opening
    assert relation_root(NETWORK, opening) == proven.root
    for record in proven.records:
        proof, leaf = record.proof, leaf_hash(NETWORK, opening.relation, record.salt, encode(record.header))
        assert (proof.leaf, proof.record) == (leaf, record.header.record)
        assert proof.inclusion.size == opening.log_size
        assert verify_inclusion(opening.log_root, leaf, proof.inclusion)
        assert verify_membership(opening.map_root, record.header.record, leaf, proof.membership)


def test_only_changed_relations_are_pending(vault: Vault) -> None:
    assert vault.pending_anchors(10) == []
    vault.deposit([write(ALICE, 1), write(BOB, 1)])
    first = {e.relation: e for e in vault.pending_anchors(10)}
    assert set(first) == {ALICE, BOB}
    assert {(e.previous, e.seq) for e in first.values()} == {(None, 1)}
    for entry in first.values():
        vault.mark_anchored(entry.relation, 1, 5)
    assert vault.pending_anchors(10) == []
    vault.deposit([write(ALICE, 2)])
    (second,) = vault.pending_anchors(10)
    assert (second.relation, second.previous, second.seq) == (ALICE, first[ALICE].root, 2)
    vault.mark_anchored(ALICE, 2, 6)
    vault.log_access(BOB, [b"read"])
    assert [(e.relation, e.seq, e.previous) for e in vault.pending_anchors(10)] == [(BOB, 2, first[BOB].root)]


def test_an_entry_on_its_way_is_handed_out_unchanged(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit([write(ALICE, 1)])
        (entry,) = vault.pending_anchors(10)
        vault.deposit([write(ALICE, 2)])
        assert vault.pending_anchors(10) == [entry]
    with open_vault(tmp_path / "v") as vault:  # a crash after handing out loses no opening
        assert vault.pending_anchors(10) == [entry]
        assert relation_root(NETWORK, vault.anchors.opening(ALICE, 1).opening) == entry.root
        with pytest.raises(errors.NoSuchOpening):
            vault.anchors.opening(ALICE)
        vault.mark_anchored(ALICE, 1, 8)
        opened = vault.anchors.opening(ALICE)
        assert (opened.root, opened.height, opened.opening.log_size) == (entry.root, 8, 1)
        (following,) = vault.pending_anchors(10)
        assert (following.previous, following.seq) == (entry.root, 2)
        assert vault.anchors.opening(ALICE, 2).opening.log_size == 2


def test_limit_counts_those_on_their_way_first(vault: Vault) -> None:
    vault.deposit([write(bytes((n,)) * 32, 1) for n in range(7)])
    three = vault.pending_anchors(3)
    assert len(three) == 3
    five = vault.pending_anchors(5)
    assert five[:3] == three and len(five) == 5
    assert vault.pending_anchors(2) == three[:2]
    assert len(vault.pending_anchors(100)) == 7
    vault.anchors.mark_all_anchored([(e.relation, e.seq) for e in vault.pending_anchors(100)], 4)
    assert vault.pending_anchors(100) == []


def test_decoy_has_another_root_over_the_same_content(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1)])
    anchor(vault, 1)
    vault.anchors.decoy(ALICE)
    (entry,) = vault.pending_anchors(1)
    one, two = (vault.anchors.opening(ALICE, seq).opening for seq in (1, 2))
    assert entry.root != entry.previous
    assert one.salt != two.salt
    assert (one.log_root, one.map_root, one.access_root) == (two.log_root, two.map_root, two.access_root)


def test_refusals(vault: Vault) -> None:
    for act in (
        lambda: vault.mark_anchored(ALICE, 1, 1),
        lambda: vault.anchors.opening(ALICE),
        lambda: vault.anchors.decoy(ALICE),
        lambda: vault.anchors.reconcile(ALICE, 1, bytes(32), 1),
        lambda: vault.anchors.adopt(ALICE, 1, bytes(32), 1),
    ):
        with pytest.raises(errors.NoSuchRelation):
            act()
    vault.deposit([write(ALICE, 1)])
    for act in (
        lambda: vault.mark_anchored(ALICE, 1, 1),
        lambda: vault.anchors.opening(ALICE),
        lambda: vault.anchors.opening(ALICE, 1),
        lambda: vault.prove(scope(ALICE), [write(ALICE, 1).record]),
        lambda: vault.prove_absence(scope(ALICE), write(ALICE, 2).record),
    ):
        with pytest.raises(errors.NoSuchOpening):
            act()


def test_mark_all_is_all_or_nothing(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1), write(BOB, 1)])
    vault.pending_anchors(10)
    with pytest.raises(errors.NoSuchOpening):
        vault.anchors.mark_all_anchored([(ALICE, 1), (BOB, 2)], 3)
    assert len(vault.pending_anchors(10)) == 2


def test_reconcile_after_a_stale_refusal(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1)])
    (entry,) = vault.pending_anchors(1)
    with pytest.raises(errors.UnknownRoot):
        vault.anchors.reconcile(ALICE, 1, b"?" * 32, 4)
    with pytest.raises(errors.UnknownRoot):
        vault.anchors.reconcile(ALICE, 2, entry.root, 4)
    vault.anchors.reconcile(ALICE, 1, entry.root, 4)  # it had been anchored, only the answer was lost
    assert vault.pending_anchors(1) == []
    assert vault.anchors.opening(ALICE).height == 4


@pytest.mark.parametrize("ledger_seq", [1, 2, 7])
def test_adopting_a_root_after_a_restored_backup(vault: Vault, ledger_seq: int) -> None:
    vault.deposit([write(ALICE, 1)])
    vault.pending_anchors(1)
    vault.anchors.adopt(ALICE, ledger_seq, b"R" * 32, 9)
    with pytest.raises(errors.NoSuchOpening):
        vault.anchors.opening(ALICE, ledger_seq)
    (entry,) = vault.pending_anchors(9)
    assert (entry.previous, entry.seq) == (b"R" * 32, ledger_seq + 1)
    vault.mark_anchored(ALICE, ledger_seq + 1, 10)
    verify(vault.prove(scope(ALICE), [write(ALICE, 1).record]))


@pytest.mark.parametrize("records", [1, 2, 3, 200, 300, 700])
def test_proofs_verify_at_every_anchored_size(vault: Vault, records: int) -> None:
    rng = random.Random(records)
    sizes = []
    for height in range(1, 4):
        vault.deposit([write(ALICE, rng.randrange(records)) for _ in range(records)])
        vault.log_access(ALICE, [rng.randbytes(8)])
        anchor(vault, height)
        sizes.append(vault.anchors.opening(ALICE).opening)
    for opening in sizes:
        known = sorted(vault._relations._cache[ALICE].positions(opening.log_size))
        chosen = rng.sample(known, min(5, len(known)))
        proven = vault.prove(scope(ALICE), chosen, opening.seq)
        assert [r.header.record for r in proven.records] == chosen
        assert (proven.opening, proven.height) == (opening, opening.seq)
        verify(proven)
        assert opening.access_size == opening.seq
    for old, new in ((0, 1), (0, 2), (1, 2), (2, 2)):
        proof = vault.prove_consistency(scope(ALICE), sizes[old].log_size, sizes[new].log_size)
        assert verify_consistency(sizes[old].log_root, sizes[new].log_root, proof)


def test_a_record_is_proved_in_the_version_that_was_anchored(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1, b"one")])
    anchor(vault, 1)
    vault.deposit([write(ALICE, 1, b"two"), write(ALICE, 2)])
    proven = vault.prove(scope(ALICE), [write(ALICE, 1).record])
    assert proven.records[0].header.version == 1
    verify(proven)
    with pytest.raises(errors.NoSuchRecord):
        vault.prove(scope(ALICE), [write(ALICE, 2).record])
    vault.pending_anchors(1)
    on_demand = vault.prove(scope(ALICE), [write(ALICE, 1).record, write(ALICE, 2).record], 2)
    assert (on_demand.records[0].header.version, on_demand.height) == (2, None)
    verify(on_demand)


def test_absence(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1)])
    anchor(vault, 1)
    vault.deposit([write(ALICE, 2)])
    for number in (2, 3):
        record = write(ALICE, number).record
        opened, proof = vault.prove_absence(scope(ALICE), record)
        assert verify_absence(opened.opening.map_root, record, proof)
    with pytest.raises(errors.NoSuchRecord):
        vault.prove_absence(scope(ALICE), write(ALICE, 1).record)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (1, 4), (-1, 2)])
def test_consistency_of_sizes_that_never_were(vault: Vault, old: int, new: int) -> None:
    vault.deposit([write(ALICE, n) for n in range(3)])
    with pytest.raises(errors.NoSuchSize):
        vault.prove_consistency(scope(ALICE), old, new)


@pytest.mark.parametrize("column", ["log_root", "map_root", "access_root"])
def test_replay_must_give_the_stored_roots(tmp_path: Path, column: str) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit([write(ALICE, n) for n in range(3)])
        with vault._index.writing() as connection:
            connection.execute(text(f"UPDATE relations SET {column} = zeroblob(32)"))
    with open_vault(tmp_path / "v") as vault, pytest.raises(errors.VaultDamaged):
        vault.headers(scope(ALICE))
