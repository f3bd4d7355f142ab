"""A fifteen-year-old's confidential visit: her mother, who knows the handle, sees nothing of it on any path."""

from pathlib import Path

import pytest
from command_line import salus
from story_family import Adult, adult, attest, terms
from story_region import PASSPHRASE, START_MS, Story, ask, bundle, clinician, give_wallet, observation, patient, urn

from salus.bootstrap import open_region
from salus.contracts.access import errors as access_errors
from salus.contracts.access.messages import RecordRelease
from salus.contracts.consent import errors as consent_errors
from salus.contracts.records import errors as records_errors
from salus.contracts.records.types import PetitionKind
from salus.contracts.representation import queries as representation
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.policy.types import BasisKind, Capacity, Trigger
from salus.services.accounting import accounting
from salus.services.act_for import (
    ActsFor,
    accounting_for,
    acts_for,
    deny_for,
    grant_for,
    petition_as,
    revoke_for,
)
from salus.services.anchor import anchor
from salus.services.deliver import Delivery
from salus.services.deposit import deposit
from salus.services.errors import ActsForNobody
from salus.services.grant import grant, to_anyone
from salus.services.history import entries
from salus.services.inbox import collect, process_inbox
from salus.services.keep_representation import end_representation, narrow_representation
from salus.services.objects import RequestLetter
from salus.services.receive_for import ReceivedFor
from salus.services.refuse import Refused
from salus.services.request import request_for, request_own
from salus.services.unanswered import unacknowledged, unanswered_own

SECRET = "Zzconfidential"


class Home:
    """A girl's general record, which her mother may see but for one label, and a confidential one of her own."""

    def __init__(self, story: Story) -> None:
        self.story = story
        now = START_MS
        self.general = self._take_in("N-15", observation(urn(0), now - 9, 1.0), observation(urn(0), now - 8, 2.0))
        self.confidential = self._take_in("N-15-c", observation(urn(0), now - 5, 3.0, text=SECRET))
        self.mother: Adult = adult(story, "mother")
        attest(story, self.general, self.mother)
        self.girl = give_wallet(story, story.north, self.confidential, "girl")

    def _take_in(self, number: str, *visits: dict) -> bytes:
        (handle,) = deposit(self.story.north, bundle(patient("Tochter", number, "2011-05-05"), *visits)).handles
        assert anchor(self.story.north).refused == ()
        return handle

    def visit(self) -> None:
        """All that can happen to a relation happens to the confidential one."""
        story, girl, handle = self.story, self.girl, self.confidential
        grant(girl, handle, terms(story, "TREAT"))
        process_inbox(story.north)
        ask(story, handle, clinician(story))
        (done,) = process_inbox(story.north)
        assert isinstance(done.outcome, Delivery)
        process_inbox(story.clinic)
        ask(story, handle, clinician(story), "HRESCH")
        (done,) = process_inbox(story.north)
        assert isinstance(done.outcome, Refused)
        request_own(girl, handle)
        process_inbox(story.north)
        collect(girl)


@pytest.fixture
def home(story: Story) -> Home:
    made = Home(story)
    made.visit()
    return made


def seen_by_her(home: Home) -> ReceivedFor:
    """What the mother gets when she asks for her daughter's general record."""
    request_for(home.mother.person, home.mother.account, home.general)
    (done,) = process_inbox(home.story.north)
    assert isinstance(done.outcome, Delivery)
    (view,) = collect(home.mother.person)
    assert isinstance(view, ReceivedFor)
    return view


def test_she_sees_the_general_record_and_nothing_of_the_other(home: Home) -> None:
    view = seen_by_her(home)
    values = sorted(record.header.type for record in view.records)
    assert values == ["Observation", "Observation", "Patient"]
    everything = b"".join(record.octets for record in view.records) + view.evidence
    assert SECRET.encode() not in everything and home.confidential not in everything
    assert view.relation == home.general


def test_a_request_for_the_handle_she_knows_is_nobodys(home: Home) -> None:
    person, account = home.mother.person, home.mother.account
    before = len(list(entries(home.story.region.ledger, home.confidential)))
    request_for(person, account, home.confidential)
    (done,) = process_inbox(home.story.north)
    assert isinstance(done.outcome, WrongSignature)
    assert collect(person) == ()
    assert len(list(entries(home.story.region.ledger, home.confidential))) == before  # not even a refusal stands
    waiting = unanswered_own(person)  # her own request is all she knows of
    assert [one.relation for one in waiting] == [home.confidential]


def test_the_ledger_refuses_a_release_to_her_by_a_custodian_that_would_help(home: Home) -> None:
    story, person, account = home.story, home.mother.person, home.mother.account
    package = request_for(person, account, home.confidential)
    raw = decode(package.raw, RequestLetter).request
    root = story.north.vault.anchors.opening(home.confidential).root
    under = home.mother.represents
    assert under is not None
    basis = (int(BasisKind.SELF), under.representation, 0)
    by = story.region.ledger.now() + 1000
    with pytest.raises(access_errors.NotARequester):
        story.north.send(RecordRelease(story.north.account, raw, basis, root, bytes(32), int(Trigger.REQUEST), by))


