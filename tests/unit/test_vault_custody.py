"""A relation out of one vault and into another: the same in every proof, under another key, and nothing else taken."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.core.record import RelationOpening, relation_root
from salus.vault import errors
from salus.vault.check import check
from salus.vault.custody import RelationCopy
from salus.vault.deposit import Deposit
from salus.vault.erasure import Erasure
from salus.vault.keys import derive, unwrap
from salus.vault.shared import Identifier
from salus.vault.vault import Vault
from unit.test_vault_erasure import pages
from unit.vault_samples import ALICE, BOB, MASTER, NETWORK, NOW, make_vault, open_vault, scope, write

OTHER, OTHER_MASTER = b"D" * 32, b"O" * 32
SECRET = b"the canary sings of a rare disease"
SMALL, LARGE, GONE = (write(ALICE, n).record for n in (1, 2, 3))


@pytest.fixture
def former(tmp_path: Path) -> Any:
    with make_vault(tmp_path / "former") as vault:
        vault.deposit(
            Deposit(
                [
                    write(BOB, 1, b"another patient's"),
                    write(ALICE, 1, SECRET),
                    write(ALICE, 2, SECRET * 3000),
                    write(ALICE, 3, b"to be erased"),
                ],
                identifiers=[
                    Identifier("Patient", "urn:oid:1", "ALICE", "alice"),
                    Identifier("Patient", "salus:id", "alice", f"{ALICE.hex()}/{SMALL.hex()}"),
                    Identifier("Patient", "urn:oid:1", "BOB", "bob"),
                    Identifier("Patient", "salus:id", "bob", f"{BOB.hex()}/{write(BOB, 1).record.hex()}"),
                ],
            )
        )
        vault.directives.put(ALICE, b"d" * 32, b"sealed part")
        anchored(vault)
        vault.erase(Erasure(ALICE, [GONE], NOW + 1))
        vault.deposit([write(ALICE, 1, SECRET + b", again")])
        vault.log_access(ALICE, [b"\x01", b"\x02"])
        anchored(vault)
        yield vault


@pytest.fixture
def successor(tmp_path: Path) -> Any:
    with Vault.create(tmp_path / "successor", OTHER_MASTER, NETWORK, OTHER) as vault:
        vault.deposit(Deposit([write(BOB[::-1], 1)], identifiers=[Identifier("Patient", "urn:oid:1", "BOB", "own")]))
        yield vault


def anchored(vault: Vault) -> None:
    for entry in vault.pending_anchors(10):
        vault.mark_anchored(entry.relation, entry.seq, 1)


def copied(vault: Vault) -> tuple[RelationCopy, bytes]:
    copy = vault.copy_out(scope(ALICE))
    assert decode(encode(copy), RelationCopy) == copy
    return copy, vault.anchors.opening(ALICE).root


def contents(vault: Vault) -> dict[bytes, bytes]:
    return {h.record: vault.read(scope(ALICE), h.record).octets for h in vault.headers(scope(ALICE))}


def test_it_is_the_same_in_every_proof(former: Vault, successor: Vault) -> None:
    copy, root = copied(former)
    successor.take_in(copy, root)
    assert contents(successor) == contents(former)
    assert contents(successor)[SMALL] == SECRET + b", again" and contents(successor)[GONE] == b""
    records = [SMALL, LARGE, GONE]
    assert successor.prove(scope(ALICE), records) == former.prove(scope(ALICE), records)
    assert successor.prove(scope(ALICE), [LARGE], 1) == former.prove(scope(ALICE), [LARGE], 1), "older openings too"
    assert successor.leaves(scope(ALICE)) == former.leaves(scope(ALICE))
    assert successor.access_entries(scope(ALICE)) == former.access_entries(scope(ALICE))
    assert successor.directives.of(scope(ALICE)) == {b"d" * 32: b"sealed part"}
    assert not successor.anchors.waits(ALICE)


def test_it_goes_on_from_there(former: Vault, successor: Vault) -> None:
    copy, root = copied(former)
    successor.take_in(copy, root)
    successor.deposit([write(ALICE, 4, b"new", expected=0), write(ALICE, 2, b"corrected", expected=1)])
    (entry,) = [one for one in successor.pending_anchors(10) if one.relation == ALICE]
    assert (entry.previous, entry.seq) == (root, 3)
    with pytest.raises(errors.RecordErased):
        successor.deposit([write(ALICE, 3, b"back")])


def test_the_data_keys_are_wrapped_anew(former: Vault, successor: Vault) -> None:
    copy, root = copied(former)
    successor.take_in(copy, root)
    again = successor.copy_out(scope(ALICE))
    assert again.key != copy.key
    for old, new in zip(copy.versions, again.versions, strict=True):
        assert old.sealed == new.sealed and old.secrets[:64] == new.secrets[:64]
        if old.header:
            assert old.secrets[64:] != new.secrets[64:]
            assert unwrap(copy.key, old.secrets[64:]) == unwrap(again.key, new.secrets[64:])


def test_only_what_is_anchored_goes_and_reads_since_do_not(former: Vault) -> None:
    former.log_access(ALICE, [b"\x03"])
    copy, _ = copied(former)
    assert [entry for _, entry in copy.access] == [b"\x01", b"\x02"]
    former.deposit([write(ALICE, 4, b"new")])
    with pytest.raises(errors.NotSettled):
        former.copy_out(scope(ALICE))
    with pytest.raises(errors.NoSuchRelation):
        former.copy_out(scope(b"Z" * 32))
    with pytest.raises(errors.OutOfScope):
        former.copy_out(scope(BOB, lambda header: False))


def test_a_copy_that_is_only_proved_leaves_nothing(former: Vault, successor: Vault) -> None:
    copy, root = copied(former)
    successor.take_in(copy, root, keep=False)
    assert successor.relations() == [BOB[::-1]]
    assert [path for path in (successor.folder / "blobs").rglob("*") if path.is_file()] == []
    assert successor.shared.find("Patient", "urn:oid:1", "ALICE") is None
    successor.take_in(copy, root)
    with pytest.raises(errors.RelationKept):
        successor.take_in(copy, root)


def test_what_identifiers_lead_to_already_stays(former: Vault, successor: Vault) -> None:
    copy, root = copied(former)
    hijack = (
        ("Patient", "salus:id", "own", f"{ALICE.hex()}/{LARGE.hex()}"),
        ("Patient", "urn:oid:1", "BOB", "alice"),
        ("Patient", "urn:oid:9", "X", "own-2"),
    )
    successor.shared.put([], [Identifier("Patient", "salus:id", "own", "77/88")])
    successor.take_in(replace(copy, names=(*copy.names, *hijack)), root)
    find = successor.shared.find
    assert find("Patient", "urn:oid:1", "ALICE") == "alice"
    assert find("Patient", "salus:id", "alice") == f"{ALICE.hex()}/{SMALL.hex()}"
    assert find("Patient", "urn:oid:1", "BOB") == "own", "it led to another patient before"
    assert find("Patient", "salus:id", "own") == "77/88"
    assert find("Patient", "urn:oid:9", "X") is None, "it leads to nothing of the copy"


def version(copy: RelationCopy, at: int, **fields: Any) -> RelationCopy:
    changed = replace(copy.versions[at], **fields)
    return replace(copy, versions=(*copy.versions[:at], changed, *copy.versions[at + 1 :]))


def flipped(raw: bytes) -> bytes:
    return bytes((raw[0] ^ 1,)) + raw[1:]


def other_opening(copy: RelationCopy) -> RelationCopy:
    """An opening of the sender's own making, for records the ledger never committed to."""
    seq, raw, _, height = copy.openings[-1]
    opening = replace(decode(raw, RelationOpening), salt=b"s" * 32)
    return replace(
        copy, openings=(*copy.openings[:-1], (seq, encode(opening), relation_root(NETWORK, opening), height))
    )


