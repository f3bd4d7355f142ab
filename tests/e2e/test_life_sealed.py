"""A court orders a release and forbids notice: nothing shows it before the date, and it appears by itself on it."""

import pytest
from msgspec.structs import replace
from story_region import DAY_MS, PASSPHRASE, START_MS, Story, give_wallet, take_in

from salus.contracts.access import errors
from salus.contracts.access import queries as access
from salus.contracts.access.messages import OpenSealedRelease, RecordSealedOrder
from salus.contracts.access.types import Outcome
from salus.core.encoding import decode
from salus.core.sealed import release_commitment
from salus.evidence.report import Verdict as Proof
from salus.evidence.verify import verify
from salus.fsck.home import fsck_home
from salus.policy.types import BasisKind
from salus.services import continue_sealed as continuing
from salus.services import release_sealed as releasing
from salus.services.access_log import What, list_reads
from salus.services.accounting import accounting
from salus.services.actors import Person
from salus.services.ahead import ReceivedAhead
from salus.services.anchor import anchor
from salus.services.authorise import for_decision
from salus.services.continue_sealed import continue_sealed, list_silent
from salus.services.deny import deny_totally
from salus.services.errors import NoSuchSilence, NotForUs
from salus.services.grant import to_anyone
from salus.services.history import entries
from salus.services.inbox import collect, process_inbox
from salus.services.receive_own import OwnView
from salus.services.receive_sealed import receive_sealed
from salus.services.received import list_received
from salus.services.release import release
from salus.services.release_sealed import release_sealed
from salus.services.request import request_own
from salus.services.resume import resume
from salus.services.sealed_orders import OrderOpening, SilentOrder, list_sealed_orders, record_sealed_order
from salus.services.sealed_tasks import sealed_tasks
from salus.services.unanswered import unacknowledged
from salus.testing.faults import Crash

SILENT_DAYS = 60


