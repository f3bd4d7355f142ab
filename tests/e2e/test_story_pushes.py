"""Releases without the person's word: mandated, ordered, by policy; pushed or asked for; and what is missing."""

import pytest
from story_policies import policy_set, prefer, purpose, put_under, record_order, rule
from story_region import DAY_MS, Story, ask, clinician, give_wallet, grant_laboratory, take_in
from test_story_denials import suspend

from salus.contracts.access import errors as refused
from salus.contracts.access.messages import PushRelease
from salus.contracts.consent import queries as consent
from salus.contracts.records import queries as records
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.policy.policies import Choice, Mode
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, OrganisationRole, Trigger
from salus.services.accounting import accounting
from salus.services.deliver import Delivery, Withheld, deliver
from salus.services.deny import deny_totally
from salus.services.errors import NoSuchMember, NotCustodian, NothingToPush, StateTooOld
from salus.services.grant import provision, to_anyone
from salus.services.inbox import process_inbox
from salus.services.push import NotPushed, push
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.release import release
from salus.services.request import request, request_own
from salus.services.resume import resume
from salus.services.revoke import revoke
from salus.services.unanswered import unacknowledged, unanswered, unanswered_own

LABORATORY = provision(classes=("laboratory",))


@pytest.fixture
def alma(story: Story) -> bytes:
    """Her relation at the northern hospital, claimed."""
    handle = take_in(story.north, "Alma", "N-1")
    give_wallet(story, story.north, handle, "alma")
    return handle


def received(story: Story, slug: str) -> Received:
    (item,) = process_inbox(story.region.organisation(slug))
    assert isinstance(item.outcome, Received), item.outcome
    return item.outcome


def test_a_mandated_report_goes_despite_her_deny_and_names_the_rules_version(story: Story, alma: bytes) -> None:
    mandate = rule(story, "PUBHLTH", Mode.MANDATED, OrganisationRole.REGULATOR)
    policies = policy_set(story, mandate)
    policy_set(story, mandate, of=policies)  # version 2
    put_under(story, alma, policies)
    deny_totally(story.region.person("alma"), alma, to_anyone())
    regulator = story.region.organisation("regulator")
    pushed = push(story.north, regulator.account, alma, "PUBHLTH", LABORATORY)
    assert isinstance(pushed, Delivery)
    got = received(story, "regulator")
    assert (len(got.records), got.basis) == (3, (int(BasisKind.POLICY), policies, 2))
    report = verify(got.evidence, story.region.genesis)
    assert report.verdict is Verdict.UNWITNESSED
    assert any(f"on policy set {policies.hex()}, version 2" in words for words in report.proved)
    (line,) = [line for line in accounting(story.region.ledger, alma).lines if line.what == "pushed"]
    assert (line.name, line.purpose, line.basis, line.version, line.acknowledged) == (
        "Regulator", "PUBHLTH", "policy", 2, True,
    )  # fmt: skip


def test_a_mandate_for_another_role_pushes_nothing(story: Story, alma: bytes) -> None:
    put_under(story, alma, policy_set(story, rule(story, "PUBHLTH", Mode.MANDATED, OrganisationRole.REGULATOR)))
    outcome = push(story.north, story.clinic.account, alma, "PUBHLTH")
    assert isinstance(outcome, NotPushed)
    assert outcome.reason is Reason.NOT_PERMITTED


def test_the_law_pushes_nothing_that_a_policy_merely_permits(story: Story, alma: bytes) -> None:
    put_under(story, alma, policy_set(story, rule(story, "TREAT", Mode.PERMITTED)))
    assert isinstance(push(story.north, story.clinic.account, alma, "TREAT"), NotPushed)
    assert [task for task in story.north.vault.outbox.next(10) if task.kind == "release"] == []


def test_nothing_is_pushed_to_a_suspended_recipient(story: Story, alma: bytes) -> None:
    put_under(story, alma, policy_set(story, rule(story, "PUBHLTH", Mode.MANDATED)))
    suspend(story, story.clinic.account, recipient=True, custodian=False)
    outcome = push(story.north, story.clinic.account, alma, "PUBHLTH")
    assert isinstance(outcome, NotPushed)
    assert outcome.reason is Reason.RECIPIENT_SUSPENDED
    state, number = story.region.ledger.view(), purpose(story, "PUBHLTH")
    basis = (int(BasisKind.POLICY), consent.chosen(state, alma).set, 1)
    relation = records.relation(state, alma)
    assert relation is not None
    by = story.region.ledger.now() + 1000
    forced = PushRelease(
        story.north.account, story.clinic.account, alma, number, basis, relation.root, bytes(32), int(Trigger.LAW), by
    )
    with pytest.raises(refused.MayNotReceive):
        story.north.send(forced)


def test_a_standing_directive_lets_results_go_without_a_request(story: Story, alma: bytes) -> None:
    granted = grant_laboratory(story, story.region.person("alma"), alma)
    pushed = push(story.north, story.clinic.account, alma, "TREAT")
    assert isinstance(pushed, Delivery)
    got = received(story, "clinic")
    assert (len(got.records), got.basis) == (2, (int(BasisKind.DIRECTIVE), granted.directive, 1))
    assert consent.used(story.region.ledger.view(), alma, granted.directive) == 1


