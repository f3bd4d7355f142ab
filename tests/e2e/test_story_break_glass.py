"""The glass is broken: who may, what comes, who is alerted, who reviews it; and who may not."""

import pytest
from story_policies import HOUR_MS, emergency_group, policy_set, put_under
from story_region import DAY_MS, Story, clinician, give_wallet, take_in

from salus.contracts.access import errors
from salus.core.glass import GlassReason, Verdict
from salus.evidence.report import Verdict as Proof
from salus.evidence.verify import verify
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind
from salus.services.accounting import accounting
from salus.services.attest_staff import Badge, attest_staff
from salus.services.break_glass import glass_rates, list_broken, request_break_glass
from salus.services.deliver import Delivery, Withheld, deliver
from salus.services.deny import deny_totally
from salus.services.errors import AlreadyAnswered
from salus.services.glass_by_set import glass_by_set
from salus.services.grant import to_anyone
from salus.services.inbox import process_inbox
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.release import release
from salus.services.request import RequestPackage, request
from salus.services.review import review, review_own


@pytest.fixture
def emergency(story: Story) -> tuple[bytes, Badge]:
    """A patient under a set whose emergency group is the clinic, who denied everything to everybody."""
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    put_under(story, handle, policy_set(story, group=emergency_group(story, "clinic")))
    deny_totally(alma, handle, to_anyone())
    return handle, clinician(story)


def broken(story: Story, emergency: tuple[bytes, Badge]) -> RequestPackage:
    return request_break_glass(story.clinic, *emergency, GlassReason.UNCONSCIOUS)


def test_a_clinic_of_the_emergency_group_gets_what_was_denied_and_she_is_alerted(
    story: Story, emergency: tuple[bytes, Badge]
) -> None:
    handle, _ = emergency
    alma = story.region.person("alma")
    asked = broken(story, emergency)
    (given,) = process_inbox(story.north)
    assert isinstance(given.outcome, Delivery)
    (got,) = process_inbox(story.clinic)
    assert isinstance(got.outcome, Received)
    assert len(got.outcome.records) == 5
    assert got.outcome.basis[0] == BasisKind.BREAK_GLASS
    assert (got.outcome.purpose, got.outcome.redisclosure) == ("BTG", 0)
    report = verify(got.outcome.evidence, story.region.genesis)
    assert report.verdict is Proof.UNWITNESSED
    assert any("The patient is unconscious." in words for words in report.proved)
    (alert,) = list_broken(story.region.ledger, handle)
    assert (alert.release, alert.review.requester, alert.review.closed) == (asked.request, story.clinic.account, None)
    (line,) = [line for line in accounting(story.region.ledger, handle).lines if line.what == "break-glass"]
    assert (line.name, line.reason, line.acknowledged) == ("Riverside Clinic", "The patient is unconscious.", True)

    # Two of three close the review; the clinic is none of them.
    with pytest.raises(errors.NotAReviewer):
        review(story.clinic, handle, asked.request, Verdict.JUSTIFIED)
    assert not review_own(alma, handle, asked.request, Verdict.NOT_JUSTIFIED).closed
    regulator = story.region.organisation("regulator")
    assert review(regulator, handle, asked.request, Verdict.JUSTIFIED).closed
    with pytest.raises(errors.ReviewClosed):
        review(story.north, handle, asked.request, Verdict.JUSTIFIED)
    (rate,) = glass_rates(story.region.ledger)
    assert (rate.member.name, len(rate.broken), rate.open_reviews, rate.not_justified) == ("Riverside Clinic", 1, 0, 1)
    rested, *others = glass_by_set(story.region.ledger)
    assert (rested.set, rested.name) == (line.directive, "")
    assert (rested.broken, rested.members, rested.open_reviews, rested.not_justified) == (1, 1, 0, 1)
    assert {other.name: other.broken for other in others} == {"opt-out": 0, "mandated": 0}
    story.clock.advance(31 * DAY_MS)
    assert glass_rates(story.region.ledger) == ()
    assert [rate.broken for rate in glass_by_set(story.region.ledger)] == [0, 0, 0]
    told = [line.what for line in accounting(story.region.ledger, handle).lines]
    assert told[-4:] == ["break-glass", "acknowledged", "reviewed", "reviewed"]


def test_a_member_outside_the_emergency_group_is_refused(story: Story, emergency: tuple[bytes, Badge]) -> None:
    handle, _ = emergency
    badge = attest_staff(story.south, "Doctor Elsewhere", "physician")
    request_break_glass(story.south, handle, badge, GlassReason.LIFE_IN_DANGER)
    (answer,) = process_inbox(story.north)
    assert isinstance(answer.outcome, Refused)
    assert answer.outcome.reason is Reason.NOT_OF_THE_EMERGENCY_GROUP
    assert list_broken(story.region.ledger, handle) == ()


def test_under_strict_opt_in_nobody_breaks_the_glass(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    request_break_glass(story.clinic, handle, clinician(story), GlassReason.UNCONSCIOUS)
    (answer,) = process_inbox(story.north)
    assert isinstance(answer.outcome, Refused)
    assert answer.outcome.reason is Reason.BREAK_GLASS_NOT_ALLOWED


def test_without_a_signed_reason_the_glass_stays_whole(story: Story, emergency: tuple[bytes, Badge]) -> None:
    handle, badge = emergency
    request(story.clinic, handle, "BTG", badge)  # the purpose alone is no reason
    (answer,) = process_inbox(story.north)
    assert isinstance(answer.outcome, Refused)
    assert answer.outcome.reason is Reason.REQUEST_INVALID


def test_a_break_glass_is_answered_once(story: Story, emergency: tuple[bytes, Badge]) -> None:
    asked = broken(story, emergency)
    release(story.north, asked.raw)
    with pytest.raises(AlreadyAnswered):
        release(story.north, asked.raw)


def test_a_break_glass_that_comes_after_its_window_does_not_leave(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = broken(story, emergency)
    kept = []
    monkeypatch.setattr("salus.services.release.deliver", lambda organisation, task: kept.append(task))
    release(story.north, asked.raw)
    story.clock.advance(HOUR_MS)  # the set's window
    left = deliver(story.north, kept[0])
    assert isinstance(left, Withheld)
    assert left.reason is Reason.BREAK_GLASS_NOT_ALLOWED


def test_what_was_committed_stays_when_the_group_changed_before_it_left(
    story: Story, emergency: tuple[bytes, Badge], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = broken(story, emergency)
    kept = []
    monkeypatch.setattr("salus.services.release.deliver", lambda organisation, task: kept.append(task))
    release(story.north, asked.raw)
    put_under(story, emergency[0], policy_set(story, group=emergency_group(story, "south")))
    left = deliver(story.north, kept[0])
    assert isinstance(left, Withheld)
    assert left.reason is Reason.NOT_OF_THE_EMERGENCY_GROUP
    assert [letter.kind for letter in story.region.exchange.inbox(story.clinic.account)] == ["refusal"]