class Case:
    """A patient who denied everything to everybody, and an order of the regulator's about her for the clinic."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.handle = take_in(story.north, "Alma", "N-1")
        self.alma: Person = give_wallet(story, story.north, self.handle, "alma")
        deny_totally(self.alma, self.handle, to_anyone())
        anchor(story.north)

    def order(self, days: int = 10, silent_days: int = SILENT_DAYS) -> SilentOrder:
        """Let the regulator record it, and the hospital take it in."""
        regulator, clinic = self.story.region.organisation("regulator"), self.story.clinic.account
        terms = (self.handle, clinic, "TREAT", days, silent_days, 5, b"The court of Testland orders.")
        ordered = record_sealed_order(regulator, *terms)
        (taken,) = process_inbox(self.story.north)
        assert taken.outcome == ordered
        return ordered

    def view(self) -> OwnView:
        """Let her ask for all that is hers."""
        release(self.story.north, request_own(self.alma, self.handle).raw)
        (view,) = collect(self.alma)
        assert isinstance(view, OwnView)
        return view


@pytest.fixture
def case(story: Story) -> Case:
    return Case(story)


def sound(story: Story) -> None:
    """Check everything offline."""
    story.region.close()
    assert fsck_home(story.region.home, PASSPHRASE).findings == ()
    story.reopen()


def told(story: Story, case: Case) -> list[str]:
    return [line.what for line in accounting(story.region.ledger, case.handle).lines]


def test_nothing_shows_before_the_date_and_it_appears_by_itself_on_it(story: Story, case: Case) -> None:
    ordered = case.order()
    ledger, before = story.region.ledger, told(story, case)
    about = [entry.number for entry in entries(ledger, case.handle)]
    reads = len(case.view().reads)
    released_at = ledger.now()
    given = release_sealed(story.north, ordered.order)
    assert (given.records, given.recipient) == (5, story.clinic.account)

    # The recipient has it, with what proves the records, and may not confirm it yet.
    (letter,) = story.region.exchange.inbox(story.clinic.account)
    assert case.handle not in letter.body
    (got,) = process_inbox(story.clinic)
    assert isinstance(got.outcome, ReceivedAhead) and got.outcome.silent
    assert (got.outcome.relation, len(got.outcome.records)) == (case.handle, 5)
    assert verify(got.outcome.evidence, story.region.genesis).verdict is Proof.UNWITNESSED
    assert resume(story.clinic) == ()

    # Nobody else sees anything: not she, not in her whole view, not in her account, not among the relation's events.
    assert told(story, case)[: len(before)] == before
    assert not [what for what in told(story, case)[len(before) :] if what not in ("released", "acknowledged")]
    own = {case.handle, story.clinic.account}
    for index in range(ledger.prove_event(0).size):
        body = ledger.prove_event(index).body
        if index not in about and given.release in body:
            assert not any(name in body for name in own)
    story.clock.advance(DAY_MS)
    anchor(story.north)
    assert [read.what for read in case.view().reads[reads:]].count(What.SEALED) == 0
    scope = for_decision(story.north, case.handle)
    assert all(read.what != What.SEALED for read in list_reads(story.north, scope))
    assert [line for line in accounting(ledger, case.handle).lines if line.what == "sealed-release"] == []
    (silent,) = list_silent(story.south)
    assert (silent.custodian, silent.release, silent.overdue) == (story.north.account, given.release, False)
    sound(story)

    # The day before the date the hospital cannot tell, and does not; on the date it does so by itself.
    ledger = story.region.ledger
    story.clock.advance((SILENT_DAYS - 1) * DAY_MS - 1 - (ledger.now() - released_at - DAY_MS))
    assert continue_sealed(story.north) == ()
    assert "sealed-release" not in told(story, case)
    story.clock.advance(DAY_MS)
    (late,) = list_silent(story.south)
    assert late.overdue  # until the hospital's next moment of work, everybody sees that it is due
    story.reopen()
    ledger = story.region.ledger
    for gateway in ("north", "clinic"):
        assert story.region.organisation(gateway).slug == gateway  # starts, and does what is due
    (line,) = [line for line in accounting(ledger, case.handle).lines if line.what == "sealed-release"]
    assert (line.basis, line.directive, line.name) == ("order", ordered.order, "Riverside Clinic")
    assert (line.happened, line.purpose) == (released_at, "TREAT")
    (silent,) = list_silent(story.south)
    assert silent.entry.opened is not None and not silent.overdue

    # Her access log has the entry now, with the day on which it happened; what was anchored before did not change.
    anchor(story.north)
    case.alma = story.region.person("alma")
    (read,) = [read for read in case.view().reads if read.what == What.SEALED]
    assert (read.time, read.rule, len(read.records)) == (released_at, given.release, 5)
    answer = access.answer(ledger.view(), case.handle, given.release)
    assert answer is not None and answer.outcome == Outcome.SEALED
    assert answer.acknowledged is not None  # the clinic confirmed it when it was opened again
    assert given.release not in [one.release for one in unacknowledged(ledger, case.handle)]
    sound(story)


def test_a_custodian_that_was_served_itself_issues_the_order(story: Story, case: Case) -> None:
    terms = (case.handle, story.clinic.account, "TREAT", 10, SILENT_DAYS, 5, b"The court of Testland orders.")
    ordered = record_sealed_order(story.north, *terms)
    assert release_sealed(story.north, ordered.order).records == 5
    story.clock.advance(SILENT_DAYS * DAY_MS)
    assert continue_sealed(story.north) == ("A release under an order that forbade notice was opened.",)
    assert told(story, case)[-1] == "sealed-release"


def test_an_order_that_is_over_releases_nothing(story: Story, case: Case) -> None:
    ordered = case.order(days=10)
    story.clock.advance(10 * DAY_MS)
    with pytest.raises(NoSuchSilence):
        release_sealed(story.north, ordered.order)
    assert list_silent(story.north) == ()


def test_nobody_else_obeys_the_order(story: Story, case: Case) -> None:
    ordered = case.order()
    with pytest.raises(NoSuchSilence):
        release_sealed(story.south, ordered.order)
    assert list_sealed_orders(story.south) == ()


def test_silence_has_an_end_that_the_members_voted(story: Story, case: Case) -> None:
    regulator, now = story.region.organisation("regulator"), story.region.ledger.now()
    with pytest.raises(errors.InvalidSilence):
        regulator.send(RecordSealedOrder(regulator.account, bytes(32), now + DAY_MS, now + 91 * DAY_MS))


def test_it_is_not_opened_early_nor_as_another(story: Story, case: Case) -> None:
    ordered = case.order()
    release_sealed(story.north, ordered.order)
    (task,) = sealed_tasks(story.north)
    opening = decode(task.order, OrderOpening)
    shown = OpenSealedRelease(story.north.account, task.release, opening.salt, opening.terms, task.salt, task.terms)
    with pytest.raises(errors.NoticeForbidden):
        story.north.send(shown)
    story.clock.advance(SILENT_DAYS * DAY_MS)
    with pytest.raises(errors.WrongOpening):
        story.north.send(replace(shown, terms=replace(task.terms, recipient=story.south.account)))
    with pytest.raises(errors.NoSuchRelease):
        story.south.send(replace(shown, custodian=story.south.account))
    story.north.send(shown)
    with pytest.raises(errors.AlreadyOpened):
        story.north.send(shown)
    assert continue_sealed(story.north) == ("A release under an order that forbade notice was opened.",)
    assert told(story, case).count("sealed-release") == 1


def test_a_letter_to_another_opens_for_nobody(story: Story, case: Case) -> None:
    given = release_sealed(story.north, case.order().order)
    with pytest.raises(NotForUs):
        receive_sealed(story.south, given.raw)
    assert list_received(story.south) == ()


def test_the_commitment_tells_nothing_to_who_guesses(story: Story, case: Case) -> None:
    ordered = case.order()
    release_sealed(story.north, ordered.order)
    (task,) = sealed_tasks(story.north)
    (silent,) = list_silent(story.north)
    guess = release_commitment(story.region.network, story.north.account, ordered.order, bytes(32), task.terms)
    assert guess != silent.entry.commitment


@pytest.mark.parametrize("step", ["before the data leaves", "after the data left", "after the opening"])
def test_a_crash_loses_nothing_and_tells_nothing(
    story: Story, case: Case, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ordered = case.order()

    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as power:
        if step == "before the data leaves":
            power.setattr(releasing, "sealed_letter", crash)
        elif step == "after the data left":
            power.setattr(releasing, "drop_sealed", crash)
        if step == "after the opening":
            release_sealed(story.north, ordered.order)
        else:
            with pytest.raises(Crash):
                release_sealed(story.north, ordered.order)
    story.reopen()
    assert len(sealed_tasks(story.north)) == 1
    got = [one.outcome for one in process_inbox(story.clinic)]
    assert [type(one) for one in got] == [ReceivedAhead]
    assert "sealed-release" not in told(story, case)
    story.clock.advance(SILENT_DAYS * DAY_MS)
    if step == "after the opening":
        with monkeypatch.context() as power, pytest.raises(Crash):
            power.setattr(continuing, "drop_sealed", crash)
            continue_sealed(story.north)
    story.reopen()
    assert sealed_tasks(story.north) == []
    assert told(story, case).count("sealed-release") == 1
    scope = for_decision(story.north, case.handle)
    assert [read.what for read in list_reads(story.north, scope)].count(What.SEALED) == 1


def test_the_release_rests_on_the_order_alone(story: Story, case: Case) -> None:
    """Her deny stops nothing that a court demands; and the basis names the order."""
    ordered = case.order()
    release_sealed(story.north, ordered.order)
    story.clock.advance(SILENT_DAYS * DAY_MS)
    resume(story.north)
    (event,) = [
        entry.event
        for entry in entries(story.region.ledger, case.handle)
        if type(entry.event).__name__ == "SealedReleaseOpened"
    ]
    assert event.basis == (int(BasisKind.ORDER), ordered.order, 0)  # type: ignore[attr-defined]
    assert event.released < START_MS + DAY_MS  # type: ignore[attr-defined]
