"""A session: forty searches, one use; what stops the next page; what its log proves to whom."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace as changed

import pytest
from msgspec.structs import replace
from story_policies import policy_set, prefer, put_under, record_order, rule
from story_region import (
    DAY_MS,
    START_MS,
    YEAR_MS,
    Story,
    ask,
    clinician,
    give_wallet,
    laboratory_terms,
    records_of,
    take_in,
)
from test_story_denials import suspend

from salus.contracts.access import errors as refused
from salus.contracts.access import queries as access
from salus.contracts.access.messages import CloseRelease
from salus.contracts.access.types import Outcome
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal, WrongSignature
from salus.demo.steps.revoke import wait_for
from salus.policy.policies import Choice, Mode
from salus.policy.reasons import Reason
from salus.services.actors import Organisation, Person
from salus.services.anchor import anchor
from salus.services.close_session import SessionLog, check_log, close_session, show_log
from salus.services.deny import deny_totally
from salus.services.deposit import deposit
from salus.services.end_staff import end_staff
from salus.services.errors import (
    AlreadyAnswered,
    NoSuchSession,
    OtherSessionLog,
    PageAnswered,
    RequestOver,
    StateTooOld,
)
from salus.services.grant import Granted, grant, provision, to_anyone
from salus.services.inbox import process_inbox
from salus.services.objects import PageRequestLetter
from salus.services.open_session import SessionOpened, ask_session, open_session
from salus.services.refuse import Refused
from salus.services.release import release
from salus.services.revoke import revoke
from salus.services.session_page import PageSent, SessionOver, ask_page, session_page
from salus.services.unanswered import unacknowledged


class Chart:
    """A session of the clinic over Alma's laboratory results, under a permit."""

    def __init__(self, story: Story, number: str = "N-1", slug: str = "alma", **terms: object) -> None:
        self.story = story
        self.handle = take_in(story.north, slug, number)
        self.alma: Person = give_wallet(story, story.north, self.handle, slug)
        self.badge = clinician(story)
        self.granted: Granted = grant(self.alma, self.handle, laboratory_terms(story.clinic, **terms))
        process_inbox(story.north)

    def open(self) -> bytes:
        asked = ask_session(self.story.clinic, self.handle, "TREAT", self.badge)
        (answer,) = process_inbox(self.story.north)
        assert isinstance(answer.outcome, SessionOpened)
        assert answer.outcome.session == asked.request
        return asked.request

    def page(self, session: bytes, **wanted: object) -> object:
        """Search, let the custodian answer, return what the custodian says."""
        ask_page(self.story.clinic, session, provision(**wanted))
        (answer,) = process_inbox(self.story.north)
        return answer.outcome

    def received(self) -> list[object]:
        return [item.outcome for item in process_inbox(self.story.clinic)]


@pytest.fixture
def chart(story: Story) -> Chart:
    return Chart(story, uses=1)


def outcome(organisation: Organisation) -> object:
    (answer,) = process_inbox(organisation)
    return answer.outcome


def test_the_ledger_tells_no_number_and_the_patient_checks_the_log(story: Story, chart: Chart) -> None:
    session = chart.open()
    for _ in range(3):
        chart.page(session)
    close_session(story.north, session)
    raw = show_log(story.north, session)
    pages = check_log(story.region.ledger, chart.handle, session, raw)
    assert [(page.number, len(page.leaves)) for page in pages] == [(1, 2), (2, 2), (3, 2)]
    shown = decode(raw, SessionLog)
    for forged in (
        replace(shown, pages=shown.pages[:2]),
        replace(shown, pages=(shown.pages[1], shown.pages[0], shown.pages[2])),
        replace(shown, salt=bytes(32)),
        replace(shown, relation=bytes(32)),
    ):
        with pytest.raises(OtherSessionLog):
            check_log(story.region.ledger, chart.handle, session, encode(forged))
    with pytest.raises(NoSuchSession):
        check_log(story.region.ledger, chart.handle, bytes(32), raw)


def test_a_search_goes_within_what_the_session_asked_for(story: Story, chart: Chart) -> None:
    wanted = provision(since=START_MS - 100 * DAY_MS)
    ask_session(story.clinic, chart.handle, "TREAT", chart.badge, wanted)
    opened = outcome(story.north)
    assert isinstance(opened, SessionOpened)
    assert chart.page(opened.session, since=START_MS - 2 * YEAR_MS) == PageSent(
        opened.session, 1, 1, story.clinic.account
    )