def test_she_acts_for_nobody_there(home: Home) -> None:
    person, handle = home.mother.person, home.confidential
    pretended = ActsFor(home.mother.account, handle, Capacity.REPRESENTATIVE)
    with pytest.raises(ActsForNobody):
        acts_for(person, handle)
    with pytest.raises(ActsForNobody):
        accounting_for(person, handle)
    for act in (
        lambda: grant_for(person, pretended, terms(home.story, "TREAT")),
        lambda: deny_for(person, pretended, to_anyone()),
        lambda: revoke_for(person, pretended, bytes(32)),
    ):
        with pytest.raises(consent_errors.NotAuthorised):
            act()
    with pytest.raises(records_errors.NotAuthorised):
        petition_as(person, pretended, PetitionKind.ERASE)


def test_no_total_no_line_no_letter_of_hers_tells_of_it(home: Home) -> None:
    story, person = home.story, home.mother.person
    seen_by_her(home)
    told = accounting_for(person, home.general)
    assert told == accounting(story.region.ledger, home.general)
    requests = {line.request for line in accounting(story.region.ledger, home.confidential).lines} - {None}
    assert requests and not requests & {line.request for line in told.lines}
    assert [line.what for line in told.lines if line.what in ("released", "refused")] == ["released"]
    assert [one.relation for one in unacknowledged(story.region.ledger, home.mother.account)] == []
    for account in (home.mother.account, home.general):
        for letter in story.region.exchange.inbox(account):
            assert home.confidential not in letter.body
    assert unanswered_own(person) == ()


def test_the_public_log_shows_two_handles_that_nothing_joins(home: Home) -> None:
    ledger = home.story.region.ledger
    seen_by_her(home)
    of_hers = (home.general, home.mother.account, home.mother.represents.representation)  # type: ignore[union-attr]
    for entry in entries(ledger, home.confidential):
        opened = type(entry.event).__name__ == "AccountsOpened"  # in sixteens, with others
        assert opened or not any(other in entry.body for other in of_hers)
        assert SECRET.encode() not in entry.body
    assert representation.representations(ledger.view(), home.confidential) == []


def test_labels_kept_from_her_are_left_out_and_nothing_says_so(story: Story) -> None:
    home = Home(story)
    whole = seen_by_her(home)
    assert home.mother.represents is not None
    end_representation(story.north, home.general, home.mother.represents.representation)
    attest(story, home.general, home.mother, excluded=("N",))  # all that is normal or more: nothing is left
    view = seen_by_her(home)
    assert len(whole.records) > 0 and view.records == ()


def test_what_ended_between_the_release_and_its_delivery_does_not_leave(home: Home) -> None:
    assert home.mother.represents is not None
    request_for(home.mother.person, home.mother.account, home.general)
    narrow_representation(home.story.north, home.general, home.mother.represents.representation)
    (done,) = process_inbox(home.story.north)
    assert isinstance(done.outcome, WrongSignature)
    assert collect(home.mother.person) == ()
    with pytest.raises(ActsForNobody):
        accounting_for(home.mother.person, home.general)


def test_the_command_line_shows_her_nothing_either(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    story, at = home.story, home.story.region.home
    story.region.close()
    (tmp_path / "secret").write_text(PASSPHRASE)
    monkeypatch.setenv("SALUS_PASSPHRASE_FILE", str(tmp_path / "secret"))
    handle, general = home.confidential.hex(), home.general.hex()
    for command in (
        ("access", "accounting", "--as", "mother", "--at", handle),
        ("access", "request-own", "--as", "mother", "--at", handle),
        ("consent", "list", "--as", "mother", "--at", handle),
        ("petition", "list", "--as", "mother", "--at", handle),
        ("representation", "list", "--as", "mother", handle),
        ("representation", "accounting", "--as", "mother", handle),
        ("representation", "grant", "--as", "mother", handle, "--to", "clinic"),
    ):
        result = salus(*command, home=at)
        assert result.status in (1, 2) and result.out == "", command
        assert "no id here" in result.err or "does not act" in result.err, command
    for command in (
        ("access", "relations", "--as", "mother"),
        ("access", "unanswered", "--as", "mother"),
        ("access", "collect", "--as", "mother"),
        ("representation", "list", "--as", "mother", general),
        ("representation", "accounting", "--as", "mother", general),
    ):
        result = salus(*command, "--json", home=at)
        assert (result.status, result.err) == (0, ""), command
        assert handle not in result.out, command
    story.region = open_region(at, PASSPHRASE, clock=story.clock)
