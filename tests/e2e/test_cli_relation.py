"""The life of a relation by the command line: death, closing, change of custody."""

from pathlib import Path

import pytest
from command_line import copied, data, done, make_claimed, once, salus


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home in which alma claimed her account at the North Hospital."""
    return copied(once(tmp_path_factory, "claimed-for-life", make_claimed), tmp_path)


def relation_of(home: Path) -> dict:
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    return relation


def evidence(folder: Path, words: str = "certificate 17") -> Path:
    file = folder / "evidence.txt"
    file.write_text(words)
    return file


def test_a_death_is_recorded_shown_and_reversed(home: Path, tmp_path: Path) -> None:
    handle = relation_of(home)["handle"][:12]
    done("staff", "add", "--as", "north", "Doctor Somebody", home=home)
    paper = evidence(tmp_path)
    assert "Recorded" in done("relation", "death", "--as", "north", handle, "--evidence", paper, home=home)
    assert relation_of(home)["life"] == ["claimed", "deceased"]
    assert data("relation", "state", "--as", "north", handle, home=home)["life"] == ["claimed", "deceased"]
    assert "claimed by invitation, deceased" in done("access", "relations", "--as", "alma", home=home)
    refused = salus("consent", "grant", "--as", "alma", "--to", "clinic", home=home)
    assert refused.status == 1 and "may act" in refused.line
    assert " died " in done("access", "accounting", "--as", "alma", home=home)
    done("relation", "reverse-death", "--as", "north", handle, "--evidence", paper, home=home)
    assert relation_of(home)["life"] == ["claimed"]
    again = salus("relation", "reverse-death", "--as", "north", handle, "--evidence", paper, home=home)
    assert again.status == 1 and "No death" in again.line


def test_evidence_that_is_no_text_is_refused(home: Path, tmp_path: Path) -> None:
    handle = relation_of(home)["handle"][:12]
    done("staff", "add", "--as", "north", "Doctor Somebody", home=home)
    (tmp_path / "scan").write_bytes(b"\xff\xfe\x00\xff")
    result = salus("relation", "death", "--as", "north", handle, "--evidence", tmp_path / "scan", home=home)
    assert result.status == 2 and "no text" in result.line
    long = salus(
        "relation", "death", "--as", "north", handle, "--evidence", evidence(tmp_path, "x" * 20_000), home=home
    )
    assert long.status == 2 and "longer" in long.line


def test_a_relation_is_closed_and_opened_again(home: Path) -> None:
    handle = relation_of(home)["handle"][:12]
    done("relation", "close", "--as", "north", handle, home=home)
    assert relation_of(home)["life"] == ["claimed", "closed"]
    assert salus("relation", "close", "--as", "north", handle, home=home).status == 1
    done("relation", "reopen", "--as", "north", handle, home=home)
    assert relation_of(home)["life"] == ["claimed"]


def test_custody_is_offered_withdrawn_and_accepted(home: Path) -> None:
    relation = relation_of(home)
    handle = relation["handle"]
    done("relation", "offer", "--as", "north", "--to", "south", handle[:12], home=home)
    (given,) = data("relation", "offers", "--as", "north", home=home)
    (may,) = data("relation", "offers", "--as", "south", home=home)
    assert (given["way"], given["name"], may["way"], may["name"]) == ("to", "South Hospital", "from", "North Hospital")
    done("relation", "withdraw", "--as", "north", handle[:12], home=home)
    assert "0 relations taken over" in done("relation", "accept", "--as", "south", home=home)
    done("relation", "offer", "--as", "north", "--to", "South Hospital", handle[:12], home=home)
    assert relation_of(home)["life"] == ["claimed", "transferring"]
    taken = data("relation", "accept", "--as", "south", handle[:12], home=home)
    assert taken == {"done": [handle], "refused": []}
    assert relation_of(home)["name"] == "South Hospital"
    done("relation", "settle", "--as", "north", home=home)  # opening it had resumed, and done it
    told = data("relation", "settle", "--as", "south", home=home)["done"]
    assert told[-1] == "The last word about 1 relations was received."
    assert data("patient", "list", "--as", "north", home=home) == []
    (patient,) = data("patient", "list", "--as", "south", home=home)
    assert patient["handle"] == handle
    assert salus("relation", "offer", "--as", "north", "--to", "south", handle[:12], home=home).status == 2
    assert salus("fsck", home=home).status == 0