def test_a_page_shows_what_came_since_the_session_opened(story: Story, chart: Chart) -> None:
    session = chart.open()
    deposit(story.north, records_of("Alma", "N-1", START_MS - DAY_MS))
    assert chart.page(session) == PageSent(session, 1, 4, story.clinic.account)
    assert len(chart.received()[0].records) == 4  # type: ignore[attr-defined]


def test_a_total_deny_stops_the_next_page(story: Story, chart: Chart) -> None:
    session = chart.open()
    deny_totally(chart.alma, chart.handle, to_anyone())
    assert chart.page(session) == SessionOver(session, Reason.TOTALLY_DENIED)


def test_an_ended_badge_stops_the_next_page(story: Story, chart: Chart) -> None:
    session = chart.open()
    end_staff(story.clinic, chart.badge.commitment)
    assert chart.page(session) == SessionOver(session, Reason.STAFF_NOT_ATTESTED)


def test_a_suspension_stops_the_next_page(story: Story, chart: Chart) -> None:
    session = chart.open()
    suspend(story, story.clinic.account, recipient=True, custodian=False)
    assert chart.page(session) == SessionOver(session, Reason.RECIPIENT_SUSPENDED)


def test_a_session_ends_with_its_time_and_its_permit(story: Story, chart: Chart) -> None:
    session = chart.open()
    answer = access.answer(story.region.ledger.view(), chart.handle, session)
    assert answer is not None and answer.deliver_by is not None
    story.clock.advance(answer.deliver_by - story.region.ledger.now() - 1)
    ask_page(story.clinic, session)
    story.clock.advance(1)
    assert outcome(story.north) == SessionOver(session, Reason.SESSION_OVER)
    with pytest.raises(NoSuchSession):
        ask_page(story.clinic, session)


def test_a_permit_that_was_replaced_ends_the_session_that_rests_on_it(story: Story, chart: Chart) -> None:
    session = chart.open()
    terms = laboratory_terms(story.clinic)
    grant(chart.alma, chart.handle, changed(terms, replaces=chart.granted.directive))
    process_inbox(story.north)
    assert chart.page(session) == SessionOver(session, Reason.PERMIT_REPLACED)


def test_another_permit_does_not_widen_an_open_session(story: Story, chart: Chart) -> None:
    session = chart.open()
    wider = laboratory_terms(story.clinic)
    grant(chart.alma, chart.handle, changed(wider, sealed=replace(wider.sealed, base=provision())))
    process_inbox(story.north)
    assert chart.page(session) == PageSent(session, 1, 2, story.clinic.account)


def test_an_order_that_comes_meanwhile_neither_ends_nor_widens_a_session(story: Story, chart: Chart) -> None:
    session = chart.open()
    record_order(story, chart.handle, "clinic", "TREAT")
    assert chart.page(session) == PageSent(session, 1, 2, story.clinic.account)


def test_a_session_under_a_policy_ends_when_she_opts_out_and_under_an_order_it_does_not(story: Story) -> None:
    chart = Chart(story)
    revoke(chart.alma, chart.handle, chart.granted.directive)
    put_under(story, chart.handle, policy_set(story, rule(story, "TREAT", Mode.OPT_OUT)))
    session = chart.open()
    assert chart.page(session) == PageSent(session, 1, 5, story.clinic.account)
    prefer(story, chart.alma, chart.handle, "TREAT", Choice.OUT)
    assert chart.page(session) == SessionOver(session, Reason.OPTED_OUT)
    record_order(story, chart.handle, "clinic", "TREAT")
    session = chart.open()
    deny_totally(chart.alma, chart.handle, to_anyone())
    assert isinstance(chart.page(session), PageSent)


# --- who asks, and how often


def test_a_page_request_is_not_replayed(story: Story, chart: Chart) -> None:
    session = chart.open()
    ask_page(story.clinic, session)
    (letter,) = story.region.exchange.inbox(story.north.account)
    process_inbox(story.north)
    with pytest.raises(PageAnswered):
        session_page(story.north, letter.body)


