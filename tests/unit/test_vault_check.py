"""fsck of a vault: each changed byte is found and its place is named."""

import random
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from salus.core.encoding import encode
from salus.core.record import relation_root
from salus.vault import errors
from salus.vault.check import Finding, check
from salus.vault.index import PAGE_BYTES, page_place
from salus.vault.wal import pages_in_log
from unit.vault_samples import ALICE, BOB, MASTER, NETWORK, make_vault, open_vault, scope, write

FIRST = 1 << 32  # id of the first row of the first relation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit([write(ALICE, n, bytes(900)) for n in range(40)])
        vault.pending_anchors(10)
        vault.mark_anchored(ALICE, 1, 1)
        vault.deposit([write(ALICE, 1), write(BOB, 1, bytes(70_000)), write(BOB, 2, bytes(90_000))])
        vault.log_access(ALICE, [b"one", b"two"])
        vault.pending_anchors(10)
    return tmp_path / "v"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def places(folder: Path) -> list[tuple[str, str]]:
    return [(finding.file, finding.place) for finding in check(folder, MASTER, NETWORK)]


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1 << at % 8
    path.write_bytes(bytes(raw))


def change(folder: Path, statement: str) -> None:
    with open_vault(folder) as vault, vault._index.writing() as connection:
        connection.execute(text(statement))


def test_sound_vault_has_no_finding_and_is_not_written(folder: Path) -> None:
    before = contents(folder)
    assert check(folder, MASTER, NETWORK) == []
    assert contents(folder) == before


def test_a_flipped_byte_of_any_page_of_the_index_is_found_and_named(folder: Path) -> None:
    path = folder / "index.db"
    raw = path.read_bytes()
    rng = random.Random(7)
    spots = [page * PAGE_BYTES + rng.randrange(PAGE_BYTES) for page in range(len(raw) // PAGE_BYTES)]
    # the salt, the first bytes after it, and the ends of two pages: initialisation vector and HMAC
    spots += [0, 15, 16, 17, 100, PAGE_BYTES - 80, PAGE_BYTES - 1, 2 * PAGE_BYTES - 1]
    for at in spots:
        flip(path, at)
        first = (at // PAGE_BYTES) * PAGE_BYTES
        expected = f"page {at // PAGE_BYTES + 1}, bytes {first} to {first + PAGE_BYTES - 1}"
        assert ("index.db", expected) in places(folder), at
        path.write_bytes(raw)
    assert places(folder) == []


@pytest.mark.parametrize("size", [0, 1, PAGE_BYTES, 3 * PAGE_BYTES, -1])
def test_a_cut_index_is_found(folder: Path, size: int) -> None:
    path = folder / "index.db"
    path.write_bytes(path.read_bytes()[:size])
    assert [file for file, _ in places(folder)][:1] == ["index.db"]


def test_a_lost_index_is_found(folder: Path) -> None:
    (folder / "index.db").unlink()
    assert places(folder) == [("index.db", "whole file")]


def test_a_flipped_byte_of_a_blob_is_found_and_named(folder: Path) -> None:
    blobs = sorted(p for p in (folder / "blobs").rglob("*") if p.is_file())
    for path in blobs:
        raw = path.read_bytes()
        for at in (0, 40, 50_000, len(raw) - 1):
            flip(path, at)
            name = str(path.relative_to(folder))
            assert places(folder) == [(name, f"bytes 0 to {len(raw) - 1}")]
            path.write_bytes(raw)
    flip(blobs[1], 99)
    blobs[0].unlink()
    assert check(folder, MASTER, NETWORK)[0] == Finding(str(blobs[0].relative_to(folder)), "whole file", "missing")
    assert len(check(folder, MASTER, NETWORK)) == 2
    with open_vault(folder) as vault:
        for number in (1, 2):
            with pytest.raises(errors.VaultDamaged):
                vault.read(scope(BOB), write(BOB, number).record)


def test_a_flipped_byte_of_the_identity_is_found(folder: Path) -> None:
    path = folder / "vault.id"
    raw = path.read_bytes()
    for at in range(len(raw)):
        flip(path, at)
        assert places(folder) == [("vault.id", "whole file")], at
        path.write_bytes(raw)


ROW = f"versions row {FIRST + 3}"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"UPDATE versions SET header = x'80' WHERE id = {FIRST + 3}", ROW),
        (f"UPDATE versions SET secrets = zeroblob(104) WHERE id = {FIRST + 3}", ROW),
        (f"UPDATE versions SET secrets = x'' WHERE id = {FIRST + 3}", ROW),
        (f"UPDATE versions SET sealed = zeroblob(200) WHERE id = {FIRST + 3}", ROW),
        (f"UPDATE versions SET version = 2 WHERE id = {FIRST + 3}", ROW),
        (f"UPDATE versions SET leaf = zeroblob(32) WHERE id = {FIRST + 3}", ROW),
        (f"DELETE FROM versions WHERE id = {FIRST + 3}", ROW),
        ("DELETE FROM access WHERE (id & 1) = 1", "relations row 1"),
        ("UPDATE relations SET wrapped_key = zeroblob(40) WHERE number = 1", "relations row 1"),
        ("UPDATE relations SET map_root = zeroblob(32) WHERE number = 1", "relations row 1"),
        ("UPDATE relations SET relation = zeroblob(32) WHERE number = 1", ROW),
        ("UPDATE openings SET opening = x'80' WHERE number = 1 AND seq = 1", "openings row 1, 1"),
        ("UPDATE openings SET root = zeroblob(32) WHERE number = 1 AND seq = 1", "openings row 1, 1"),
        ("UPDATE openings SET seq = 5 WHERE number = 1 AND seq = 2", "openings row 1, 5"),
        (f"DELETE FROM versions WHERE id >= {FIRST + 39} AND id < {FIRST * 2}", "openings row 1, 1"),
        ("UPDATE meta SET value = x'00' WHERE name = 'network'", "whole file"),
    ],
)
def test_a_row_changed_by_somebody_with_the_key_is_found(folder: Path, statement: str, expected: str) -> None:
    change(folder, statement)
    assert expected in [place for _, place in places(folder)]