DEFECTS = {
    "a byte of a ciphertext": lambda c: version(c, 0, sealed=flipped(c.versions[0].sealed)),
    "a byte of a blob": lambda c: version(c, 1, sealed=flipped(c.versions[1].sealed)),
    "another salt": lambda c: version(c, 0, secrets=flipped(c.versions[0].secrets)),
    "a data key that does not unwrap": lambda c: version(c, 0, secrets=c.versions[0].secrets[:64] + bytes(40)),
    "secrets cut short": lambda c: version(c, 0, secrets=b""),
    "another header": lambda c: version(c, 0, header=c.versions[1].header),
    "a header that is none": lambda c: version(c, 0, header=b"\x80"),
    "another leaf": lambda c: version(c, 0, leaf=b"x" * 32),
    "another record": lambda c: version(c, 0, record=b"r" * 16),
    "a version left out": lambda c: replace(c, versions=c.versions[:-1]),
    "a version twice": lambda c: replace(c, versions=(*c.versions, c.versions[-1])),
    "two versions changed places": lambda c: replace(c, versions=(c.versions[1], c.versions[0], *c.versions[2:])),
    "an erased version that says something": lambda c: version(
        c, 2, header=c.versions[0].header, secrets=c.versions[0].secrets, sealed=c.versions[0].sealed
    ),
    "a version emptied": lambda c: version(c, 1, header=b"", secrets=b"", sealed=b""),
    "a read left out": lambda c: replace(c, access=c.access[:-1]),
    "a read changed": lambda c: replace(c, access=((c.access[0][0], b"\x09"), *c.access[1:])),
    "an older state": lambda c: replace(c, openings=c.openings[:1]),
    "no opening": lambda c: replace(c, openings=()),
    "openings out of order": lambda c: replace(c, openings=(c.openings[1], c.openings[0], c.openings[1])),
    "an opening of its own": other_opening,
    "another relation's name": lambda c: replace(c, relation=b"E" * 32),
    "another key": lambda c: replace(c, key=b"k" * 32),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_is_not_what_the_ledger_commits_to_is_refused_and_leaves_nothing(
    former: Vault, successor: Vault, defect: str
) -> None:
    copy, root = copied(former)
    before = successor.relations()
    with pytest.raises(errors.CopyDamaged):
        successor.take_in(DEFECTS[defect](copy), root)
    assert successor.relations() == before
    successor.take_in(copy, root)  # and the true one is still taken


def test_a_surrender_leaves_not_a_byte(former: Vault, tmp_path: Path) -> None:
    bob = former.read(scope(BOB), write(BOB, 1).record).octets
    former.outbox.put([("old", b"")])
    (old,) = former.outbox.next(9)
    former.surrender(ALICE, [("told", b"of it")], [old.id])
    assert former.relations() == [BOB]
    assert [(task.kind, task.body) for task in former.outbox.next(9)] == [("told", b"of it")]
    assert former.shared.find("Patient", "urn:oid:1", "ALICE") is None
    assert former.shared.find("Patient", "urn:oid:1", "BOB") == "bob"
    assert [path for path in (former.folder / "blobs").rglob("*") if path.is_file()] == []
    assert former.read(scope(BOB), write(BOB, 1).record).octets == bob
    with pytest.raises(errors.NoSuchRelation):
        former.surrender(ALICE, [])
    former.close()
    clear = pages(former.folder)
    assert ALICE not in clear and b"alice" not in clear and BOB in clear
    assert check(former.folder, MASTER, NETWORK) == []
    with open_vault(former.folder) as vault:
        assert vault.relations() == [BOB]
        vault.deposit([write(ALICE, 1, b"a new patient")])
        assert contents(vault) == {SMALL: b"a new patient"}


def test_both_vaults_are_sound(former: Vault, successor: Vault) -> None:
    copy, root = copied(former)
    successor.take_in(copy, root)
    former.surrender(ALICE, [])
    for vault, master in ((former, MASTER), (successor, OTHER_MASTER)):
        vault.close()
        assert check(vault.folder, master, NETWORK) == []
    assert derive(NETWORK, MASTER) != derive(NETWORK, OTHER_MASTER)