def test_nobody_else_asks_for_a_page(story: Story, chart: Chart) -> None:
    session = chart.open()
    ask_page(story.clinic, session)
    (letter,) = story.region.exchange.inbox(story.north.account)
    other = story.south
    mine = decode(letter.body, PageRequestLetter)
    stolen = encode(replace(mine, request=mine.request[:-1] + bytes((mine.request[-1] ^ 1,))))
    with pytest.raises(WrongSignature):
        session_page(story.north, stolen)
    with pytest.raises(Refusal):
        ask_page(other, session)
    with pytest.raises(NoSuchSession):
        session_page(other, letter.body)


def test_a_page_request_has_its_time(story: Story, chart: Chart) -> None:
    session = chart.open()
    ask_page(story.clinic, session)
    story.clock.advance(600_000)
    assert isinstance(outcome(story.north), RequestOver)


def test_closing_somebody_elses_session_is_refused(story: Story, chart: Chart) -> None:
    session = chart.open()
    with pytest.raises(refused.NotTheCustodian):
        story.south.send(CloseRelease(story.south.account, chart.handle, session, bytes(32)))
    with pytest.raises(NoSuchSession):
        close_session(story.south, session)


def test_a_request_answered_by_release_cannot_open_a_session_nor_the_other_way_round(
    story: Story, chart: Chart
) -> None:
    asked = ask(story, chart.handle, chart.badge)
    release(story.north, asked.raw)
    with pytest.raises(AlreadyAnswered):
        open_session(story.north, asked.raw)
    again = ask_session(story.clinic, chart.handle, "TREAT", chart.badge)
    assert isinstance(open_session(story.north, again.raw), Refused)  # its one use is gone
    with pytest.raises(AlreadyAnswered):
        release(story.north, again.raw)


def test_a_session_without_a_ground_is_refused_on_the_ledger(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    ask_session(story.clinic, handle, "TREAT", clinician(story))
    answer = outcome(story.north)
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.NOT_PERMITTED


def test_on_a_node_that_lags_nothing_is_decided(story: Story, chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    session = chart.open()
    ask_page(story.clinic, session)
    ask(story, chart.handle, chart.badge)
    ask_session(story.clinic, chart.handle, "TREAT", chart.badge)
    ledger = type(story.region.ledger)
    with monkeypatch.context() as lagging:
        lagging.setattr(ledger, "as_of", lambda self: self.now() - 60_001)
        assert all(isinstance(item.outcome, StateTooOld) for item in process_inbox(story.north))
        lagging.setattr(ledger, "as_of", lambda self: self.now() - 60_000)
        assert [type(item.outcome) for item in process_inbox(story.north)] == [PageSent, Refused, Refused]


# --- one block


def test_a_revocation_in_the_block_of_the_opening_comes_first(story: Story, chart: Chart) -> None:
    asked = ask_session(story.clinic, chart.handle, "TREAT", chart.badge)
    with ThreadPoolExecutor(2) as pool:
        with ExitStack() as held:
            for slug in ("south", "clinic", "regulator", "north"):
                held.enter_context(story.region.organisation(slug).carrier.gathering())
            opening = pool.submit(open_session, story.north, asked.raw)
            wait_for(story.north.carrier.waiting, 1)
            pool.submit(revoke, chart.alma, chart.handle, chart.granted.directive)
            wait_for(story.north.carrier.waiting, 2)
        answer = opening.result()
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.PERMIT_REVOKED


def test_a_session_that_is_never_closed_shows(story: Story, chart: Chart) -> None:
    session = chart.open()
    assert unacknowledged(story.region.ledger, chart.handle) == ()
    story.clock.advance(DAY_MS)
    (missing,) = unacknowledged(story.region.ledger, chart.handle)
    assert (missing.release, missing.what, missing.late) == (session, "session-not-closed", True)
    story.reopen()  # which closes what is past its end
    (missing,) = unacknowledged(story.region.ledger, chart.handle) if story.north else ()
    assert missing.what == "session"


def test_a_missing_acknowledgement_of_a_session_shows(story: Story, chart: Chart) -> None:
    session = chart.open()
    chart.page(session)
    close_session(story.north, session)
    story.clock.advance(DAY_MS)
    (missing,) = unacknowledged(story.region.ledger, chart.handle)
    assert (missing.release, missing.what, missing.ago_ms, missing.late) == (session, "session", DAY_MS, True)
    chart.received()
    assert unacknowledged(story.region.ledger, chart.handle) == ()
    answer = access.answer(story.region.ledger.view(), chart.handle, session)
    assert answer is not None and answer.outcome == Outcome.SESSION
    assert anchor(story.north).refused == ()