def test_findings_hold_no_value(folder: Path) -> None:
    change(folder, "UPDATE versions SET header = x'80'")
    for finding in check(folder, MASTER, NETWORK):
        assert ALICE.hex() not in repr(finding) and repr(ALICE)[2:-1] not in repr(finding)


def test_a_destroyed_relation_is_no_damage(folder: Path) -> None:
    change(folder, "UPDATE relations SET wrapped_key = NULL")
    assert places(folder) == []


def test_orphans_and_temporaries_are_no_damage(folder: Path) -> None:
    (folder / "blobs" / "ab").mkdir(exist_ok=True)
    (folder / "blobs" / "ab" / "abcd.tmp").write_bytes(b"half")
    assert places(folder) == []


def test_refusals(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.NoVault):
        check(tmp_path / "none", MASTER, NETWORK)
    with pytest.raises(errors.WrongVaultKey):
        check(folder, b"m" * 32, NETWORK)
    with open_vault(folder), pytest.raises(errors.VaultInUse):
        check(folder, MASTER, NETWORK)
    change(folder, "UPDATE meta SET value = x'0002' WHERE name = 'schema'")
    with pytest.raises(errors.UnknownSchema):
        check(folder, MASTER, NETWORK)


def test_reading_a_damaged_row_is_refused(folder: Path) -> None:
    change(folder, f"UPDATE versions SET sealed = zeroblob(200) WHERE id = {FIRST + 3}")
    change(folder, f"UPDATE versions SET header = x'80' WHERE id = {FIRST + 4}")
    change(folder, f"UPDATE versions SET secrets = zeroblob(104) WHERE id = {FIRST + 5}")
    change(folder, f"UPDATE versions SET secrets = x'' WHERE id = {FIRST + 6}")
    with open_vault(folder) as vault:
        for number in (3, 4, 5, 6):
            with pytest.raises(errors.VaultDamaged):
                vault.read(scope(ALICE), write(ALICE, number).record)
        assert vault.read(scope(ALICE), write(ALICE, 7).record).octets == bytes(900)


