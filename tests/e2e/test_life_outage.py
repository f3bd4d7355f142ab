"""While the ledger cannot commit, emergency care goes on; what was done heals into the log, once, with its review."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from story_policies import HOUR_MS, emergency_group, policy_set, put_under
from story_region import DAY_MS, PASSPHRASE, Story, clinician, give_wallet, records_of, take_in

from salus.contracts.access import errors
from salus.contracts.access import queries as access
from salus.contracts.access.messages import DeferredRelease
from salus.contracts.access.types import Outcome
from salus.contracts.consent import queries as consent
from salus.contracts.governance import queries as governance
from salus.core.encoding import decode
from salus.core.glass import GlassReason, Verdict
from salus.evidence.report import Verdict as Proof
from salus.evidence.verify import verify
from salus.fsck.home import fsck_home
from salus.ledger.errors import LedgerStopped
from salus.policy.types import BasisKind
from salus.services import defer
from salus.services.accounting import accounting
from salus.services.ahead import ReceivedAhead
from salus.services.anchor import anchor
from salus.services.attest_staff import Badge, attest_staff
from salus.services.break_glass import glass_rates, list_broken, request_break_glass
from salus.services.defer import Deferred, list_deferred, release_deferred, settle_deferred
from salus.services.deny import deny_totally
from salus.services.deposit import deposit
from salus.services.errors import AlreadyAnswered, NotInOutage, StateTooOld
from salus.services.grant import to_anyone
from salus.services.inbox import process_inbox
from salus.services.objects import RequestLetter
from salus.services.receive import Received
from salus.services.release import release
from salus.services.request import RequestPackage, request
from salus.services.resume import resume
from salus.services.review import review, review_own
from salus.testing.faults import Crash


@contextmanager
def outage(story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The ledger takes nothing, and nobody can tell whether its state is still the newest."""
    ledger, since = type(story.region.ledger), story.region.ledger.now()

    def refuse(*_: object) -> None:
        raise LedgerStopped

    with monkeypatch.context() as stopped:
        stopped.setattr(ledger, "submit", refuse)
        stopped.setattr(ledger, "as_of", lambda self: since)
        yield


@pytest.fixture
def emergency(story: Story) -> tuple[bytes, Badge]:
    """A patient under a set whose emergency group is the clinic."""
    handle = take_in(story.north, "Alma", "N-1")
    give_wallet(story, story.north, handle, "alma")
    put_under(story, handle, policy_set(story, group=emergency_group(story, "clinic")))
    return handle, clinician(story)


def broken(story: Story, emergency: tuple[bytes, Badge]) -> RequestPackage:
    return request_break_glass(story.clinic, *emergency, GlassReason.UNCONSCIOUS)


def the_outcome(organisation: object) -> object:
    (done,) = process_inbox(organisation)  # type: ignore[arg-type]
    return done.outcome


def lines(story: Story, handle: bytes) -> list[str]:
    return [line.what for line in accounting(story.region.ledger, handle).lines]


