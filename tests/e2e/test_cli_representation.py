"""Who acts for a person, by the command line alone."""

from pathlib import Path

import pytest
from command_line import copied, data, done, make_claimed, once, salus


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home in which alma claimed her account, and two accounts act for others."""
    return copied(once(tmp_path_factory, "representation", make_family), tmp_path)


def make_family(folder: Path) -> None:
    make_claimed(folder)
    for slug in ("mother", "father"):
        account(folder / "home", slug)


def account(home: Path, slug: str) -> None:
    opened = data("representation", "account", "--as", "north", home=home)
    claimed = data("patient", "claim", "--as", slug, "--at-once", opened["code"], home=home)
    done("representation", "admit", "--as", "north", opened["handle"], claimed["short_code"], home=home)


def handle_of(home: Path, slug: str = "alma") -> str:
    return data("access", "relations", "--as", slug, home=home)[0]["handle"]


def attest(home: Path, slug: str, *options: str) -> str:
    command = ("representation", "attest", "--as", "north", handle_of(home), handle_of(home, slug), "--kind", "parent")
    return data(*command, *options, home=home)["representation"]


def test_a_parent_permits_denies_revokes_asks_and_is_told(home: Path) -> None:
    alma, made = handle_of(home), attest(home, "mother")
    (listed,) = data("representation", "list", "--as", "mother", alma, home=home)
    assert (listed["representation"], listed["standing"], listed["rule"]) == (made, "active", "any")
    assert listed["powers"] == ["protect", "grant", "prefer", "petition", "access"]
    granted = data("representation", "grant", "--as", "mother", alma, "--to", "clinic", home=home)
    assert data("access", "answer", "--as", "north", home=home)[0]["outcome"] == "acknowledged"
    data("access", "request", "--as", "clinic", alma, home=home)
    assert data("access", "answer", "--as", "north", home=home)[0]["records"] == 5
    data("representation", "request", "--as", "mother", alma, home=home)
    assert data("access", "answer", "--as", "north", home=home)[0]["records"] == 5
    (brought,) = data("access", "collect", "--as", "mother", home=home)
    assert brought["outcome"] == "received and verified 5 records of the person it acts for"
    denied = data("representation", "deny", "--as", "mother", alma, home=home)
    done("representation", "revoke", "--as", "mother", alma, denied["directive"][:12], home=home)
    done("representation", "confirm", "--as", "alma", granted["directive"][:12], home=home)
    told = data("representation", "accounting", "--as", "mother", alma, home=home)
    said = [line["what"] for line in told["lines"]]
    assert said[-9:] == [
        *("represented", "granted", "in-force", "released", "released", "acknowledged"),
        *("denied", "revoked", "confirmed"),
    ]
    assert {line["party"] for line in told["lines"] if line["what"] == "released"} == {"organisation", "representative"}


def test_a_dispute_its_settlement_and_what_is_narrow(home: Path) -> None:
    alma = handle_of(home)
    hers, his = attest(home, "mother"), attest(home, "father")
    done("representation", "dispute", "--as", "mother", alma, his[:12], home=home)
    standing = {row["representation"]: row["standing"] for row in listed(home, alma)}
    assert standing == {hers: "disputed", his: "disputed"}
    refused = salus("representation", "grant", "--as", "father", alma, "--to", "clinic", home=home)
    assert (refused.status, refused.out) == (1, "")
    done("representation", "settle", "--as", "north", alma, hers[:12], "restore", home=home)
    done("representation", "settle", "--as", "north", alma, his[:12], "end", home=home)
    done("representation", "narrow", "--as", "north", alma, hers[:12], home=home)
    rows = {row["representation"]: row for row in listed(home, alma)}
    assert (rows[hers]["powers"], rows[his]["standing"]) == (["protect"], "ended")
    refused = salus("representation", "grant", "--as", "mother", alma, "--to", "clinic", home=home)
    assert refused.status == 1
    done("representation", "end", "--as", "mother", alma, hers[:12], home=home)
    assert "Nothing is due." in done("representation", "due", "--as", "north", home=home)


def listed(home: Path, alma: str) -> list[dict]:
    return data("representation", "list", "--as", "north", alma, home=home)


def test_a_proxy_springs_and_a_helper_is_ended(home: Path, tmp_path: Path) -> None:
    alma = handle_of(home)
    named = ("representation", "proxy", "--as", "alma", handle_of(home, "father"), "--springs", "incapacity")
    proxy = data(*named, home=home)["representation"]
    (taken,) = data("access", "answer", "--as", "north", home=home)
    assert taken["letter"] == "representation"
    command = ("representation", "grant", "--as", "father", alma, "--to", "clinic")
    assert salus(*command, home=home).status == 1
    paper = tmp_path / "paper"
    paper.write_text("by two doctors")
    declare = ("representation", "incapable", "--as", "north", alma, "--witness", "south", "--document", paper)
    done(*declare, home=home)
    done(*command, home=home)
    done("representation", "capable", "--as", "north", alma, home=home)
    assert salus(*command, home=home).status == 1
    helper = ("representation", "delegate", "--as", "alma", handle_of(home, "mother"), "--power", "protect")
    delegation = data(*helper, home=home)["delegation"]
    done("representation", "deny", "--as", "mother", alma, "--to", "clinic", home=home)
    done("representation", "end-delegate", "--as", "alma", alma, delegation[:12], home=home)
    assert salus("representation", "deny", "--as", "mother", alma, home=home).status == 1
    done("representation", "end", "--as", "alma", alma, proxy[:12], home=home)


def test_a_stranger_is_told_that_it_acts_for_nobody(home: Path) -> None:
    result = salus("representation", "accounting", "--as", "mother", handle_of(home), home=home)
    assert (result.status, result.out) == (1, "")
    assert "does not act for the person" in result.line
