"""The administration of an organisation by the command line alone: several sign, suspend, succeed; keys and escrows."""

from pathlib import Path

import pytest
from command_line import MEMBERS, data, done, found, salus

FOUR = (*MEMBERS, "lab:laboratory:City Laboratory")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return found(tmp_path / "home", *FOUR)


def pass_blocks(home: Path, height: int) -> None:
    """Let blocks pass until a proposal took effect."""
    while data("ledger", "status", home=home)["height"] < height:
        done("staff", "add", "--as", "clinic", "Somebody", home=home)


def decided(home: Path, *proposal: str) -> None:
    made = data("org", "propose", *proposal, home=home)
    for member in ("north", "south", "clinic"):
        done("org", "vote", "--as", member, made["proposal"], home=home)
    pass_blocks(home, made["effective_height"])


def member(home: Path, name: str) -> dict:
    (found_one,) = [one for one in data("org", "list", home=home) if one["name"] == name]
    return found_one


def secret(folder: Path, name: str) -> Path:
    path = folder / f"{name}.passphrase"
    path.write_text(f"of {name}")
    path.chmod(0o600)
    return path


def test_three_administrators_with_their_own_keys_sign_a_ballot(home: Path, tmp_path: Path) -> None:
    account = member(home, "North Hospital")["account"]
    genesis = ("--genesis", home / "genesis.cbor")
    entries = []
    for name in ("anna", "bert", "cara"):
        own = ("--passphrase-file", secret(tmp_path, name))
        assert salus("admin", "new-key", tmp_path / f"{name}.key", *own).status == 0
        made = salus(
            "admin", "entry", tmp_path / f"{name}.key", "--account", account,
            "--out", tmp_path / f"{name}.entry", *genesis, *own,
        )  # fmt: skip
        assert made.status == 0, made
        entries.append(tmp_path / f"{name}.entry")
    handed = data("org", "hand-over", "--as", "north", "--threshold", 2, *entries, home=home)
    assert handed == {"administrators": 3, "threshold": 2}
    keys = data("org", "keys", "--as", "north", home=home)
    assert (len(keys["administration"]), keys["threshold"], keys["administration_here"]) == (3, 2, 0)

    proposal = data("org", "propose", "parameter", "--as", "south", "max-keys", 32, home=home)["proposal"]
    refused = salus("org", "vote", "--as", "north", proposal, home=home)
    assert refused.status == 1 and "let the administrators sign it" in refused.line
    ballot = tmp_path / "ballot"
    done("org", "vote", "--as", "north", proposal, "--out", ballot, home=home)
    shown = salus("admin", "show", ballot, "--json").data
    waited = [one["key"] for one in shown["signers"]]
    assert [one["message"] for one in shown["messages"]] == ["Vote"] and len(waited) == 2
    signed = 0
    for name in ("anna", "bert", "cara"):
        result = salus(
            "admin", "sign", ballot, "--key", tmp_path / f"{name}.key", "--yes",
            "--passphrase-file", tmp_path / f"{name}.passphrase",
        )  # fmt: skip
        signed += result.status == 0
        if result.status:
            assert "does not wait for this key" in result.line
        elif signed == 1:
            early = salus("admin", "submit", "--as", "south", ballot, home=home)
            assert early.status == 1 and "Not everybody" in early.line
    assert signed == 2
    assert list(data("admin", "submit", "--as", "south", ballot, home=home)) == ["height", "created"]
    again = salus("admin", "submit", "--as", "south", ballot, home=home)
    assert again.status == 1


def test_a_wrong_passphrase_and_a_file_that_is_none(home: Path, tmp_path: Path) -> None:
    anna, other = secret(tmp_path, "anna"), secret(tmp_path, "other")
    assert salus("admin", "new-key", tmp_path / "anna.key", "--passphrase-file", anna).status == 0
    assert salus("admin", "new-key", tmp_path / "anna.key", "--passphrase-file", anna).status == 1
    changed = ("admin", "key-passphrase", tmp_path / "anna.key")
    assert salus(*changed, "--passphrase-file", other, "--new-passphrase-file", other).status == 2
    assert salus(*changed, "--passphrase-file", anna, "--new-passphrase-file", other).status == 0
    assert salus("admin", "show", anna).status == 2
    assert salus("admin", "submit", "--as", "north", anna, home=home).status == 2


def test_two_members_suspend_a_third_and_a_vote_ends_it(home: Path, tmp_path: Path) -> None:
    lone = salus("org", "suspend", "--as", "north", "lab", "--recipient", home=home)
    assert lone.status == 1 and "Fewer members sign" in lone.line
    draft = tmp_path / "suspension"
    done("org", "suspend", "--as", "north", "--with", "south", "lab", "--recipient", "--out", draft, home=home)
    assert len(salus("admin", "show", draft, "--json").data["signers"]) == 4
    both = ("--as", "north", "--with", "south", "lab", "--recipient", "--custodian")
    assert data("org", "suspend", *both, home=home)["height"] > 0
    lab = member(home, "City Laboratory")
    assert lab["emergency"][0] == lab["emergency"][1] > 0
    assert "receives nothing until 2" in done("org", "list", home=home)
    again = salus("org", "suspend", *both, home=home)
    assert again.status == 1 and "suspended so already" in again.line
    decided(home, "state", "--as", "north", "lab", "winding-down")
    lab = member(home, "City Laboratory")
    assert (lab["state"], lab["emergency"]) == ("winding-down", [0, 0])
    held = data("org", "winding-down", "--as", "lab", home=home)
    assert held["clear"] and held["state"] == "winding-down" and held["relations"] == []
    assert "Nothing stands in the way." in done("org", "winding-down", "--as", "lab", home=home)


