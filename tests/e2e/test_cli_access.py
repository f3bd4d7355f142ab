"""Break-glass, sessions, pushes and what nobody answered, by the command line alone."""

from pathlib import Path

import pytest
from command_line import MEMBERS, copied, data, done, make_claimed, once, salus
from story_policies import emergency_group, policy_set, put_under, rule
from story_region import Story

from salus.bootstrap import open_region
from salus.policy.policies import Mode
from salus.policy.types import OrganisationRole
from salus.testing.clock import FakeClock


def make_emergency(folder: Path) -> None:
    """A home in which the clinic is the emergency group, and the regulator is told by law."""
    make_claimed(folder, *MEMBERS, "regulator:regulator:Health Regulator")
    home = folder / "home"
    with open_region(home, (home / "passphrase").read_text().strip()) as region:
        story = Story(region, FakeClock())
        (kept,) = region.person("alma").wallet.relations()
        mandate = rule(story, "PUBHLTH", Mode.MANDATED, OrganisationRole.REGULATOR)
        put_under(story, kept.handle, policy_set(story, mandate, group=emergency_group(story, "clinic")))


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "emergency", make_emergency), tmp_path)


@pytest.fixture
def handle(home: Path) -> str:
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    return relation["handle"]


def test_the_glass_is_broken_and_reviewed(home: Path, handle: str, tmp_path: Path) -> None:
    assert done("access", "review", "--as", "alma", home=home) == "No glass was broken.\n"
    asked = data("access", "request", "--as", "clinic", handle, "--break-glass", "--reason", "unconscious", home=home)
    (answer,) = data("access", "answer", "--as", "north", home=home)
    under = data("policy", "of", handle, home=home)
    said = f"released 5 records, by break-glass {under['set'][:12]}, version 1"
    assert (answer["id"], answer["outcome"]) == (asked["request"], said)
    saved = salus("access", "answer", "--as", "clinic", "--save", tmp_path / "got", home=home)
    assert "received and verified 5 records" in saved.out
    (evidence,) = (tmp_path / "got").glob("*.evidence")
    verified = salus("verify", evidence, "--genesis", home / "genesis.cbor")
    assert verified.status == 3
    assert "The patient is unconscious." in verified.out
    assert "break-glass under policy set" in verified.out

    (alert,) = data("access", "review", "--as", "alma", home=home)
    assert (alert["release"], alert["review"]["closed"]) == (asked["request"], None)
    table = done("access", "review", "--as", "regulator", home=home)
    assert "River Clinic" in table
    assert "The patient is unconscious." in table and "open" in table
    release = asked["request"][:8]
    said = done("access", "review", "--as", "alma", release, "--verdict", "not-justified", home=home)
    assert "stays open for another reviewer" in said
    refused = salus("access", "review", "--as", "clinic", release, "--verdict", "justified", home=home)
    assert refused.status == 1 and "none of these signed" in refused.line
    closed = data("access", "review", "--as", "regulator", release, "--verdict", "justified", home=home)
    assert closed["closed"] is True
    again = salus("access", "review", "--as", "north", release, "--verdict", "justified", home=home)
    assert again.status == 1 and "closed the review" in again.line
    (rate,) = data("access", "glass", "--as", "regulator", home=home)
    by_set = data("access", "glass", "--as", "regulator", "--by-set", home=home)
    assert sum(each["broken"] for each in by_set) == 1
    assert "found not justified" in done("access", "glass", "--as", "regulator", "--by-set", home=home)
    assert (rate["broken"], rate["open_reviews"], rate["not_justified"]) == (1, 0, 1)
    account = done("access", "accounting", "--as", "alma", home=home)
    assert "break-glass" in account and "reviewed" in account


