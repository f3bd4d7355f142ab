"""Snapshots of a home: what is copied, what is linked, what is left out and what goes again."""

import os
import socket
from pathlib import Path

import pytest

from salus.fsck import snapshot
from salus.fsck.snapshot import PREFIX, room_for_snapshot, take_snapshot


def home(folder: Path) -> Path:
    for name, text in (
        ("genesis.cbor", "genesis"),
        ("ledger/blocks", "blocks"),
        ("ledger/state/data.mdb", "state"),
        ("ledger/tiles/tile/0/000", "tile"),
        ("organisations/north/vault/index.db", "index"),
        ("organisations/north/vault/blobs/ab/abcd", "blob"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def contents(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def test_what_is_changed_in_place_is_copied_and_the_rest_linked(tmp_path: Path) -> None:
    made = home(tmp_path / "home")
    before = contents(made)
    with room_for_snapshot(made) as folder:
        assert folder.stat().st_mode & 0o077 == 0
        assert take_snapshot(made, folder) is None
        assert contents(folder) == before
        linked = {name for name in before if (folder / name).samefile(made / name)}
        assert linked == {"ledger/tiles/tile/0/000", "organisations/north/vault/blobs/ab/abcd"}
        (made / "ledger/blocks").write_text("more blocks")
        assert contents(folder) == before
    assert contents(made) == before | {"ledger/blocks": "more blocks"}


def test_sockets_links_and_other_snapshots_are_left_out(tmp_path: Path) -> None:
    made = home(tmp_path / "home")
    with socket.socket(socket.AF_UNIX) as serving, room_for_snapshot(made) as other:
        serving.bind(str(made / "serving.sock"))
        (other / "other").write_text("of another check")
        with room_for_snapshot(made) as folder:
            assert (other / "other").exists()  # its process lives
            take_snapshot(made, folder)
            assert not [path for path in folder.rglob("*") if path.name in ("other", "serving.sock")]


def test_what_other_processes_write_is_left_out(tmp_path: Path) -> None:
    """The one that takes snapshots of the state, and CometBFT, go on while the server stands still."""
    made = home(tmp_path / "home")
    before = contents(made)
    for name in ("ledger/snapshots/10.new/manifest.cbor.tmp", "logs/salus.log", "cometbft/data/state.db/000001.log"):
        (made / name).parent.mkdir(parents=True)
        (made / name).symlink_to("gone")  # cannot be copied
    with room_for_snapshot(made) as folder:
        take_snapshot(made, folder)
        assert contents(folder) == before


@pytest.mark.parametrize("when", ["asked about", "copied"])
def test_a_letter_that_is_taken_away_meanwhile_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    made = home(tmp_path / "home")
    letters = made / "exchange/letters/ab"
    letters.mkdir(parents=True)
    (letters / "1.tmp").symlink_to("gone")  # as one that was renamed since its name was read
    (letters / "2.claim").write_text("a letter")
    wanted = {name: text for name, text in contents(made).items() if not name.startswith(PREFIX)}
    if when == "copied":
        (letters / "1.tmp").unlink()
        (letters / "1.tmp").write_text("a letter that comes")
        copied = snapshot._copied

        def gone(source: Path, to: Path) -> None:
            if source.name == "1.tmp":
                source.unlink()
            copied(source, to)

        monkeypatch.setattr(snapshot, "_copied", gone)
    with room_for_snapshot(made) as folder:
        take_snapshot(made, folder)
        assert contents(folder) == wanted and "exchange/letters/ab/2.claim" in wanted
    (made / "ledger/exchange").mkdir()
    (made / "ledger/exchange/other").symlink_to("gone")
    with room_for_snapshot(made) as folder, pytest.raises(FileNotFoundError):
        take_snapshot(made, folder)


def test_what_a_killed_check_left_goes(tmp_path: Path) -> None:
    made = home(tmp_path / "home")
    left = made / f"{PREFIX}{2**22 + 1}-abc"  # beyond every process id
    left.mkdir()
    (left / "blocks").write_text("left")
    with room_for_snapshot(made):
        assert not left.exists()
    assert not list(made.glob(f"{PREFIX}*"))


def test_a_log_that_is_published_elsewhere(tmp_path: Path) -> None:
    made, tiles = home(tmp_path / "home"), tmp_path / "published"
    tiles.mkdir()
    (tiles / "checkpoint").write_text("checkpoint")
    with room_for_snapshot(made) as folder:
        found = take_snapshot(made, folder, tiles)
        assert found is not None and found.parent == folder and contents(found) == {"checkpoint": "checkpoint"}
        assert take_snapshot(made / "ledger", folder / "again", tmp_path / "nowhere") == tmp_path / "nowhere"


def test_where_links_and_copies_by_the_kernel_are_not_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(snapshot.errno.EXDEV, "another file system")

    made = home(tmp_path / "home")
    monkeypatch.setattr(os, "link", refused)
    monkeypatch.setattr(os, "copy_file_range", refused)
    with room_for_snapshot(made) as folder:
        take_snapshot(made, folder)
        assert contents(folder) == {name: text for name, text in contents(made).items() if not name.startswith(PREFIX)}


def test_a_disk_without_room_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(snapshot.errno.ENOSPC, "No space left on device")

    made = home(tmp_path / "home")
    before = contents(made)
    monkeypatch.setattr(os, "copy_file_range", full)
    with pytest.raises(OSError, match="No space"), room_for_snapshot(made) as folder:
        take_snapshot(made, folder)
    assert contents(made) == before
