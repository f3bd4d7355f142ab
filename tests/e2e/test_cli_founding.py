"""Founding by the commands of founders apart: what each prints, and what each refuses in one line."""

import hashlib
import json
from pathlib import Path

import pytest
from command_line import Result, salus

NORTH, SOUTH = "north:hospital:North Hospital", "south:hospital+laboratory:South Hospital"


def made(home: Path, member: str, *more: object) -> Path:
    """Make a founder's home; return its card."""
    host = f"{member.partition(':')[0]}.example"
    ran = salus("network", "card", "--host", host, "--unattended", *more, "--json", member, home=home)
    assert (ran.status, ran.err) == (0, "")
    assert ran.data == {"home": str(home), "card": str(home / "card.cbor")}
    return home / "card.cbor"


@pytest.fixture
def cards(tmp_path: Path) -> list[Path]:
    return [made(tmp_path / "north", NORTH), made(tmp_path / "south", SOUTH)]


def found(cards: list[Path], out: Path, *more: object) -> Result:
    return salus("network", "found", *cards, "--out", out, *more)


def refused(ran: Result, status: int, *words: str) -> None:
    assert (ran.status, ran.out) == (status, ""), ran
    assert all(word in ran.line for word in words), ran.line


def test_a_founding_from_cards_to_homes(cards: list[Path], tmp_path: Path) -> None:
    (north, south), file = (card.parent for card in cards), tmp_path / "founding.cbor"
    shown = found(cards, file, "--name", "trial")
    told = hashlib.sha256(file.read_bytes()).hexdigest()
    assert shown.status == 0 and shown.out.splitlines()[-1] == told
    assert "South Hospital" in shown.out and "hospital+laboratory" in shown.out and "south.example:26656" in shown.out
    for home in (north, south):
        agreed = salus("network", "agree", file, "--hash", told.upper(), "--json", home=home)
        assert agreed.data["hash"] == told and agreed.data["agreement"] == str(home / "agreement.cbor")
        assert [one["slug"] for one in agreed.data["members"]] == ["north", "south"]
    begun = salus("network", "begin", south / "agreement.cbor", home=north)
    assert begun.status == 0 and f"salus network up --home {north}" in begun.out
    again = salus("network", "begin", north / "agreement.cbor", "--json", home=south)
    assert (north / "genesis.cbor").read_bytes() == (south / "genesis.cbor").read_bytes()
    assert again.data["network"] in begun.out and again.data["name"] == "trial"
    said = json.loads((north / "consensus.json").read_bytes())
    assert [peer["name"] for peer in said["peers"]] == ["south"] and said["external"] == "north.example:26656"
    refused(salus("network", "begin", home=north), 1, "0x6320")
    refused(salus("network", "agree", file, "--hash", told, home=north), 1, "0x6320")


@pytest.mark.parametrize(("members", "told"), [(3, True), (4, False)])
def test_who_founds_fewer_than_four_is_told_that_none_may_be_away(tmp_path: Path, members: int, told: bool) -> None:
    ran = salus("network", "init", "--members", members, "--folder", tmp_path / "new", "--unattended")
    assert ran.status == 0 and ("no validator may be away" in ran.out) is told


def test_a_home_is_new_and_its_card_is_made_once(cards: list[Path], tmp_path: Path) -> None:
    before = cards[0].read_bytes()
    refused(salus("network", "card", "--unattended", NORTH, home=cards[0].parent), 2, "is not empty")
    assert cards[0].read_bytes() == before
    for host in ("0.0.0.0", "north example"):
        refused(
            salus("network", "card", "--host", host, "--unattended", NORTH, home=tmp_path / "new"), 2, "0x6326", "north"
        )
    long = f"north:hospital:{'N' * 129}"
    assert salus("network", "card", "--unattended", long, home=tmp_path / "new").status == 2
    assert not (tmp_path / "new").exists()


def test_cards_that_are_refused_are_named_and_nothing_is_written(cards: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "founding.cbor"
    altered, text = tmp_path / "altered.cbor", tmp_path / "text.cbor"
    altered.write_bytes(cards[1].read_bytes().replace(b"South Hospital", b"Sauth Hospital"))
    text.write_text("a card")
    refused(found([cards[0], altered], file), 1, "0x6323", str(altered))
    refused(found([cards[0], text], file), 2, "0x6322", str(text))
    refused(found([cards[0], cards[0]], file), 1, "0x6324", "north, north")
    here = tmp_path / "west"
    west = salus("network", "card", "--unattended", "--json", "west:clinic:West Clinic", home=here)
    refused(found([*cards, Path(west.data["card"])], file), 2, "0x6326", "west")
    assert found([], file).status == 2 and not file.exists()


def test_a_founding_that_is_not_the_one_that_was_told(cards: list[Path], tmp_path: Path) -> None:
    (north, south), file = (card.parent for card in cards), tmp_path / "founding.cbor"
    told = found(cards, file, "--json").data["hash"]
    refused(salus("network", "agree", file, "--hash", "0" * 64, home=north), 1, "0x6329", "do not go on")
    for wrong in ("", told[:12], told + "00"):
        assert salus("network", "agree", file, "--hash", wrong, home=north).status == 2
    alone = found(cards[:1], file, "--json").data["hash"]
    refused(salus("network", "agree", file, "--hash", alone, home=south), 1, "0x632a")
    refused(salus("network", "agree", file, "--hash", alone, home=tmp_path / "nowhere"), 1, "0x6321")
    assert not (north / "agreement.cbor").exists() and not (south / "agreement.cbor").exists()


def test_the_wrong_passphrase_and_agreements_that_are_missing(
    cards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (north, south), file = (card.parent for card in cards), tmp_path / "founding.cbor"
    told = found(cards, file, "--json").data["hash"]
    refused(salus("network", "begin", home=north), 1, "0x632b", "salus network agree")
    assert salus("network", "agree", file, "--hash", told, home=north).status == 0
    refused(salus("network", "begin", home=north), 1, "0x632e", "south")
    refused(salus("network", "begin", cards[1], home=north), 2, "0x632c", str(cards[1]))
    (tmp_path / "wrong").write_text("wrong\n")
    monkeypatch.setenv("SALUS_PASSPHRASE_FILE", str(tmp_path / "wrong"))
    refused(salus("network", "agree", file, "--hash", told, home=south), 2, "0x4021")
    refused(salus("network", "begin", home=north), 2, "0x4021")
    assert not (south / "agreement.cbor").exists()