@pytest.mark.parametrize(
    "lie",
    [
        {"map_root": bytes(32)},
        {"log_root": bytes(32)},
        {"access_root": bytes(32)},
        {"seq": 3},
        {"relation": BOB},
        {"log_size": 39},
        {"log_size": 99},
        {"access_size": 99},
    ],
    ids=lambda lie: "-".join(f"{name}-{value}" if isinstance(value, int) else name for name, value in lie.items()),
)
def test_an_opening_that_opens_its_root_but_not_the_relation_is_found(folder: Path, lie: dict[str, object]) -> None:
    with open_vault(folder) as vault:
        forged = replace(vault.anchors.opening(ALICE, 1).opening, **lie)
        values = {"opening": encode(forged), "root": relation_root(NETWORK, forged)}
        with vault._index.writing() as connection:
            connection.execute(
                text("UPDATE openings SET opening = :opening, root = :root WHERE number = 1 AND seq = 1"), values
            )
    assert places(folder) == [("index.db", "openings row 1, 1")]


def test_content_must_have_the_digest_of_its_header(folder: Path) -> None:
    with open_vault(folder) as vault:
        with vault._index.writing() as connection:
            row = connection.execute(text(f"SELECT secrets FROM versions WHERE id = {FIRST + 3}")).one()
            changed = row.secrets[:32] + bytes(32) + row.secrets[64:]  # another salt of the content alone
            connection.execute(text(f"UPDATE versions SET secrets = :s WHERE id = {FIRST + 3}"), {"s": changed})
        with pytest.raises(errors.VaultDamaged):
            vault.read(scope(ALICE), write(ALICE, 3).record)
    assert places(folder) == [("index.db", ROW)]


def left_by_a_crash(folder: Path, to: Path) -> tuple[Path, list[int]]:
    """Return a copy whose write-ahead log was not copied into the file yet, and the pages that stand in the log."""
    with open_vault(folder) as vault:
        vault.deposit([write(ALICE, 50, bytes(900)), write(BOB, 50, bytes(900))])
        shutil.copytree(folder, to)
    pages = sorted(pages_in_log(to / "index.db-wal"))
    return to, [page for page in pages if page * PAGE_BYTES <= (to / "index.db").stat().st_size]


def test_a_page_that_was_half_copied_from_the_log_is_no_damage(folder: Path, tmp_path: Path) -> None:
    """As a full disk or a power cut leaves it: the log has the page whole, and readers take it from there."""
    crashed, pages = left_by_a_crash(folder, tmp_path / "crashed")
    assert pages and places(crashed) == []
    for page in pages:
        flip(crashed / "index.db", page * PAGE_BYTES - 100)
    assert places(crashed) == []
    with open_vault(crashed):
        pass
    assert not (crashed / "index.db-wal").exists() and places(crashed) == []


def test_beside_a_log_a_page_that_is_not_in_it_is_found(folder: Path, tmp_path: Path) -> None:
    crashed, pages = left_by_a_crash(folder, tmp_path / "crashed")
    size = (crashed / "index.db").stat().st_size
    page = next(page for page in range(1, size // PAGE_BYTES + 1) if page not in pages)
    flip(crashed / "index.db", page * PAGE_BYTES - 100)
    assert places(crashed) == [("index.db", page_place(page))]


def test_the_pages_of_a_log_are_those_of_whole_transactions(folder: Path, tmp_path: Path) -> None:
    crashed, pages = left_by_a_crash(folder, tmp_path / "crashed")
    log = crashed / "index.db-wal"
    raw = log.read_bytes()
    flip(log, len(raw) - 1)  # the last frame commits: with its sum wrong nothing of its transaction counts
    assert len(pages_in_log(log)) < len(pages)
    for damaged in (b"", raw[:31], b"\0" * 40, raw[:4] + b"\1" + raw[5:]):
        log.write_bytes(damaged)
        assert pages_in_log(log) == frozenset()
    assert pages_in_log(tmp_path / "none") == frozenset()