def test_an_emergency_in_an_outage_heals_into_the_log_with_a_review(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, _ = emergency
    alma, ledger = story.region.person("alma"), story.region.ledger
    with outage(story, monkeypatch):
        story.clock.advance(HOUR_MS)  # older than any gateway may decide on, were the ledger there
        asked = broken(story, emergency)
        occurred = ledger.now()
        given = the_outcome(story.north)
        assert given == Deferred(asked.request, handle, story.clinic.account, 5, occurred)
        got = the_outcome(story.clinic)
        assert isinstance(got, ReceivedAhead) and not got.silent
        assert len(got.records) == 5
        report = verify(got.evidence, story.region.genesis)
        assert report.verdict is Proof.UNWITNESSED
        assert any("5 records are in the custodian's map" in words for words in report.proved)
        assert any("That they were released" in words for words in report.not_proved)
        assert access.answer(ledger.view(), handle, asked.request) is None
        assert [one.release for one in list_deferred(story.north)] == [asked.request]
    story.clock.advance(HOUR_MS)

    assert resume(story.north) == ("A release in an outage was committed.",)
    answer = access.answer(ledger.view(), handle, asked.request)
    assert answer is not None and answer.outcome == Outcome.DEFERRED
    assert list_deferred(story.north) == ()
    delivered = the_outcome(story.clinic)  # the evidence that was missing, and so the acknowledgement
    assert isinstance(delivered, Received)
    assert delivered.basis[0] == BasisKind.BREAK_GLASS
    report = verify(delivered.evidence, story.region.genesis)
    assert report.verdict is Proof.UNWITNESSED
    assert any(f"the data left at {occurred}" in words for words in report.proved)
    assert any("The patient is unconscious." in words for words in report.proved)

    (alert,) = list_broken(ledger, handle)
    assert (alert.release, alert.review.requester, alert.review.closed) == (asked.request, story.clinic.account, None)
    (line,) = [one for one in accounting(ledger, handle).lines if one.what == "deferred-release"]
    assert (line.name, line.reason, line.happened) == ("Riverside Clinic", "The patient is unconscious.", occurred)
    assert (line.acknowledged, line.waits_for) == (True, "review")
    assert not review_own(alma, handle, asked.request, Verdict.JUSTIFIED).closed
    assert review(story.region.organisation("regulator"), handle, asked.request, Verdict.JUSTIFIED).closed
    (rate,) = glass_rates(ledger)
    assert (rate.member.name, len(rate.broken)) == ("Riverside Clinic", 1)
    story.region.close()
    assert fsck_home(story.region.home, PASSPHRASE).findings == ()
    story.reopen()


def test_nothing_else_goes_in_an_outage(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, badge = emergency
    stranger = attest_staff(story.south, "Doctor Elsewhere", "physician")
    with outage(story, monkeypatch):
        story.clock.advance(HOUR_MS)
        ordinary = request(story.clinic, handle, "TREAT", badge)
        urgent = request(story.clinic, handle, "ETREAT", badge)
        outside = request_break_glass(story.south, handle, stranger, GlassReason.UNCONSCIOUS)
        done = process_inbox(story.north)
        assert [type(one.outcome) for one in done] == [StateTooOld, StateTooOld, NotInOutage]
        for asked in (ordinary, urgent, outside):
            with pytest.raises(NotInOutage):
                release_deferred(story.north, asked.raw)
        assert list_deferred(story.north) == ()
        assert process_inbox(story.clinic) == ()
    assert len(process_inbox(story.north)) == 3  # they were kept, and are answered now
    assert lines(story, handle)[-3:] == ["refused"] * 3


def test_validators_refuse_what_is_no_emergency_whoever_would_help(
    story: Story, emergency: tuple[bytes, Badge]
) -> None:
    """A custodian that passes an ordinary request off as an emergency of a moment ago: all else of it is in order."""
    handle, badge = emergency
    anchor(story.north)
    root = story.north.vault.anchors.opening(handle).root
    in_force = consent.policy_of(governance, story.region.ledger.view(), handle)
    known = story.region.ledger.now()

    def told(package: RequestPackage) -> DeferredRelease:
        raw, at = decode(package.raw, RequestLetter).request, story.region.ledger.now()
        return DeferredRelease(story.north.account, raw, at, (1, known), (in_force.set, in_force.version), root, root)

    for purpose in ("TREAT", "ETREAT"):
        with pytest.raises(errors.NotAnEmergency):
            story.north.send(told(request(story.clinic, handle, purpose, badge)))
    story.north.send(told(broken(story, emergency)))  # the very same of an emergency stands
    assert lines(story, handle)[-1] == "deferred-release"


def test_not_even_an_emergency_is_decided_on_a_state_older_than_the_members_voted(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    with outage(story, monkeypatch):
        story.clock.advance(3 * DAY_MS - 1000)
        asked = broken(story, emergency)
        story.clock.advance(1001)
        assert isinstance(the_outcome(story.north), StateTooOld)
        with pytest.raises(StateTooOld):
            release_deferred(story.north, asked.raw)
        assert list_deferred(story.north) == ()


def test_a_deed_too_old_is_refused_and_stays_where_staff_see_it(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, _ = emergency
    asked = broken(story, emergency)
    with outage(story, monkeypatch):
        assert isinstance(release(story.north, asked.raw), Deferred)
    story.clock.advance(30 * DAY_MS + 1)
    assert settle_deferred(story.north) == ()
    (kept,) = list_deferred(story.north)
    assert (kept.release, kept.refused) == (asked.request, errors.DeferredTooLate.code)
    deposit(story.north, records_of("Alma", "N-1", story.clock.now_ms()))
    assert anchor(story.north).anchored == 1  # what the ledger refused keeps nothing waiting
    assert access.answer(story.region.ledger.view(), handle, asked.request) is None


def test_what_she_denied_meanwhile_does_not_keep_the_deed_from_the_log(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, _ = emergency
    broken(story, emergency)
    with outage(story, monkeypatch):
        assert isinstance(the_outcome(story.north), Deferred)
    deny_totally(story.region.person("alma"), handle, to_anyone())
    assert len(settle_deferred(story.north)) == 1
    assert lines(story, handle)[-2:] == ["denied", "deferred-release"]


def test_new_records_are_anchored_after_the_deed_is_on_the_ledger(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, _ = emergency
    broken(story, emergency)
    with outage(story, monkeypatch):
        assert isinstance(the_outcome(story.north), Deferred)
        for n in range(2):
            deposit(story.north, records_of("Alma", "N-1", story.clock.now_ms() - n))
    for _ in range(2):
        anchor(story.north)
    assert len(settle_deferred(story.north)) == 1
    assert anchor(story.north).anchored == 1
    assert "deferred-release" in lines(story, handle)


@pytest.mark.parametrize("step", ["before the data leaves", "after the data left", "after the ledger took it"])
def test_a_crash_loses_nothing_and_does_nothing_twice(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    handle, _ = emergency
    asked = broken(story, emergency)

    def crash(*_: object, **__: object) -> None:
        raise Crash

    with outage(story, monkeypatch):
        with monkeypatch.context() as power:
            if step == "before the data leaves":
                power.setattr(defer, "sealed_letter", crash)
            elif step == "after the data left":
                power.setattr(defer, "_replace", crash)
            if step == "after the ledger took it":
                assert isinstance(release(story.north, asked.raw), Deferred)
            else:
                with pytest.raises(Crash):
                    release(story.north, asked.raw)
        story.reopen()
        assert [one.release for one in list_deferred(story.north)] == [asked.request]
    if step == "after the ledger took it":
        with monkeypatch.context() as power, pytest.raises(Crash):
            power.setattr(defer, "content_of", crash)
            settle_deferred(story.north)
    story.reopen()  # which resumes
    assert list_deferred(story.north) == ()
    assert [type(one.outcome) for one in process_inbox(story.north)] == [AlreadyAnswered]
    got = [one.outcome for one in process_inbox(story.clinic)]
    assert isinstance(got[-1], Received)
    assert len(list_broken(story.region.ledger, handle)) == 1
    assert lines(story, handle).count("deferred-release") == 1


def test_asked_again_in_the_outage_it_is_one_deed(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, _ = emergency
    asked = broken(story, emergency)
    with outage(story, monkeypatch):
        first = release(story.north, asked.raw)
        assert release(story.north, asked.raw) == first
        assert len(list_deferred(story.north)) == 1
    assert release(story.north, asked.raw) == first  # the ledger is back, and the deed not yet settled
    assert len(settle_deferred(story.north)) == 1
    with pytest.raises(AlreadyAnswered):
        release(story.north, asked.raw)
    assert lines(story, handle).count("deferred-release") == 1