def test_keys_are_rotated_and_shown(home: Path) -> None:
    before = data("org", "keys", "--as", "north", home=home)
    assert (before["older_seal_keys"], before["master_key_days"], before["master_key_due"]) == (0, 0, False)
    rotated = data("org", "rotate-keys", "--as", "north", "--gateway", home=home)
    assert rotated == {"rotated": "gateway", "ended": 0}
    assert len(data("org", "keys", "--as", "north", home=home)["gateways"]) == 2
    assert data("org", "rotate-keys", "--as", "north", "--old-gateways", home=home)["ended"] == 1
    assert "Another sealing key" in done("org", "rotate-keys", "--as", "north", "--seal", home=home)
    assert data("org", "rotate-keys", "--as", "north", "--administration", home=home)["ended"] == 3
    after = data("org", "keys", "--as", "north", home=home)
    assert after["older_seal_keys"] == 1 and not set(after["administration"]) & set(before["administration"])
    assert not set(after["gateways"]) & set(before["gateways"])
    assert "master key in use for 0 days" in done("org", "keys", "--as", "north", home=home)
    for wrong in ((), ("--seal", "--at-once")):
        assert salus("org", "rotate-keys", "--as", "north", *wrong, home=home).status == 2


def test_an_old_master_key_is_due(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("salus.cli.org_keys.master_key_age_ms", lambda region, slug: 400 * 86_400_000)
    assert "due: `salus record rotate`" in done("org", "keys", "--as", "north", home=home)
    monkeypatch.setattr("salus.cli.keeping.master_key_age_ms", lambda region, slug: None)
    assert "due to be rotated" in salus("record", "due", "--as", "north", home=home).err
    monkeypatch.setenv("SALUS_MASTER_KEY_DAYS", "500")
    assert data("org", "keys", "--as", "north", home=home)["master_key_due"] is False


def test_an_escrow_is_made_rehearsed_and_opened_by_the_successor(home: Path) -> None:
    make = ("--as", "lab", "--threshold", 2, "--to", "north", "--to", "south", "--to", "clinic")
    assert salus("org", "escrow", "make", *make, "--shares", 2, home=home).status == 2
    made = data("org", "escrow", "make", *make, "--shares", 3, home=home)
    assert (made["threshold"], made["shares"]) == (2, 3)
    assert salus("org", "escrow", "drill", "--as", "lab", home=home).status == 1, "nobody confirmed yet"
    for holder in ("north", "south", "clinic"):
        listed = data("org", "escrow", "list", "--as", holder, home=home)
        assert [one["commitment"] for one in listed["held"]] == [made["commitment"]]
        assert data("org", "escrow", "drill", "--as", holder, home=home)["held"][0]["sound"]
    assert "3 of 3 holders confirmed, 2 are needed: enough" in done("org", "escrow", "drill", "--as", "lab", home=home)
    own = data("org", "escrow", "list", "--as", "lab", home=home)["own"]
    assert len(own["holders"]) == 3 and own["opened_by"] is None
    early = salus("org", "escrow", "release", "--as", "north", "lab", home=home)
    assert early.status == 1 and "lets nobody open" in early.line

    decided(home, "succeed", "--as", "north", "lab", "south")
    assert member(home, "City Laboratory")["successor"] == member(home, "South Hospital")["account"]
    assert "succeeded by" in done("org", "list", home=home)
    (home / "organisations/lab/keystore.sealed").unlink()
    assert salus("org", "escrow", "ask", "--as", "north", "--of", "lab", home=home).status == 1
    done("org", "escrow", "ask", "--as", "south", "--of", "lab", home=home)
    assert "went to South Hospital" in done("org", "escrow", "release", "--as", "north", "lab", home=home)
    few = salus("org", "escrow", "open", "--as", "south", "--of", "lab", home=home)
    assert few.status == 4 and "Fewer holders" in few.line
    done("org", "escrow", "release", "--as", "clinic", "lab", home=home)
    opened = data("org", "escrow", "open", "--as", "south", "--of", "lab", home=home)
    assert opened["secrets"] == ["gateway", "seal", "vault", "vault-made"]
    assert data("staff", "list", "--as", "lab", home=home) == []
    assert "South Hospital was let open it" in done("org", "escrow", "list", "--as", "lab", home=home)


def test_a_homes_passphrase_changes(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = secret(tmp_path, "new")
    assert data("admin", "passphrase", "--new-passphrase-file", new, home=home) == {"files": 5}
    refused = salus("org", "keys", "--as", "north", home=home)
    assert refused.status == 2
    monkeypatch.setenv("SALUS_PASSPHRASE_FILE", str(new))
    assert data("org", "keys", "--as", "north", home=home)["threshold"] == 2
