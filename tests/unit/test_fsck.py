"""fsck: a sound home has no finding; each changed byte is found, and its file and place are named."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from salus.client.batcher import Carrier
from salus.client.envelopes import EnvelopeBuilder
from salus.contracts.accounts.messages import OpenAccounts
from salus.core.checksum import crc32c
from salus.core.encoding import decode, encode
from salus.core.signatures import SigningKey
from salus.evidence.format import origin
from salus.evidence.header import Block, parse_header, read_block, sign_header
from salus.evidence.state import LOG_KEY, LogValue, RelationValue, relation_key
from salus.fsck.blocks import Record, read_records
from salus.fsck.check import fsck
from salus.fsck.report import Finding, Report, Severity
from salus.fsck.vaults import VaultPlace, check_vault
from salus.ledger.errors import DamagedFile
from salus.merkle import checkpoint as notes
from salus.merkle.log import EMPTY_ROOT
from salus.state.lmdb import LmdbTables
from salus.state.tables import Changes
from salus.vault.index import PAGE_BYTES
from unit.fsck_home import GATEWAY, GENESIS, HOSPITAL, NETWORK, NODE, check_home, make_home, open_ledger
from unit.vault_samples import MASTER
from vectors.fixed import fixed, key


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("fsck") / "home"
    make_home(home)
    return home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1 << at % 8
    path.write_bytes(bytes(raw))


def damage(report: Report) -> list[tuple[str, str, str]]:
    return [(f.file, f.place, f.what) for f in report.findings if f.severity is Severity.DAMAGED]


def records(home: Path) -> list[Record]:
    return [item for item in read_records(home / "ledger/blocks") if isinstance(item, Record)]


def contents(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


def write_blocks(home: Path, bodies: list[bytes]) -> None:
    parts = []
    for body in bodies:
        length = len(body).to_bytes(4, "big")
        parts.append(length + crc32c(length + body).to_bytes(4, "big") + body)
    (home / "ledger/blocks").write_bytes(b"".join(parts))


def test_a_sound_home_has_no_finding_and_is_not_written(home: Path) -> None:
    before = contents(home)
    report = check_home(home)
    assert report.findings == () and report.sound
    assert report.figures["envelopes"] == 3 and report.figures["batches"] == 3 and report.figures["vaults"] == 1
    assert report.figures["blocks"] >= 3 and report.figures["events"] == 6 and report.figures["keys"] > 20
    after = contents(home)
    assert {name for name in before if before[name] != after.get(name)} == set()


def test_every_changed_byte_of_the_block_file_is_found_and_its_block_named(home: Path) -> None:
    path = home / "ledger/blocks"
    rows = records(home)
    for at in range(0, path.stat().st_size, 97):
        flip(path, at)
        found = damage(fsck(home, home / "ledger", {}))
        owner = next(row.number for row in rows if row.start <= at < row.end)
        assert found and found[0][0] == "ledger/blocks", at
        assert found[0][1].startswith(f"block {owner}, bytes {rows[owner - 1].start} to "), (at, found[0])
        flip(path, at)


def test_damage_behind_damage_is_named_too(home: Path) -> None:
    rows = records(home)
    for row in rows[:2]:
        flip(home / "ledger/blocks", row.start + 20)
    found = damage(fsck(home, home / "ledger", {}))
    assert [place.split(",")[0] for _, place, _ in found] == ["block 1", "block 2"]


def test_a_torn_end_is_a_note(home: Path) -> None:
    path = home / "ledger/blocks"
    path.write_bytes(path.read_bytes() + (1000).to_bytes(4, "big") + b"torn")
    report = fsck(home, home / "ledger", {})
    assert report.sound
    assert [f.severity for f in report.findings] == [Severity.NOTE]


def test_a_whole_record_without_its_last_byte_leaves_the_checkpoint_ahead(home: Path) -> None:
    path = home / "ledger/blocks"
    path.write_bytes(path.read_bytes()[:-1])
    assert ("ledger/state/data.mdb", "table meta, height", "there is no block of this height") in damage(
        fsck(home, home / "ledger", {})
    )


def resign(home: Path, number: int, **changes: object) -> None:
    """Change a block's header, sign it with the node's own key: what an operator could do."""
    bodies = [encode(row.block) for row in records(home) if row.block]
    block = read_block(bodies[number - 1])
    header = parse_header(NETWORK, block.header).header
    bodies[number - 1] = encode(Block(sign_header(replace(header, **changes), NODE).raw, block.batches))
    write_blocks(home, bodies)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"app_hash": fixed("x")}, "the header's app hash is not that of the state before"),
        ({"previous": fixed("x")}, "the header does not follow the one before"),
        ({"height": 7}, "the header does not follow the one before"),
        ({"time": 1}, "the header does not follow the one before"),
        ({"batches": fixed("x")}, "the batches are not those of the header"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_header_signed_anew_is_found(home: Path, changes: dict[str, object], what: str) -> None:
    resign(home, 2, **changes)
    found = damage(fsck(home, home / "ledger", {}))
    assert (found[0][1].split(",")[0], found[0][2]) == ("block 2", what)


def test_a_batch_left_out_or_run_twice_is_found(home: Path) -> None:
    bodies = [encode(row.block) for row in records(home) if row.block]
    block = read_block(bodies[0])
    write_blocks(home, [encode(Block(block.header, block.batches * 2)), *bodies[1:]])
    assert damage(fsck(home, home / "ledger", {}))[0][2] == "the batches are not those of the header"


def test_blocks_exchanged_or_dropped_are_found(home: Path) -> None:
    bodies = [encode(row.block) for row in records(home) if row.block]
    for changed in (bodies[1:], bodies[:1] + bodies[2:], [bodies[1], bodies[0], *bodies[2:]]):
        write_blocks(home, changed)
        assert damage(fsck(home, home / "ledger", {}))[0][2] == "the header does not follow the one before"


def live(home: Path) -> dict[bytes, bytes]:
    tables = LmdbTables(home / "ledger/state", readonly=True)
    values = dict(tables.items())
    tables.close()
    return values


def test_a_changed_byte_of_a_live_value_is_found_key_by_key(home: Path) -> None:
    values = live(home)
    path = home / "ledger/state/data.mdb"
    raw = path.read_bytes()
    for name in list(values)[::7]:
        value = values[name]
        places = [at for at in range(len(raw)) if raw.startswith(name + value, at)]
        assert places
        for place in places:
            flip(path, place + len(name))
        found = damage(fsck(home, home / "ledger", {}))
        path.write_bytes(raw)
        assert [place for file, place, _ in found if file == "ledger/state/data.mdb" and name.hex() in place], name


def test_a_value_written_into_the_state_is_found(home: Path) -> None:
    key = next(key for key in live(home) if key[:2] == b"\x03\x01")
    tables = LmdbTables(home / "ledger/state")
    tables.commit(Changes({key: b"x", b"\x09new": b"y"}, [], {}, {}, {}))
    tables.close()
    found = damage(fsck(home, home / "ledger", {}))
    assert ("ledger/state/data.mdb", f"table values, namespace records, key {key.hex()}", "changed") in found
    assert (
        "ledger/state/data.mdb",
        "table values, namespace unknown, key 096e6577",
        "not there by the blocks",
    ) in found
    assert any(place.startswith("table buckets, bucket ") for _, place, _ in found)


def test_rows_beside_the_tree_and_meta_are_compared(home: Path) -> None:
    tables = LmdbTables(home / "ledger/state")
    rows = {table: list(tables.rows(table, b"", None)) for table in ("seen", "log", "events", "about")}
    assert all(rows.values())
    changed = {table: [(found[0][0], found[0][1] + b"x")] for table, found in rows.items()}
    tables.commit(Changes({}, [], {b"time": b"x"}, changed, {}))
    tables.close()
    found = damage(fsck(home, home / "ledger", {}))
    for table in rows:
        assert any(place.startswith(f"table rows, {table} ") for _, place, _ in found), table
    assert ("ledger/state/data.mdb", "table meta, time", "not what the blocks give") in found


def test_seen_ids_of_which_a_whole_minute_is_missing_stop_the_opening_and_are_a_finding(home: Path) -> None:
    with open_ledger(home) as ledger:
        height = ledger.height()
    tables = LmdbTables(home / "ledger/state")
    minutes = {name[:8] for name, _ in tables.rows("seen", b"", None)}
    gone = min(minutes)
    tables.commit(Changes({}, [], {}, {}, {"seen": [(gone + bytes(4), gone + b"\xff" * 4)]}))
    tables.close()
    with pytest.raises(DamagedFile) as caught:
        open_ledger(home)
    assert (caught.value.file, caught.value.offset) == ("state", None)
    said = "A file of the ledger is damaged: state: the seen ids are not those of the state (0x7007). Run salus fsck."
    assert str(caught.value) == said
    assert any(place.startswith("table rows, seen ") for _, place, _ in damage(fsck(home, home / "ledger", {})))
    shutil.rmtree(home / "ledger/state")  # the blocks give it again
    with open_ledger(home) as ledger:
        assert ledger.height() == height
    assert damage(fsck(home, home / "ledger", {})) == []


def test_any_damage_of_the_state_file_is_a_finding_and_never_a_crash(home: Path) -> None:
    path = home / "ledger/state/data.mdb"
    raw = path.read_bytes()
    for start in range(0, len(raw), 4096):  # the heads of pages: what LMDB itself trusts
        spoilt = bytearray(raw)
        spoilt[start : start + 64] = b"\xff" * 64
        path.write_bytes(bytes(spoilt))
        report = fsck(home, home / "ledger", {})
        assert all(finding.file == "ledger/state/data.mdb" for finding in report.findings)
    path.write_bytes(raw[: len(raw) // 2])
    assert not fsck(home, home / "ledger", {}).sound


def test_a_state_that_is_gone_or_empty_is_a_note(home: Path) -> None:
    shutil.rmtree(home / "ledger/state")
    report = fsck(home, home / "ledger", {})
    assert report.sound and [f.what for f in report.findings] == ["missing: opening the ledger makes it anew"]


def test_a_checkpoint_behind_the_blocks_is_compared_at_its_height(home: Path) -> None:
    state = contents(home / "ledger/state")
    with open_ledger(home) as ledger:
        before = ledger.height()
        with Carrier(ledger, HOSPITAL, GATEWAY) as carrier:
            builder = EnvelopeBuilder(NETWORK, ledger.now)
            carrier.submit_now(builder.build([(HOSPITAL, GATEWAY)], OpenAccounts(HOSPITAL, 1)).raw)
        assert ledger.height() > before
    (home / "ledger/state/data.mdb").write_bytes(state["data.mdb"])
    assert fsck(home, home / "ledger", {}).findings == ()


def test_another_genesis_and_none_are_found(home: Path) -> None:
    assert damage(fsck(home, home / "ledger", {}, GENESIS[:-1] + b"x"))[0][0] == "ledger/genesis"
    flip(home / "ledger/genesis", 100)
    assert damage(fsck(home, home / "ledger", {})) == [
        ("ledger/genesis", "whole file", "missing, malformed, or a proof fails")
    ]
    report = fsck(home, home / "ledger", {"hospital": VaultPlace(home / "hospital", MASTER)})
    assert [f.file for f in report.findings if f.severity is Severity.NOTE] == ["hospital"]
    (home / "ledger/blocks").unlink()
    (home / "ledger/genesis").write_bytes(GENESIS)
    assert ("ledger/blocks", "whole file", "missing") in damage(fsck(home, home / "ledger", {}))


def test_a_changed_byte_of_the_index_and_of_a_blob_is_found(home: Path) -> None:
    index = home / "hospital/index.db"
    at = PAGE_BYTES * 3 + 50
    flip(index, at)
    found = damage(check_home(home))
    assert found[0][:2] == ("hospital/index.db", f"page 4, bytes {PAGE_BYTES * 3} to {PAGE_BYTES * 4 - 1}")
    flip(index, at)
    blob = next(p for p in (home / "hospital/blobs").rglob("*") if p.is_file())
    flip(blob, 1000)
    found = damage(check_home(home))
    assert [file for file, _, _ in found] == [str(blob.relative_to(home))]


def test_a_vault_whose_openings_the_ledger_does_not_hold_is_found(home: Path) -> None:
    """The ledger forgets (an older copy of it), or holds another root."""
    vault = VaultPlace(home / "hospital", MASTER)
    values = {key: value for key, value in live(home).items() if key[:2] == b"\x03\x01"}

    class State:
        def __init__(self, changed: dict[bytes, bytes]) -> None:
            self.changed = changed

        def get(self, key: bytes) -> bytes | None:
            return self.changed.get(key)

        def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
            return []

    def found(changed: dict[bytes, bytes]) -> list[Finding]:
        return list(check_vault(vault, NETWORK, State(changed)))

    assert found(values) == []
    assert {f.what for f in found({})} == {"anchored, and the ledger holds no root"}
    key, value = next(iter(values.items()))
    assert key == relation_key(key[2:])
    other = encode(RelationValue(fixed("x"), 2, 1, fixed("y"), 1))
    assert [f.what for f in found({**values, key: other})] == ["no opening of the ledger's root number 2"]
    assert [f.what for f in found({**values, key: b"x"})] == ["the ledger's root is malformed"]
    first = next(iter(values.values()))
    assert first == value
    assert len(found({**values, key: encode(RelationValue(value[3:35], 1, 1, None, None))})) == 1


def test_a_vault_alone_is_checked_with_the_genesis(home: Path) -> None:
    report = fsck(home, None, {"hospital": VaultPlace(home / "hospital", MASTER)}, GENESIS)
    assert report.sound and [f.what for f in report.findings] == ["not compared: no ledger was given"]
    with pytest.raises(ValueError, match="neither"):
        fsck(home, None, {})
    with pytest.raises(ValueError, match="malformed"):
        fsck(home, None, {}, b"x")


def test_a_vault_that_cannot_be_opened_is_a_finding(home: Path) -> None:
    found = damage(fsck(home, None, {"hospital": VaultPlace(home / "nowhere", MASTER)}, GENESIS))
    assert found[0][0] == "nowhere/index.db"


def test_progress_goes_forward_to_the_end(home: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    fsck(home, home / "ledger", {}, progress=lambda *step: seen.append(step))
    done = [done for what, done, _ in seen if what == "blocks"]
    assert done == sorted(done) and done[-1] == (home / "ledger/blocks").stat().st_size


def test_the_witnessed_checkpoint_must_be_of_this_log(home: Path) -> None:
    path = home / "ledger/witnessed"
    entries = live(home)[LOG_KEY]
    size, root = decode(entries, LogValue).size, decode(entries, LogValue).root
    name = origin(NETWORK)

    def found(checkpoint: notes.Checkpoint, signer: SigningKey = NODE) -> list[tuple[str, str, str]]:
        path.write_text(notes.sign(checkpoint, checkpoint.origin, signer).note())
        return damage(fsck(home, home / "ledger", {}))

    assert found(notes.Checkpoint(name, size, root)) == []
    assert found(notes.Checkpoint(name, 0, EMPTY_ROOT)) == []
    wrong = [("ledger/witnessed", "whole file", "not a note of the ledger's over this log")]
    assert found(notes.Checkpoint(name, size, fixed("x"))) == wrong
    assert found(notes.Checkpoint(name, size + 1, root)) == wrong
    assert found(notes.Checkpoint("other", size, root)) == wrong
    assert found(notes.Checkpoint(name, size, root), key("stranger")) == wrong
    path.write_bytes(b"x")
    assert damage(fsck(home, home / "ledger", {})) == wrong
