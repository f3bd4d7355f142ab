"""Bulk exports, orders that forbid notice, outages and retention sets, by the command line alone."""

from pathlib import Path

import pytest
from command_line import MEMBERS, copied, data, done, make_claimed, once, salus
from story_policies import policy_set, put_under, rule
from story_region import Story

from salus.bootstrap import open_region
from salus.policy.policies import Mode
from salus.testing.clock import FakeClock


def make_cohort(folder: Path) -> None:
    """A home whose patient is under a set that permits public health."""
    make_claimed(folder, *MEMBERS, "regulator:regulator:Health Regulator")
    home = folder / "home"
    with open_region(home, (home / "passphrase").read_text().strip()) as region:
        story = Story(region, FakeClock())
        (kept,) = region.person("alma").wallet.relations()
        put_under(story, kept.handle, policy_set(story, rule(story, "PUBHLTH", Mode.OPT_OUT)))


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "cohort", make_cohort), tmp_path)


@pytest.fixture
def handle(home: Path) -> str:
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    return relation["handle"]


def test_a_bulk_release_is_sent_received_and_accounted_for(home: Path, tmp_path: Path) -> None:
    (given,) = data("access", "bulk", "--as", "north", "clinic", "--for", "PUBHLTH", home=home)
    assert (given["relations"], given["records"]) == (1, 5)
    saved = salus("access", "answer", "--as", "clinic", "--save", tmp_path / "got", home=home)
    assert "received and verified 5 records of 1 relations" in saved.out
    (evidence,) = (tmp_path / "got").glob("*.evidence")
    verified = salus("verify", evidence, "--genesis", home / "genesis.cbor")
    assert verified.status == 3 and "released them in bulk" in verified.out
    account = data("access", "accounting", "--as", "alma", home=home)
    (line,) = [line for line in account["lines"] if line["what"] == "bulk"]
    assert (line["purpose"], line["acknowledged"]) == ("PUBHLTH", True)
    nothing = salus("access", "bulk", "--as", "north", "clinic", "--for", "HRESCH", home=home)
    assert nothing.status == 1 and "lets anything go" in nothing.line


def test_an_order_that_forbids_notice_shows_nothing_of_the_person(home: Path, handle: str, tmp_path: Path) -> None:
    writ = tmp_path / "order.txt"
    writ.write_text("The court orders.")
    terms = (handle, "--to", "clinic", "--for", "TREAT", "--up-to", "V", "--document", writ, "--silent-days", 60)
    made = data("access", "sealed", "order", "--as", "regulator", *terms, home=home)
    assert "an order that forbids notice" in done("access", "answer", "--as", "north", home=home)
    before = [line["what"] for line in data("access", "accounting", "--as", "alma", home=home)["lines"]]
    given = data("access", "sealed", "release", "--as", "north", made["order"], home=home)
    assert given["records"] == 5
    told = done("access", "answer", "--as", "clinic", home=home)
    assert "received 5 records; the release shows once silence is over" in told
    assert [line["what"] for line in data("access", "accounting", "--as", "alma", home=home)["lines"]] == before
    listed = data("access", "sealed", "list", "--as", "south", home=home)
    assert listed["orders"] == []
    assert [(one["release"], one["overdue"]) for one in listed["releases"]] == [(given["release"], False)]
    table = done("access", "sealed", "list", "--as", "north", home=home)
    assert "silent until" in table and handle[:12] not in table


def test_nothing_waits_for_a_ledger_that_is_there(home: Path) -> None:
    assert done("access", "deferred", "--as", "north", home=home) == "Nothing waits for the ledger.\n"
    assert data("access", "deferred", "--as", "north", home=home) == []


def test_a_retention_set_is_chosen_and_shown(home: Path, handle: str) -> None:
    assert data("record", "retention", "--as", "north", home=home)["in_use"] is None
    assert data("record", "retention", "--as", "north", "--use", 1, home=home)["in_use"] == 1
    table = done("record", "retention", "--as", "north", home=home)
    assert "in use" in table and "BGB s. 630f (3)" in table
    assert "kept until" in done("record", "list", "--as", "north", handle, home=home)
    refused = salus("record", "retention", "--as", "north", "--use", 9, home=home)
    assert refused.status == 2
    assert data("record", "retention", "--as", "north", "--use", "none", home=home)["in_use"] is None
