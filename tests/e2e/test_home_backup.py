"""`salus home backup` of a home that is served, `salus home restore`, `salus ledger index` and `reset`."""

from pathlib import Path

import pytest
from command_line import bundle_file, contents, copied, data, done, make_claimed, once, salus
from serving_process import served


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def test_a_backup_of_a_served_home_and_a_home_from_it(home: Path, tmp_path: Path) -> None:
    with served(home):
        before = data("ledger", "status", home=home)
        said = data("home", "backup", tmp_path / "backup", home=home)
        bundle_file(tmp_path, "more.json", "Other", "N-9")
        done("record", "import", "--as", "north", tmp_path / "more.json", home=home)
    assert said["height"] == before["height"]
    restored = salus("home", "restore", tmp_path / "backup", tmp_path / "new", "--json")
    assert restored.status == 0, restored
    assert restored.data["ledger"] == "whole" and not restored.data["signs"]
    assert not (tmp_path / "new" / "passphrase").exists()
    (tmp_path / "new" / "passphrase").write_bytes((home / "passphrase").read_bytes())
    (tmp_path / "new" / "passphrase").chmod(0o600)
    now = data("ledger", "status", home=tmp_path / "new")
    assert (now["height"], now["network"]) == (before["height"], before["network"])
    assert len(data("patient", "list", "--as", "north", home=tmp_path / "new")) == 1
    checked = salus("fsck", home=tmp_path / "new")
    assert checked.status == 0, checked


def test_what_a_backup_is_refused_for(home: Path, tmp_path: Path) -> None:
    for arguments, words in (
        (("home", "backup", home / "inside", "--home", home), "within the home"),
        (("home", "backup", tmp_path, "--home", home), "not empty"),
        (("home", "restore", tmp_path, tmp_path / "new"), "0x7064"),
        (("home", "restore", home, tmp_path / "new", "--trust-height", "3"), "together"),
        (("home", "restore", home, tmp_path / "new", "--trust-height", "3", "--trust-hash", "xy"), "hex"),
        (("home", "backup", tmp_path / "backup", "--home", tmp_path / "nowhere"), "0x6"),
    ):
        result = salus(*arguments)
        assert result.status and words in result.err, (arguments, result)
    assert not (tmp_path / "new").exists() and not (home / "inside").exists()


def test_the_index_is_compared_and_a_reset_is_refused(home: Path) -> None:
    found = data("ledger", "index", home=home)
    assert found["equal"] and found["rows"] > 10 and not found["rebuilt"]
    assert data("ledger", "index", "--rebuild", home=home) == found
    before = contents(home)
    result = salus("ledger", "reset", "--yes", home=home)
    assert result.status and "0x7063" in result.err, result
    assert contents(home) == before
    with served(home):
        result = salus("ledger", "index", home=home)
        assert result.status and "0x6230" in result.err, result
