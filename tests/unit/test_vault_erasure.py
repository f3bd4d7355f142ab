"""Erasure in the vault: gone from every byte of the live files; the tombstone, and all that stays, provable."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from sqlalchemy import text

from salus.core.record import Status
from salus.vault import errors
from salus.vault.check import check
from salus.vault.deposit import Deposit
from salus.vault.erasure import Erasure
from salus.vault.index import PAGE_BYTES
from salus.vault.keys import derive, unwrap
from salus.vault.shared import Identifier
from salus.vault.vault import Vault
from unit.vault_samples import ALICE, BOB, MASTER, NETWORK, NOW, make_vault, open_vault, scope, write

FIRST = 1 << 32
RESERVE = 80  # of a page: initialisation vector and HMAC-SHA-512
DOOMED, LARGE, KEPT = (write(ALICE, n).record for n in (1, 2, 3))
SECRET = b"the canary sings of a rare disease"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit(
            Deposit(
                [
                    write(ALICE, 1, SECRET, author="Practitioner/canary"),
                    write(ALICE, 2, SECRET * 3000, author="Practitioner/canary"),
                    write(ALICE, 3, b"kept"),
                    write(BOB, 1, b"of another"),
                ],
                identifiers=[
                    Identifier("Patient", "urn:oid:1", "CANARY-4711", "canary-id"),
                    Identifier("Patient", "salus:id", "canary-id", f"{ALICE.hex()}/{DOOMED.hex()}"),
                    Identifier("Patient", "urn:oid:1", "OTHER", "other-id"),
                ],
            )
        )
        vault.deposit([write(ALICE, 1, SECRET + b", again", author="Practitioner/canary")])
        vault.pending_anchors(10)
        vault.mark_anchored(ALICE, 1, 1)
    return tmp_path / "v"


def erased(folder: Path, *records: bytes, **fields: object) -> None:
    with open_vault(folder) as vault:
        vault.erase(Erasure(ALICE, records, NOW + 1, **fields))


def row(folder: Path, number: int) -> tuple[bytes, bytes]:
    """Return (secrets, wrapped relation key) of a version."""
    with open_vault(folder) as vault, vault._index.reading() as connection:
        secrets = connection.execute(text("SELECT secrets FROM versions WHERE id = :i"), {"i": number}).scalar_one()
        return secrets, connection.execute(text("SELECT wrapped_key FROM relations WHERE number = 1")).scalar_one()


def pages(folder: Path) -> bytes:
    """Return every page of the index in clear, its unused parts too, by the key alone and code of our own."""
    assert not (folder / "index.db-wal").exists() or (folder / "index.db-wal").stat().st_size == 0
    raw, key, clear = (folder / "index.db").read_bytes(), derive(NETWORK, MASTER).index_key, b""
    for at in range(0, len(raw), PAGE_BYTES):
        page = raw[at : at + PAGE_BYTES]
        end, begin = PAGE_BYTES - RESERVE, 16 if at == 0 else 0
        decryptor = Cipher(AES(key), CBC(page[end : end + 16])).decryptor()
        clear += decryptor.update(page[begin:end]) + decryptor.finalize()
    return clear


def test_a_tombstone_takes_the_place_and_says_nothing(folder: Path) -> None:
    with open_vault(folder) as vault:
        before = {h.record: vault.leaf(scope(ALICE), h.record, h.version) for h in vault.headers(scope(ALICE))}
        done = vault.erase(Erasure(ALICE, (DOOMED, LARGE), NOW + 1))
        assert [(one.record, one.leaf) for one in done] == [(DOOMED, before[DOOMED]), (LARGE, before[LARGE])]
        for one in done:
            header, octets = vault.read(scope(ALICE), one.record)
            assert (header.status, header.type, header.data_class, octets) == (
                Status.TOMBSTONE,
                "Tombstone",
                "none",
                b"",
            )
            assert (header.start, header.end, header.labels, header.author) == (None, None, (), None)
            assert header.previous == one.leaf
        with pytest.raises(errors.RecordErased):
            vault.read(scope(ALICE), DOOMED, 1)
        assert vault.read(scope(ALICE), KEPT).octets == b"kept"
        assert len(vault.leaves(scope(ALICE))) == 6


def test_what_was_anchored_before_still_opens_and_the_log_grows_from_it(folder: Path) -> None:
    with open_vault(folder) as vault:
        old = vault.anchors.opening(ALICE)
        vault.erase(Erasure(ALICE, (DOOMED,), NOW + 1))
        vault.pending_anchors(10)
        vault.mark_anchored(ALICE, 2, 2)
        new = vault.prove(scope(ALICE), (DOOMED, KEPT))
        assert vault.prove_consistency(scope(ALICE), old.opening.log_size, new.opening.log_size).path
        assert [proven.header.status for proven in new.records] == [Status.TOMBSTONE, Status.CURRENT]
        assert vault.prove(scope(ALICE), (KEPT,), old.opening.seq).records[0].header.record == KEPT
        with pytest.raises(errors.RecordErased):
            vault.prove(scope(ALICE), (DOOMED,), old.opening.seq)
    assert check(folder, MASTER, NETWORK) == []


def test_nothing_of_it_is_in_any_byte_of_the_live_vault(folder: Path) -> None:
    secrets, wrapped = row(folder, FIRST)
    with_content = pages(folder)
    for part in (SECRET, b"Practitioner/canary", b"CANARY-4711", secrets, wrapped):
        assert part in with_content or part == SECRET  # content is sealed even within the index
    blobs = [path for path in (folder / "blobs").rglob("*") if path.is_file()]
    erased(folder, DOOMED, LARGE)
    clear = pages(folder)
    for part in (SECRET, b"Practitioner/canary", b"CANARY-4711", b"canary-id", secrets[:32], secrets[32:64], wrapped):
        assert part not in clear
    assert b"OTHER" in clear
    assert len(blobs) == 1 and not blobs[0].exists()


def test_the_relation_has_another_key_and_what_stays_opens_under_it(folder: Path) -> None:
    kept, old = row(folder, FIRST + 2)
    erased(folder, DOOMED)
    again, new = row(folder, FIRST + 2)
    wrapping = derive(NETWORK, MASTER).wrapping_key
    assert unwrap(wrapping, old) != unwrap(wrapping, new)
    assert kept[:64] == again[:64] and kept[64:] != again[64:]
    assert unwrap(unwrap(wrapping, old), kept[64:]) == unwrap(unwrap(wrapping, new), again[64:])
    with pytest.raises(errors.VaultDamaged):
        unwrap(unwrap(wrapping, old), again[64:])


def test_erasing_again_changes_nothing_and_a_dead_record_takes_no_version(folder: Path) -> None:
    erased(folder, DOOMED)
    with open_vault(folder) as vault:
        assert vault.erase(Erasure(ALICE, (DOOMED,), NOW + 2)) == []
        with pytest.raises(errors.RecordErased):
            vault.deposit([write(ALICE, 1, b"back again")])
        with pytest.raises(errors.NoSuchRecord):
            vault.erase(Erasure(ALICE, (KEPT, write(ALICE, 99).record), NOW + 2))
        assert vault.read(scope(ALICE), KEPT).octets == b"kept"  # all or nothing
        with pytest.raises(errors.NoSuchRelation):
            vault.erase(Erasure(b"Z" * 32, (KEPT,), NOW + 2))
    assert check(folder, MASTER, NETWORK) == []


def test_erasure_of_somebody_elses_record_finds_none(folder: Path) -> None:
    with open_vault(folder) as vault:
        with pytest.raises(errors.NoSuchRecord):
            vault.erase(Erasure(ALICE, (write(BOB, 1).record,), NOW + 1))
        assert vault.read(scope(BOB), write(BOB, 1).record).octets == b"of another"


def test_tasks_are_put_with_the_erasure_or_not_at_all(folder: Path) -> None:
    with open_vault(folder) as vault:
        with pytest.raises(errors.NoSuchRecord):
            vault.erase(Erasure(ALICE, (bytes(16),), NOW + 1, [("erased", b"x")]))
        assert vault.outbox.next(10) == []
        vault.erase(Erasure(ALICE, (DOOMED,), NOW + 1, [("erased", b"x")]))
        assert [task.body for task in vault.outbox.next(10)] == [b"x"]


def test_access_goes_on_being_logged_and_the_log_stays(folder: Path) -> None:
    with open_vault(folder) as vault:
        vault.log_access(ALICE, [b"before"])
        vault.erase(Erasure(ALICE, (DOOMED,), NOW + 1))
        assert vault.log_accesses({ALICE: [b"after"], BOB: [b"one", b"two"]}) == {ALICE: 2, BOB: 2}
        assert [entry for _, entry in vault.access_entries(scope(ALICE))] == [b"before", b"after"]
    assert check(folder, MASTER, NETWORK) == []


FULL_ROW = "SELECT header, secrets, sealed FROM versions WHERE id = :i"


def rows(vault: Vault, number: int) -> dict[str, object]:
    with vault._index.reading() as connection:
        return dict(connection.execute(text(FULL_ROW), {"i": number}).one()._mapping)


def change(folder: Path, statement: str, **values: object) -> None:
    with open_vault(folder) as vault, vault._index.writing() as connection:
        connection.execute(text(statement), values)


RESTORE = "UPDATE versions SET header = :header, secrets = :secrets, sealed = :sealed WHERE id = :i"


def test_fsck_finds_an_erased_version_restored_from_a_backup(folder: Path) -> None:
    with open_vault(folder) as vault:
        old = rows(vault, FIRST)
    erased(folder, DOOMED)
    change(folder, RESTORE, i=FIRST, **old)
    found = check(folder, MASTER, NETWORK)
    assert {finding.place for finding in found} == {f"versions row {FIRST}"}
    assert "a version of an erased record is still here" in {finding.what for finding in found}
    assert "does not open, or has another digest" in {finding.what for finding in found}  # its key is gone


def test_fsck_finds_an_erased_key_restored_from_a_backup(folder: Path) -> None:
    _, wrapped = row(folder, FIRST)
    erased(folder, DOOMED)
    change(folder, "UPDATE relations SET wrapped_key = :k WHERE number = 1", k=wrapped)
    found = {finding.what for finding in check(folder, MASTER, NETWORK)}
    assert found == {"does not open, or has another digest"}


def test_fsck_finds_a_row_that_was_emptied_and_not_erased(folder: Path) -> None:
    change(folder, "UPDATE versions SET header = x'', secrets = x'', sealed = x'' WHERE id = :i", i=FIRST + 2)
    (found,) = check(folder, MASTER, NETWORK)
    assert (found.place, found.what) == (f"versions row {FIRST + 2}", "empty, and no tombstone says that it was erased")


@pytest.mark.parametrize("column", ["secrets", "sealed"])
def test_fsck_finds_what_was_left_of_an_erased_row(folder: Path, column: str) -> None:
    erased(folder, DOOMED)
    change(folder, f"UPDATE versions SET {column} = x'00' WHERE id = {FIRST}")
    assert [f.what for f in check(folder, MASTER, NETWORK)] == ["erased, and a part of it is still here"]


def test_fsck_finds_a_dropped_version(folder: Path) -> None:
    erased(folder, DOOMED)
    change(folder, f"DELETE FROM versions WHERE id = {FIRST + 4}")  # the tombstone
    found = [finding.what for finding in check(folder, MASTER, NETWORK)]
    assert "the replay of its logs gives other roots" in found
