"""fsck of a pruned ledger: sound with a note on what is gone; whatever is changed in what is left is found."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.core.hashing import T
from salus.fsck.blocks import Record, read_records
from salus.fsck.check import fsck
from salus.fsck.report import Report, Severity
from salus.ledger.embedded.blockfile import HEAD_BYTES, pruned_record
from salus.machine.export import Chunk, Manifest, export_hash
from salus.machine.pruned import parse_point, sign_point
from salus.state.lmdb import LmdbTables
from salus.state.tables import Changes
from salus.testing.region import Region, key
from unit.pruned_samples import fill, opened, pruned, short_region

REGION = short_region()


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("fsck-pruned") / "home"
    home.mkdir()
    first = fill(home / "ledger", REGION)
    pruned(home / "ledger", REGION, first)
    return home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


def check(home: Path) -> Report:
    return fsck(home, home / "ledger", {}, REGION.genesis_file)


def start(home: Path) -> Path:
    (folder,) = (home / "ledger/pruned").iterdir()
    return folder


def first_of(home: Path) -> int:
    return int(start(home).name)


def damage(report: Report) -> list[tuple[str, str, str]]:
    return [(f.file, f.place, f.what) for f in report.findings if f.severity is Severity.DAMAGED]


def notes(report: Report) -> list[tuple[str, str, str]]:
    return [(f.file, f.place, f.what) for f in report.findings if f.severity is Severity.NOTE]


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1 << at % 8
    path.write_bytes(bytes(raw))


def test_it_is_sound_and_says_what_was_not_checked(home: Path) -> None:
    report = check(home)
    assert report.sound, damage(report)
    ((file, place, what),) = notes(report)
    assert (file, place) == ("ledger/blocks", f"blocks 1 to {first_of(home) - 1}")
    assert what.startswith("pruned: ") and "were not" in what
    with opened(home / "ledger", REGION) as ledger:
        gone = ledger.pruned()
        assert gone is not None
        assert report.figures["blocks"] == ledger.height()
        assert report.figures["events"] == ledger.status().log_entries - gone.entries
        assert report.figures["keys"] == ledger.status().state_keys


def test_a_state_that_was_built_anew_is_sound(home: Path) -> None:
    shutil.rmtree(home / "ledger/state")
    opened(home / "ledger", REGION).close()
    assert check(home).sound, damage(check(home))


@pytest.mark.parametrize("name", ["point", "manifest.cbor", "entries", "chunk-000000.cbor"])
def test_every_changed_byte_of_the_export_is_found_and_its_file_named(home: Path, name: str) -> None:
    path = start(home) / name
    size = path.stat().st_size
    for at in {*range(0, size, max(1, size // 24)), size - 1}:
        flip(path, at)
        found = [file for file, _, _ in damage(check(home))]
        named = f"ledger/pruned/{first_of(home)}/{name}"
        whole = f"ledger/pruned/{first_of(home)}/manifest.cbor"
        assert named in found or (name == "entries" and whole in found), (at, found)
        flip(path, at)
    path.unlink()
    assert (f"ledger/pruned/{first_of(home)}/{name}", "whole file", "missing") in damage(check(home))


def test_every_changed_byte_of_a_pruned_header_is_found_and_its_block_named(home: Path) -> None:
    path = home / "ledger/blocks"
    rows = [item for item in read_records(path) if isinstance(item, Record)][: first_of(home)]
    for at in range(0, rows[-1].end, 41):
        flip(path, at)
        found = damage(check(home))
        owner = next(row.number for row in rows if row.start <= at < row.end)
        places = [place for file, place, _ in found if file == "ledger/blocks"]
        assert places and places[0].startswith(f"block {owner}, bytes {rows[owner - 1].start} to "), (at, found)
        flip(path, at)


def test_a_header_that_was_swapped_for_another_of_the_node_is_found(home: Path) -> None:
    path = home / "ledger/blocks"
    rows = [item for item in read_records(path) if isinstance(item, Record)]
    raw = path.read_bytes()
    one, two = rows[0], rows[1]
    assert one.header and two.header
    swapped = pruned_record(two.header, one.removed + one.end - one.start - HEAD_BYTES)
    path.write_bytes(swapped + raw[one.end :])
    found = damage(check(home))
    assert any(place.startswith("block 1,") and "does not follow" in what for _, place, what in found), found


def test_an_export_that_the_node_itself_forged_is_found(home: Path) -> None:
    """Who runs the node can sign another state; but the header of the next block names the one that was."""
    folder = start(home)
    network = REGION.network
    chunk = decode((folder / "chunk-000000.cbor").read_bytes(), Chunk)
    kind, name, value = chunk.rows[-5]
    changed = encode(replace(chunk, rows=(*chunk.rows[:-5], (kind, name, value + b"\x00"), *chunk.rows[-4:])))
    manifest = decode((folder / "manifest.cbor").read_bytes(), Manifest)
    made = encode(replace(manifest, chunks=(T("chunk", network, changed), *manifest.chunks[1:])))
    point, _, _ = parse_point(network, (folder / "point").read_bytes())
    (folder / "chunk-000000.cbor").write_bytes(changed)
    (folder / "manifest.cbor").write_bytes(made)
    (folder / "point").write_bytes(sign_point(replace(point, export=export_hash(network, made)), REGION.node))
    assert (f"ledger/pruned/{folder.name}/manifest.cbor", "whole export", "not the state that the headers name") in (
        damage(check(home))
    )


def test_a_point_signed_by_another_is_found(home: Path) -> None:
    point, _, _ = parse_point(REGION.network, (start(home) / "point").read_bytes())
    other = key("somebody")
    (start(home) / "point").write_bytes(sign_point(replace(point, node=other.id(REGION.network)), other))
    assert damage(check(home)) == [(f"ledger/pruned/{start(home).name}/point", "signature", "not a validator's")]


def test_an_export_of_another_network_is_found(home: Path, tmp_path: Path) -> None:
    other = Region("another", parameters=REGION.genesis.parameters)
    first = fill(tmp_path / "other", other)
    pruned(tmp_path / "other", other, first)
    assert first == first_of(home)
    shutil.rmtree(start(home))
    shutil.copytree(tmp_path / "other/pruned", home / "ledger/pruned", dirs_exist_ok=True)
    assert damage(check(home))[0][0] == f"ledger/pruned/{first}/point"


def test_a_body_that_is_still_in_the_state_is_found(home: Path) -> None:
    tables = LmdbTables(home / "ledger/state")
    tables.commit(Changes({}, [], {}, {"events": [(bytes(8), bytes(16) + b"body")]}, {}))
    tables.close()
    assert [f[:2] for f in damage(check(home))] == [
        ("ledger/state/data.mdb", f"table rows, events {bytes(8).hex()}"),
    ]


def test_what_an_interrupted_pruning_left_is_a_note(home: Path) -> None:
    (home / "ledger/blocks.new").write_bytes(b"half")
    (home / "ledger/pruned/2").mkdir()
    report = check(home)
    assert report.sound
    assert {"ledger/blocks.new", "ledger/pruned/2"} < {file for file, _, _ in notes(report)}
    opened(home / "ledger", REGION).close()
    assert len(check(home).findings) == 1
