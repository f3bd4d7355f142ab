"""Validators and upgrades by the command line: listed, voted, refused; a home whose software is too old says so."""

from pathlib import Path

import pytest
from command_line import data, done, found, salus
from test_cli_organisations import decided, member, pass_blocks

from salus.vault import keystore
from unit.upgrade_world import new_software


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    return found(tmp_path / "home")


def signer_entry(home: Path, folder: Path, name: str, account: str) -> Path:
    """Make a signer's home and the file by which its key is voted in."""
    words = folder / "words"
    words.write_text("words of a signer")
    genesis, own = ("--genesis", home / "genesis.cbor"), folder / name
    own.mkdir()
    (own / "passphrase").write_text("words of a signer")
    made = salus("signer", "new", *genesis, home=own)
    if made.status:  # a new key's passphrase is asked for, or comes from the settings
        raise AssertionError(made)
    entry = folder / f"{name}.entry"
    assert salus("signer", "entry", *genesis, "--account", account, "--out", entry, home=own).status == 0
    return entry


@pytest.fixture
def words(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One passphrase for all homes, as the settings name it."""
    kept = next(iter(home.glob("*passphrase*")))
    monkeypatch.setenv("SALUS_PASSPHRASE_FILE", str(kept))


@pytest.mark.usefixtures("words")
def test_a_validator_comes_is_listed_rotated_and_goes(home: Path, tmp_path: Path) -> None:
    (first,) = data("org", "validators", home=home)
    assert (first["name"], first["power"], first["share"]) == ("North Hospital", 1, 1.0)
    account = member(home, "South Hospital")["account"]
    entry = signer_entry(home, tmp_path, "signer", account)
    status = salus("signer", "status", "--json", home=tmp_path / "signer").data
    assert (status["height"], status["round"], status["step"]) == (0, None, None)
    assert "nothing yet above height 0" in done("signer", "status", home=tmp_path / "signer")
    decided(home, "validator", "--as", "north", "south", "--entry", entry, "--power", "3")
    listed = {one["name"]: one for one in data("org", "validators", home=home)}
    assert listed["South Hospital"]["public"] == status["public"] and listed["South Hospital"]["power"] == 3
    assert "75.0%" in done("org", "validators", home=home)
    key = status["public"][:12]
    decided(home, "validator", "--as", "north", "south", "--key", key, "--power", "1")
    other = signer_entry(home, tmp_path, "next", account)
    decided(home, "validator", "--as", "south", "south", "--entry", other, "--power", "1", "--replaces", key)
    rotated = {one["name"]: one for one in data("org", "validators", home=home)}
    assert len(rotated) == 2 and rotated["South Hospital"]["public"] != status["public"]
    decided(home, "validator", "--as", "north", "south", "--key", rotated["South Hospital"]["public"], "--power", "0")
    assert [one["name"] for one in data("org", "validators", home=home)] == ["North Hospital"]


@pytest.mark.usefixtures("words")
def test_what_no_validator_can_be(home: Path, tmp_path: Path) -> None:
    account = member(home, "South Hospital")["account"]
    entry = signer_entry(home, tmp_path, "signer", account)
    base = ("org", "propose", "validator", "--as", "north")
    assert salus(*base, "south", "--power", 1, home=home).status == 2
    assert salus(*base, "south", "--entry", entry, "--power", 0, home=home).status == 2
    assert salus(*base, "south", "--entry", entry, "--power", 2**32, home=home).status == 2
    assert salus(*base, "clinic", "--entry", entry, "--power", 1, home=home).status != 0, "proved for another member"
    assert salus(*base, "south", "--entry", home / "genesis.cbor", "--power", 1, home=home).status == 2
    assert salus(*base, "south", "--key", "abcdef", "--power", 1, home=home).status == 2
    (first,) = data("org", "validators", home=home)
    last = salus(*base, "north", "--key", first["public"], "--power", 0, home=home)
    assert last.status == 1 and "No validator would remain" in last.line
    again = salus("signer", "new", "--genesis", home / "genesis.cbor", home=tmp_path / "signer")
    assert again.status == 1 and "already" in again.line
    assert salus("signer", "status", home=home).status == 1, "nothing was ever signed by this home for CometBFT"
    assert salus("signer", "serve", "--listen", "tcp://127.0.0.1:1", home=tmp_path / "signer").status == 2


def test_an_upgrade_is_seen_coming_and_old_software_says_what_to_install(home: Path) -> None:
    assert data("ledger", "status", home=home)["rules"] == 1
    at = data("ledger", "status", home=home)["height"] + 60
    decided(home, "upgrade", "--as", "north", "2", str(at), "Salus 2.0")
    status = data("ledger", "status", home=home)
    assert (status["rules"], status["rules_known"]) == (1, True)
    assert status["upgrade"] == {"rules": 2, "height": at, "software": "Salus 2.0", "known": False}
    words = f"to version 2 from block {at} on: install Salus 2.0 before that"
    assert words in done("ledger", "status", home=home)
    pending = salus("org", "propose", "upgrade", "--as", "south", "3", at + 100, "Salus 3.0", home=home)
    assert pending.status == 1 and "withdraw it first" in pending.line
    with new_software():
        assert "which this software knows" in done("ledger", "status", home=home)
    stopped = None
    while stopped is None or stopped.status == 0:
        stopped = salus("staff", "add", "--as", "clinic", "Somebody", home=home)
    assert stopped.status == 4
    assert f"version 2, from block {at} on" in stopped.line and "Install Salus 2.0" in stopped.line
    said = done("ledger", "status", home=home)
    assert "executes nothing more: install Salus 2.0" in said
    with new_software():
        done("staff", "add", "--as", "clinic", "Somebody", home=home)
        assert data("ledger", "status", home=home)["rules"] == 2
        assert salus("fsck", home=home).status == 0
    old = salus("fsck", home=home)
    assert old.status == 4 and "Install Salus 2.0" in old.line


def test_an_upgrade_is_withdrawn(home: Path) -> None:
    at = data("ledger", "status", home=home)["height"] + 90
    decided(home, "upgrade", "--as", "north", "2", str(at), "Salus 2.0")
    early = salus("org", "propose", "withdraw-upgrade", "--as", "south", 3, home=home)
    assert early.status == 1 and "No upgrade to this version is scheduled" in early.line
    decided(home, "withdraw-upgrade", "--as", "south", "2")
    assert data("ledger", "status", home=home)["upgrade"] is None
    pass_blocks(home, at + 1)


def test_what_no_upgrade_can_be(home: Path) -> None:
    base = ("org", "propose", "upgrade", "--as", "north")
    assert salus(*base, 1, 100, "Salus 2.0", home=home).status == 2
    assert salus(*base, 2, 100, "", home=home).status == 2
    assert salus(*base, 2, 100, "tab\there", home=home).status == 2
    height = data("ledger", "status", home=home)["height"]
    early = salus(*base, 2, height + 1, "Salus 2.0", home=home)
    assert early.status == 2 and "leaves nodes less" in early.line
    later = salus(*base, 2, height + 9, "Salus 2.0", "--effective", height + 4, "--json", home=home)
    assert later.status == 0 and later.data["effective_height"] == height + 4
