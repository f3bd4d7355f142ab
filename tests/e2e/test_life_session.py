"""A clinician's chart: forty searches are one session and one use, and a revocation stops the very next page."""

import pytest
from story_region import DAY_MS, START_MS, Story
from test_story_sessions import Chart, chart, outcome

from salus.contracts.consent import queries as consent
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.policy.reasons import Reason
from salus.services.accounting import accounting
from salus.services.errors import NoSuchSession
from salus.services.receive_session import ClosedSession, ReceivedPage
from salus.services.revoke import revoke
from salus.services.session_page import PageSent, SessionOver, ask_close, ask_page

__all__ = ["chart"]  # the fixture


def test_forty_searches_are_one_session_and_one_use(story: Story, chart: Chart) -> None:
    session = chart.open()
    since = START_MS - 100 * DAY_MS
    for number in range(1, 41):
        sent = chart.page(session, since=since) if number % 2 else chart.page(session)
        assert sent == PageSent(session, number, 1 if number % 2 else 2, story.clinic.account)
    pages = chart.received()
    assert [page.number for page in pages if isinstance(page, ReceivedPage)] == list(range(1, 41))
    assert [len(page.records) for page in pages if isinstance(page, ReceivedPage)] == [1, 2] * 20
    report = verify(pages[1].evidence, story.region.genesis)  # type: ignore[attr-defined]
    assert report.verdict is Verdict.UNWITNESSED
    directive = chart.granted.directive
    assert any(f"on directive {directive.hex()}, version 1" in words for words in report.proved)
    assert consent.used(story.region.ledger.view(), chart.handle, directive) == 1

    ask_close(story.clinic, session)
    assert outcome(story.north) == SessionOver(session, Reason.SESSION_OVER)
    (closed,) = chart.received()
    assert isinstance(closed, ClosedSession)
    assert (closed.pages, closed.received) == (40, 40)
    assert verify(closed.evidence, story.region.genesis).verdict is Verdict.UNWITNESSED
    assert consent.used(story.region.ledger.view(), chart.handle, directive) == 1
    told = [line for line in accounting(story.region.ledger, chart.handle).lines if line.request == session]
    assert [line.what for line in told] == ["session", "session-closed", "acknowledged"]
    assert told[0].acknowledged and told[0].directive == directive


def test_a_revocation_stops_the_next_page_and_closes_the_session(story: Story, chart: Chart) -> None:
    session = chart.open()
    for _ in range(3):
        assert isinstance(chart.page(session), PageSent)
    ask_page(story.clinic, session)  # the fourth is on its way already
    revoke(chart.alma, chart.handle, chart.granted.directive)
    assert outcome(story.north) == SessionOver(session, Reason.PERMIT_REVOKED)
    *pages, closed = chart.received()
    assert [type(page) for page in pages] == [ReceivedPage] * 3 and isinstance(closed, ClosedSession)
    assert (closed.pages, closed.received) == (3, 3)
    what = [line.what for line in accounting(story.region.ledger, chart.handle).lines]
    assert what[-4:] == ["session", "revoked", "session-closed", "acknowledged"]
    with pytest.raises(NoSuchSession):
        ask_page(story.clinic, session)