def test_a_session_from_its_opening_to_the_check_of_its_log(home: Path, handle: str, tmp_path: Path) -> None:
    data("consent", "grant", "--as", "alma", "--to", "clinic", "--class", "laboratory", home=home)
    data("access", "answer", "--as", "north", home=home)
    session = data("access", "session", "open", "--as", "clinic", handle, home=home)["request"]
    (opened,) = data("access", "answer", "--as", "north", home=home)
    assert (opened["id"], opened["outcome"]) == (session, "session opened")
    for number in (1, 2):
        assert data("access", "session", "page", "--as", "clinic", session[:8], home=home) == {"page": number}
        (sent,) = data("access", "answer", "--as", "north", home=home)
        assert sent["outcome"] == f"page {number}: 3 records"
    (listed,) = data("access", "session", "list", "--as", "north", home=home)
    assert (listed["session"], listed["open"]) == (session, True)
    saved = salus("access", "answer", "--as", "clinic", "--save", tmp_path / "got", home=home)
    assert saved.out.count("received and verified 3 records") == 2
    page = tmp_path / "got" / f"{session[:12]}-2.evidence"
    assert salus("verify", page, "--genesis", home / "genesis.cbor").status == 3
    data("access", "session", "close", "--as", "clinic", session, home=home)
    (over,) = data("access", "answer", "--as", "north", home=home)
    assert over["outcome"] == "session closed: The session is over."
    (closed,) = data("access", "answer", "--as", "clinic", home=home)
    assert closed["outcome"] == "session closed: its log holds 2 pages, the 2 received among them"
    log = tmp_path / "session.log"
    done("access", "session", "log", "--as", "north", session[:8], "--out", log, home=home)
    pages = data("access", "session", "check", "--as", "alma", session, log, home=home)
    assert [(one["number"], len(one["leaves"])) for one in pages] == [(1, 3), (2, 3)]
    log.write_bytes(log.read_bytes()[:-1] + b"\x00")
    assert salus("access", "session", "check", "--as", "alma", session, log, home=home).status in (1, 2)
    assert salus("access", "session", "page", "--as", "clinic", session, home=home).status == 1


def test_a_mandated_report_is_pushed_and_nothing_else(home: Path, handle: str) -> None:
    (pushed,) = data("access", "push", "--as", "north", handle, "regulator", "--for", "PUBHLTH", home=home)
    assert pushed["outcome"] == "released 5 records"
    refused = salus("access", "push", "--as", "north", handle, "clinic", "--for", "PUBHLTH", home=home)
    assert refused.status == 1 and "withheld: Nothing permits it." in refused.out
    missing = data("access", "unanswered", "--as", "alma", home=home)
    assert [(one["what"], one["late"]) for one in missing["unacknowledged"]] == [("pushed", False)]
    assert "not yet confirmed" in done("access", "unanswered", "--as", "north", home=home)
    (got,) = data("access", "answer", "--as", "regulator", home=home)
    assert got["outcome"].startswith("received and verified 5 records")
    assert data("access", "unanswered", "--as", "alma", home=home)["unacknowledged"] == []


def test_requests_without_an_answer_are_listed(home: Path, handle: str) -> None:
    asked = data("access", "request", "--as", "clinic", handle, home=home)
    (waiting,) = data("access", "unanswered", "--as", "clinic", home=home)["unanswered"]
    assert (waiting["request"], waiting["purpose"], waiting["over"]) == (asked["request"], "TREAT", False)
    table = done("access", "unanswered", "--as", "clinic", home=home)
    assert "North Hospital" in table and "seconds ago" in table and "waits" in table
    data("access", "request-own", "--as", "alma", home=home)
    assert len(data("access", "unanswered", "--as", "alma", home=home)["unanswered"]) == 1
    data("access", "answer", "--as", "north", home=home)
    told = done("access", "unanswered", "--as", "clinic", home=home)
    assert told.splitlines()[0] == "Every request was answered."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("access", "request", "--as", "clinic", "00" * 32, "--break-glass"), "go together"),
        (("access", "request", "--as", "clinic", "00" * 32, "--reason", "unconscious"), "go together"),
        (("access", "request", "--as", "clinic", "00" * 32, "--break-glass", "--reason", "x"), "reason"),
        (("access", "review", "--as", "alma", "abcdef"), "both RELEASE and --verdict"),
        (("access", "review", "--as", "alma", "abcdef", "--verdict", "justified"), "no id here begins like this"),
        (("access", "session", "page", "--as", "clinic", "abcdef"), "no id here begins like this"),
        (("access", "session", "close", "--as", "clinic", "abcdef"), "no id here begins like this"),
        (("access", "session", "log", "--as", "north", "abcdef", "--out", "x"), "no id here begins like this"),
        (("access", "push", "--as", "north", "00" * 32, "nobody", "--for", "TREAT"), "RECIPIENT"),
        (("access", "glass", "--as", "nobody"), "no organisation has this name"),
        (("access", "unanswered", "--as", "nobody"), "no organisation has this name"),
    ],
)
def test_a_mistake_is_one_line(home: Path, arguments: tuple[str, ...], words: str) -> None:
    result = salus(*arguments, home=home)
    assert result.status == 2
    assert words in result.line