def test_who_pushes_is_the_custodian_and_there_is_something_to_push(story: Story, alma: bytes) -> None:
    grant_laboratory(story, story.region.person("alma"), alma)
    with pytest.raises(NotCustodian):
        push(story.south, story.clinic.account, alma, "TREAT")
    with pytest.raises(NoSuchMember):
        push(story.north, bytes(32), alma, "TREAT")
    with pytest.raises(NothingToPush):
        push(story.north, story.clinic.account, alma, "TREAT", provision(classes=("medication",)))


def test_on_a_node_that_lags_nothing_is_pushed(story: Story, alma: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    grant_laboratory(story, story.region.person("alma"), alma)
    monkeypatch.setattr(type(story.region.ledger), "as_of", lambda self: self.now() - 60_001)
    with pytest.raises(StateTooOld):
        push(story.north, story.clinic.account, alma, "TREAT")


def test_an_order_is_followed_whatever_she_denied(story: Story, alma: bytes) -> None:
    record_order(story, alma, "clinic", "HPAYMT")
    deny_totally(story.region.person("alma"), alma, to_anyone())
    request(story.clinic, alma, "HPAYMT", clinician(story))
    (answer,) = process_inbox(story.north)
    assert isinstance(answer.outcome, Delivery)
    got = received(story, "clinic")
    assert got.basis[0] == BasisKind.ORDER
    proved = verify(got.evidence, story.region.genesis).proved
    assert any(f"on order {(got.basis[1] or b'').hex()}." in said for said in proved)
    assert isinstance(push(story.north, story.clinic.account, alma, "HPAYMT"), Delivery)


def test_an_opt_out_set_releases_until_she_opts_out(story: Story, alma: bytes) -> None:
    put_under(story, alma, policy_set(story, rule(story, "TREAT", Mode.OPT_OUT)))
    badge = clinician(story)
    ask(story, alma, badge)
    (answer,) = process_inbox(story.north)
    assert isinstance(answer.outcome, Delivery)
    prefer(story, story.region.person("alma"), alma, "TREAT", Choice.OUT)
    ask(story, alma, badge)
    (answer,) = process_inbox(story.north)
    assert isinstance(answer.outcome, Refused)
    assert answer.outcome.reason is Reason.OPTED_OUT


def test_a_release_under_a_policy_whose_version_changed_meanwhile_is_decided_anew(
    story: Story, alma: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    opted_out = rule(story, "TREAT", Mode.OPT_OUT)
    policies = policy_set(story, opted_out)
    put_under(story, alma, policies)
    kept = []
    monkeypatch.setattr("salus.services.release.deliver", lambda organisation, task: kept.append(task))
    release(story.north, ask(story, alma, clinician(story)).raw)
    policy_set(story, opted_out, of=policies)
    left = deliver(story.north, kept[0])
    assert isinstance(left, Withheld)
    assert left.reason is Reason.SESSION_OVER


def test_what_is_revoked_between_the_commit_and_the_letter_does_not_leave(
    story: Story, alma: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = story.region.person("alma")
    granted = grant_laboratory(story, person, alma)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crashing:
        crashing.setattr("salus.services.release.deliver", crash)
        with pytest.raises(KeyboardInterrupt):
            release(story.north, ask(story, alma, clinician(story)).raw)
    revoke(person, alma, granted.directive)
    assert resume(story.north) == ("A release was withheld: its ground had ended.",)
    assert [letter.kind for letter in story.region.exchange.inbox(story.clinic.account)] == ["refusal"]
    (missing,) = unacknowledged(story.region.ledger, alma)
    assert missing.what == "released"


# --- what is missing


def test_requests_that_nobody_answers_show_with_how_long_ago(story: Story, alma: bytes) -> None:
    person, badge = story.region.person("alma"), clinician(story)
    first = ask(story, alma, badge)
    story.clock.advance(1_800_000)
    own = request_own(person, alma)
    story.clock.advance(1_800_000)
    (late,) = unanswered(story.clinic)
    assert (late.request, late.custodian, late.purpose, late.ago_ms, late.over) == (
        first.request, story.north.account, "TREAT", 3_600_000, True,
    )  # fmt: skip
    (mine,) = unanswered_own(person)
    assert (mine.request, mine.purpose, mine.ago_ms, mine.over) == (own.request, "PATRQT", 1_800_000, False)
    process_inbox(story.north)  # the first one's time is over: it can only be asked anew
    assert unanswered_own(person) == ()
    assert [one.request for one in unanswered(story.clinic)] == [first.request]
    ask(story, alma, badge)
    process_inbox(story.north)  # a refusal is an answer too
    assert [one.request for one in unanswered(story.clinic)] == [first.request]
    assert unanswered(story.south) == ()


def test_a_missing_acknowledgement_shows_to_all_three(story: Story, alma: bytes) -> None:
    grant_laboratory(story, story.region.person("alma"), alma)
    sent = push(story.north, story.clinic.account, alma, "TREAT")
    assert isinstance(sent, Delivery)
    story.clock.advance(DAY_MS)
    for account in (alma, story.clinic.account, story.north.account):
        (missing,) = unacknowledged(story.region.ledger, account)
        assert (missing.release, missing.what, missing.ago_ms, missing.late) == (sent.release, "pushed", DAY_MS, True)
    received(story, "clinic")  # late, and it shows on the ledger that it was
    assert unacknowledged(story.region.ledger, alma) == ()
