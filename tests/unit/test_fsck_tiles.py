"""fsck compares the published files with the log that the blocks give, and names file and place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from salus.core.envelope import WINDOW_MS
from salus.fsck.check import fsck
from salus.fsck.report import Finding, Severity
from salus.ledger.embedded import EmbeddedLedger
from salus.merkle.checkpoint import parse, sign
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region, key

GRANTS = 270  # and some: more than one tile


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Region]:
    home, region = tmp_path_factory.mktemp("fsck-tiles"), Region()
    ledger = EmbeddedLedger.create(
        home / "ledger", region.genesis_file, region.node, FakeClock(), tiles=home / "ledger/tiles"
    )
    with ledger:
        envelope, handles = region.open_accounts(GRANTS)
        ledger.submit(region.batch(envelope)).result(60)
        ledger.publish()
        ledger.submit(region.batch(*[region.grant(handle)[0] for handle in handles])).result(60)
    return home, region


def find(home: Path) -> list[Finding]:
    return list(fsck(home, home / "ledger", {}).findings)


@pytest.fixture
def changed(made: tuple[Path, Region]):
    """What changes a published file for the life of a test."""
    tiles, before = made[0] / "ledger/tiles", {}

    def change(name: str, how: Callable[[bytes], bytes] | None) -> None:
        path = tiles / name
        before.setdefault(path, path.read_bytes() if path.exists() else None)
        if how is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(how(before[path] or b""))

    yield change
    for path, raw in before.items():
        path.unlink(missing_ok=True)
        if raw is not None:
            path.write_bytes(raw)


def names(home: Path) -> list[str]:
    tiles = home / "ledger/tiles"
    return sorted(str(path.relative_to(tiles)) for path in tiles.rglob("*") if path.is_file())


def test_a_published_log_is_sound(made: tuple[Path, Region]) -> None:
    assert find(made[0]) == []
    assert {"checkpoint", "tile/0/000", "tile/entries/000", "tile/1/000.p/1"} <= set(names(made[0]))
    assert not any(name.startswith("tile/0/000.p") for name in names(made[0]))


def test_every_file_that_is_changed_is_named_with_its_place(made: tuple[Path, Region], changed) -> None:
    home, _ = made
    for name in names(home):
        if name == "checkpoint":
            continue
        size, step = (home / "ledger/tiles" / name).stat().st_size, 34 if "entries" in name else 32
        for at in (0, size // 2, size - 1):
            changed(name, lambda raw, at=at: raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :])
            row = at // step
            place = f"hash {row}, bytes {row * step} to {row * step + step - 1}"
            assert find(home) == [Finding(f"ledger/tiles/{name}", place, "not what the blocks give")]
        changed(name, lambda raw: raw)
    assert find(home) == []


@pytest.mark.parametrize(
    ("name", "how", "place", "what"),
    [
        ("tile/0/000", None, "whole file", "missing"),
        ("tile/entries/000", None, "whole file", "missing"),
        ("tile/1/000.p/1", lambda raw: raw[:-1], "byte 31", "31 bytes, not 32"),
        ("tile/0/000", lambda raw: raw + b"x", "byte 8192", "8193 bytes, not 8192"),
        ("tile/0/002", lambda raw: bytes(8192), "whole file", "the log is not that long"),
        ("tile/0/000.p/256", lambda raw: bytes(8192), "whole file", "the log is not that long"),
        ("tile/0/1", lambda raw: b"", "whole file", "no file of a published log"),
        ("tile/entries/names", lambda raw: b"a name", "whole file", "no file of a published log"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(made: tuple[Path, Region], changed, name, how, place, what) -> None:
    changed(name, how)
    assert find(made[0]) == [Finding(f"ledger/tiles/{name}", place, what)]


def test_notes_are_no_damage(made: tuple[Path, Region], changed) -> None:
    changed("tile/0/000.tmp", lambda raw: b"half")
    changed("checkpoint", None)
    found = find(made[0])
    assert [(each.file, each.severity) for each in found] == [
        ("ledger/tiles/checkpoint", Severity.NOTE),
        ("ledger/tiles/tile/0/000.tmp", Severity.NOTE),
    ]


def test_a_checkpoint_of_another_history_or_signer_is_damage(made: tuple[Path, Region], changed) -> None:
    home, region = made
    note = parse((home / "ledger/tiles/checkpoint").read_bytes()).checkpoint
    stranger = key("somebody")
    for wrong, node in (
        (note._replace(root=bytes(32)), region.node),
        (note._replace(size=note.size + 1), region.node),
        (note._replace(size=note.size - 1), region.node),
        (note._replace(origin="other"), region.node),
        (note, stranger),
    ):
        changed("checkpoint", lambda _, wrong=wrong, node=node: sign(wrong, wrong.origin, node).note().encode())
        assert find(home) == [
            Finding("ledger/tiles/checkpoint", "whole file", "not a note of the ledger's over this log")
        ]


def test_what_is_behind_is_a_note_until_the_ledger_is_opened(tmp_path: Path) -> None:
    region, home = Region(), tmp_path
    folder = home / "ledger/tiles"
    with EmbeddedLedger.create(home / "ledger", region.genesis_file, region.node, FakeClock(), tiles=folder) as ledger:
        ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
    with EmbeddedLedger.open(home / "ledger", region.node, FakeClock()) as ledger:  # publishes nowhere
        ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
    (found,) = find(home)
    assert (found.severity, found.place) == (Severity.NOTE, "size") and "2 of 4 entries" in found.what
    EmbeddedLedger.open(home / "ledger", region.node, FakeClock(START_MS + WINDOW_MS), tiles=folder).close()
    assert find(home) == []


def test_a_damaged_block_leaves_the_files_uncompared(tmp_path: Path) -> None:
    region, home = Region(), tmp_path
    folder = home / "ledger/tiles"
    with EmbeddedLedger.create(home / "ledger", region.genesis_file, region.node, FakeClock(), tiles=folder) as ledger:
        ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
    raw = (home / "ledger/blocks").read_bytes()
    (home / "ledger/blocks").write_bytes(raw[:50] + bytes((raw[50] ^ 1,)) + raw[51:])
    assert [each.severity for each in find(home) if each.file == "ledger/tiles"] == [Severity.NOTE]
