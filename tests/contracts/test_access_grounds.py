"""Releases on other grounds than a directive, break-glass, sessions and pushes: at the edges that matter."""

from typing import Any

import msgspec
import pytest

from contracts.precedence import NOW, Scene
from contracts.region import (
    BREAK_GLASS,
    BY_CLINIC,
    BY_HOSPITAL,
    BY_PATIENT,
    BY_REGULATOR,
    CLINIC,
    DIRECTIVE,
    EMERGENCY,
    GROUP,
    HOSPITAL,
    OTHER,
    PATIENT,
    POLICY,
    REGULATOR,
    RELATION,
    RESEARCH,
    ROOT,
    STAFF,
    TREAT,
    change_member,
    directive,
    emergency,
    glass_request,
    name,
    order,
    put_policy,
    request,
    request_id,
    rule,
    scene,
    signed,
    then,
    total_deny,
)
from salus.contracts.access import errors, keeper, queries
from salus.contracts.access.events import (
    BreakGlassReviewed,
    GlassBroken,
    RecordsPushed,
    RecordsReleased,
    SessionClosed,
    SessionOpened,
)
from salus.contracts.access.expected import SESSION_MS
from salus.contracts.access.invariants import violations
from salus.contracts.access.messages import (
    AckRelease,
    BreakGlass,
    CloseRelease,
    OpenRelease,
    PushRelease,
    RecordRefusal,
    RecordRelease,
    ReviewBreakGlass,
)
from salus.contracts.access.types import Outcome
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Organisation, Staff
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent import queries as consent_queries
from salus.contracts.consent.messages import RevokeConsent
from salus.contracts.context import Signer
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.types import Group, Member, MemberState
from salus.core.glass import GlassReason, ReviewerKind, Verdict
from salus.core.hashing import object_id
from salus.core.keys import FOREVER
from salus.policy.policies import NO_SET, Choice, Mode
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Directive, OrganisationRole, Trigger

LEAVES = name("leaves")
BY_DIRECTIVE = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)
BY_POLICY = (int(BasisKind.POLICY), POLICY, 1)
BY_ORDER = (int(BasisKind.ORDER), name("order"), 0)
SELF = (int(BasisKind.SELF), None, 0)
YES, NO = int(Verdict.JUSTIFIED), int(Verdict.NOT_JUSTIFIED)


def release(**fields: Any) -> RecordRelease:
    sound = RecordRelease(HOSPITAL, signed(request()), BY_POLICY, ROOT, LEAVES, int(Trigger.REQUEST), NOW + 5)
    return msgspec.structs.replace(sound, **fields)


def releasing(message: Any, *directives: Directive) -> Scene:
    s = scene(message, BY_HOSPITAL)
    for entry in directives:
        consent_keeper.put_directive(s.state, entry)
    return s


def push(**fields: Any) -> PushRelease:
    sound = PushRelease(HOSPITAL, CLINIC, RELATION, TREAT, BY_POLICY, ROOT, LEAVES, int(Trigger.LAW), NOW + 5)
    return msgspec.structs.replace(sound, **fields)


def session(**fields: Any) -> OpenRelease:
    sound = OpenRelease(HOSPITAL, signed(request()), BY_DIRECTIVE, ROOT, NOW + 5, int(Trigger.REQUEST))
    return msgspec.structs.replace(sound, **fields)


def breaking(**fields: Any) -> Scene:
    sound = BreakGlass(HOSPITAL, signed(glass_request()), (POLICY, 1), ROOT, LEAVES, NOW + 5)
    s = scene(msgspec.structs.replace(sound, **fields), BY_HOSPITAL)
    put_policy(s.state, emergency=emergency())
    return s


# --- policies and orders


@pytest.mark.parametrize(
    ("mode", "objection", "preference", "code"),
    [
        (Mode.PERMITTED, False, (), 0),
        (Mode.PERMITTED, False, ((TREAT, Choice.OUT),), 0),
        (Mode.PERMITTED, True, ((TREAT, Choice.OUT),), errors.OptedOut.code),
        (Mode.OPT_OUT, True, (), 0),
        (Mode.OPT_OUT, True, ((0, Choice.OUT),), errors.OptedOut.code),
        (Mode.OPT_IN, True, (), errors.NotOptedIn.code),
        (Mode.OPT_IN, True, ((TREAT, Choice.IN),), 0),
        (Mode.MANDATED, True, ((TREAT, Choice.OUT),), 0),
    ],
)
def test_a_policy_releases_as_its_mode_and_the_preference_say(
    mode: Mode, objection: bool, preference: Any, code: int
) -> None:
    s = releasing(release())
    put_policy(s.state, rule(mode, objection=objection), preference=tuple((p, int(c)) for p, c in preference))
    outcome = s.run()
    assert outcome.code == code
    if not code:
        (event,) = outcome.events
        assert isinstance(event, RecordsReleased)
        assert (event.basis, event.use) == (BY_POLICY, 0)


@pytest.mark.parametrize("mode", [Mode.PERMITTED, Mode.OPT_OUT, Mode.OPT_IN])
def test_a_total_deny_binds_every_policy_but_a_mandate(mode: Mode) -> None:
    s = releasing(release(), total_deny())
    put_policy(s.state, rule(mode, objection=False), preference=((TREAT, int(Choice.IN)),))
    assert s.run().code == errors.TotallyDenied.code
    put_policy(s.state, rule(Mode.MANDATED))
    assert s.run().code == 0


def test_an_order_binds_whatever_was_denied_within_its_time() -> None:
    s = releasing(release(basis=BY_ORDER), total_deny())
    consent_keeper.put_order(s.state, RELATION, name("order"), order(end=NOW + 1))
    assert s.run().code == 0
    s.time = NOW + 1
    assert s.run().code == errors.OrderNotInForce.code


def test_a_release_names_the_very_set_and_version_in_force() -> None:
    for basis in ((3, POLICY, 2), (3, name("another set"), 1), (3, NO_SET, 0)):
        s = releasing(release(basis=basis))
        put_policy(s.state, rule(Mode.PERMITTED))
        assert s.run().code == errors.StaleVersion.code
    s = releasing(release())
    put_policy(s.state, rule(Mode.PERMITTED), version=2)
    assert s.run().code == errors.StaleVersion.code


def test_strict_opt_in_permits_nothing() -> None:
    assert releasing(release(basis=(3, NO_SET, 0))).run().code == errors.NotByPolicy.code


def test_break_glass_rests_on_no_rule() -> None:
    asked = request(purpose=BREAK_GLASS)
    s = releasing(release(request=signed(asked)))
    put_policy(s.state, rule(Mode.PERMITTED, purpose=EMERGENCY), rule(Mode.PERMITTED, purpose=BREAK_GLASS))
    assert s.run().code == errors.NotByPolicy.code


# --- pushes


def test_a_push_says_all_that_accounting_needs_and_counts_a_use() -> None:
    s = releasing(push(basis=BY_DIRECTIVE, trigger=int(Trigger.PUSH)), directive(uses=1))
    (event,) = s.commit().events
    made = object_id("release", s.network, HOSPITAL, s.nonce, 0, 0)
    assert event == RecordsPushed(
        RELATION, CLINIC, HOSPITAL, made, TREAT, BY_DIRECTIVE, 1, ROOT, LEAVES, int(Trigger.PUSH), NOW + 5
    )
    answer = queries.answer(s.state, RELATION, made)
    assert answer is not None
    assert answer.outcome == Outcome.PUSHED
    again = then(s, push(basis=BY_DIRECTIVE, trigger=int(Trigger.PUSH)), BY_HOSPITAL)
    assert again.run().code == errors.UsesExhausted.code
    then(s, AckRelease(CLINIC, RELATION, made, LEAVES), BY_CLINIC).commit()
    assert list(violations(s.state, RELATION)) == []


def test_a_push_to_a_suspended_recipient_is_refused_though_the_law_demands_it() -> None:
    s = releasing(push())
    put_policy(s.state, rule(Mode.MANDATED))
    change_member(s.state, CLINIC, suspended_recipient=True)
    assert s.run().code == errors.MayNotReceive.code


def test_the_law_triggers_nothing_without_a_mandate() -> None:
    for mode in (Mode.PERMITTED, Mode.OPT_OUT):
        s = releasing(push())
        put_policy(s.state, rule(mode))
        assert s.run().code == errors.NotMandated.code
    s = releasing(push(basis=BY_DIRECTIVE), directive())
    assert s.run().code == errors.BasisNotSupported.code


def test_a_mandate_for_another_role_obliges_nobody() -> None:
    s = releasing(push())
    put_policy(s.state, rule(Mode.MANDATED, role=int(OrganisationRole.REGULATOR)))
    assert s.run().code == errors.NotByPolicy.code
    s.change(recipient=REGULATOR)
    assert s.run().code == 0


def test_a_mandate_reaches_its_very_purpose_only() -> None:
    s = releasing(push(purpose=EMERGENCY))
    put_policy(s.state, rule(Mode.MANDATED))
    assert s.run().code == errors.NotByPolicy.code


def test_a_policy_pushes_by_law_and_never_as_a_persons_wish() -> None:
    s = releasing(push(trigger=int(Trigger.PUSH)))
    put_policy(s.state, rule(Mode.MANDATED))
    assert s.run().code == errors.BasisNotSupported.code


# --- sessions


def test_a_session_is_one_use_and_consumes_its_request() -> None:
    s = releasing(session(), directive(uses=1))
    (event,) = s.commit().events
    asked = request()
    assert event == SessionOpened(
        RELATION, CLINIC, HOSPITAL, request_id(asked), asked.filter, TREAT, STAFF, asked.seal_key,
        BY_DIRECTIVE, 1, ROOT, NOW + 5, int(Trigger.REQUEST),
    )  # fmt: skip
    assert consent_queries.used(s.state, RELATION, DIRECTIVE) == 1
    closing = then(s, CloseRelease(HOSPITAL, RELATION, request_id(asked), name("root")), BY_HOSPITAL)
    assert closing.commit().events == (SessionClosed(RELATION, CLINIC, HOSPITAL, request_id(asked), name("root")),)
    assert consent_queries.used(s.state, RELATION, DIRECTIVE) == 1
    assert list(violations(s.state, RELATION)) == []


def test_a_session_is_acknowledged_by_its_root_once_it_is_closed() -> None:
    s = releasing(session(), directive())
    s.commit()
    ack = AckRelease(CLINIC, RELATION, request_id(request()), name("root"))
    assert then(s, ack, BY_CLINIC).run().code == errors.NoSuchRelease.code
    then(s, CloseRelease(HOSPITAL, RELATION, request_id(request()), name("root")), BY_HOSPITAL).commit()
    then(s, ack, BY_CLINIC).commit()


def test_closing_somebody_elses_session_is_refused() -> None:
    s = releasing(session(), directive())
    s.commit()
    other = Signer(OTHER, name("a key"), 2)
    by_other = then(s, CloseRelease(OTHER, RELATION, request_id(request()), name("root")), other)
    assert by_other.run().code == errors.NotTheCustodian.code
    by_recipient = then(s, CloseRelease(CLINIC, RELATION, request_id(request()), name("root")), BY_CLINIC)
    assert by_recipient.run().code == errors.NotTheCustodian.code
    forged = then(s, CloseRelease(HOSPITAL, RELATION, request_id(request()), name("root")), BY_CLINIC)
    assert forged.run().code == errors.NotTheGateway.code


def test_a_session_can_be_closed_late_and_by_a_suspended_custodian_and_once() -> None:
    s = releasing(session(), directive())
    s.commit()
    change_member(s.state, HOSPITAL, suspended_custodian=True)
    closing = then(s, CloseRelease(HOSPITAL, RELATION, request_id(request()), name("root")), BY_HOSPITAL)
    closing.time = NOW + 1_000_000
    closing.commit()
    assert closing.run().code == errors.SessionClosed.code


@pytest.mark.parametrize(
    ("end", "ends", "code"),
    [
        (NOW + 10, NOW + 10, 0),  # as long as its directive
        (NOW + 10, NOW + 11, errors.InvalidEnd.code),
        (NOW + 10**10, NOW + BOUNDS[Parameter.SESSION_MS].default, 0),
        (NOW + 10**10, NOW + BOUNDS[Parameter.SESSION_MS].default + 1, errors.InvalidEnd.code),
        (NOW + 10, NOW, errors.InvalidEnd.code),
    ],
)
def test_a_session_ends_as_ground_and_network_allow(end: int, ends: int, code: int) -> None:
    assert releasing(session(ends=ends), directive(end=end)).run().code == code


def test_a_session_under_an_order_ends_with_it() -> None:
    s = releasing(session(basis=BY_ORDER, ends=NOW + 11))
    consent_keeper.put_order(s.state, RELATION, name("order"), order())
    assert s.run().code == errors.InvalidEnd.code
    s.change(ends=NOW + 10)
    assert s.run().code == 0


def test_a_person_opens_a_session_over_its_own_and_nobody_by_break_glass() -> None:
    own = signed(request(purpose=PATIENT, staff=None), "patient")
    assert releasing(session(request=own, basis=SELF), total_deny()).run().code == 0
    s = releasing(session(basis=(int(BasisKind.BREAK_GLASS), POLICY, 1)))
    assert s.run().code == errors.BasisNotSupported.code


def test_a_revocation_and_a_session_in_one_block_both_orders() -> None:
    revoke = RevokeConsent(RELATION, 1, DIRECTIVE)
    s = scene(revoke, BY_PATIENT)
    consent_keeper.put_directive(s.state, directive())
    s.commit()
    assert then(s, session(), BY_HOSPITAL).run().code == errors.DirectiveRevoked.code
    s = releasing(session(), directive())
    s.commit()
    then(s, revoke, BY_PATIENT).commit()


# --- a request has one answer


ANSWERS = {
    "release": lambda: release(basis=BY_DIRECTIVE),
    "session": session,
    "refusal": lambda: RecordRefusal(HOSPITAL, signed(request()), int(Reason.NOT_PERMITTED)),
}


@pytest.mark.parametrize("second", ANSWERS)
@pytest.mark.parametrize("first", ANSWERS)
def test_a_request_is_not_replayed_across_kinds_of_messages(first: str, second: str) -> None:
    s = releasing(ANSWERS[first](), directive())
    s.commit()
    assert then(s, ANSWERS[second](), BY_HOSPITAL).run().code == errors.AlreadyAnswered.code


def test_a_request_for_a_release_never_breaks_the_glass_nor_the_other_way_round() -> None:
    asked = signed(request(purpose=BREAK_GLASS))
    assert breaking(request=asked).run().code == errors.RequestMalformed.code
    glass = signed(glass_request(purpose=TREAT))
    assert releasing(release(request=glass, basis=BY_DIRECTIVE), directive()).run().code == errors.RequestMalformed.code
    assert releasing(session(request=glass), directive()).run().code == errors.RequestMalformed.code


def test_a_broken_glass_is_answered_once_and_may_be_refused() -> None:
    s = breaking()
    s.commit()
    assert then(s, s.message, BY_HOSPITAL).run().code == errors.AlreadyAnswered.code
    refuse = RecordRefusal(HOSPITAL, signed(glass_request()), int(Reason.NOT_OF_THE_EMERGENCY_GROUP))
    assert then(s, refuse, BY_HOSPITAL).run().code == errors.AlreadyAnswered.code
    assert scene(refuse, BY_HOSPITAL).run().code == 0


# --- break-glass


def test_break_glass_needs_no_relation_and_no_consent_and_opens_its_review() -> None:
    s = breaking()
    consent_keeper.put_directive(s.state, total_deny())
    change_member(s.state, HOSPITAL, suspended_custodian=True)  # never stops emergency care
    asked = glass_request()
    (event,) = s.commit().events
    assert event == GlassBroken(
        RELATION, CLINIC, HOSPITAL, request_id(asked), asked.filter, BREAK_GLASS, STAFF, asked.seal_key,
        (int(BasisKind.BREAK_GLASS), POLICY, 1), int(GlassReason.UNCONSCIOUS), ROOT, LEAVES, NOW + 5,
    )  # fmt: skip
    found = queries.review(s.state, RELATION, request_id(asked))
    assert found is not None
    assert (found.requester, found.words, found.closed) == (CLINIC, (), None)
    assert queries.broken(s.state, CLINIC, NOW) == [(RELATION, request_id(asked), NOW)]
    assert queries.broken(s.state, CLINIC, NOW + 1) == []
    assert queries.broken(s.state, OTHER, 0) == []
    assert list(violations(s.state, RELATION)) == []


def test_break_glass_under_an_expired_or_foreign_set_version_is_refused() -> None:
    s = breaking(policy=(POLICY, 1))
    put_policy(s.state, emergency=emergency(), version=2)
    assert s.run().code == errors.StaleVersion.code
    s = breaking(policy=(name("set of another relation"), 1))
    assert s.run().code == errors.StaleVersion.code


def test_membership_of_the_emergency_group_is_that_of_the_moment() -> None:
    s = breaking()
    governance_keeper.put_group(s.state, GROUP, Group("care network", 2, (OTHER,)))
    assert s.run().code == errors.NotOfTheEmergencyGroup.code


def test_a_person_breaks_no_glass() -> None:
    s = breaking(request=signed(glass_request(staff=None), "patient"))
    assert s.run().code == errors.StaffNotAttested.code


def test_a_break_glass_is_due_within_the_window_of_the_set() -> None:
    s = breaking(deliver_by=NOW + emergency().window_ms)
    assert s.run().code == 0
    s.change(deliver_by=NOW + emergency().window_ms + 1)
    assert s.run().code == errors.PastTheWindow.code


# --- the review


def reviewed(reviewer: bytes, verdict: int = YES) -> ReviewBreakGlass:
    return ReviewBreakGlass(reviewer, RELATION, request_id(glass_request()), verdict)


SIGNERS = {HOSPITAL: BY_HOSPITAL, RELATION: BY_PATIENT, REGULATOR: BY_REGULATOR}


@pytest.mark.parametrize(
    ("first", "second"), [(a, b) for a in SIGNERS for b in SIGNERS if a != b], ids=lambda who: who.hex()[:4]
)
def test_two_of_custodian_patient_and_regulator_close_a_review(first: bytes, second: bytes) -> None:
    s = breaking()
    s.commit()
    (one,) = then(s, reviewed(first), SIGNERS[first]).commit().events
    assert isinstance(one, BreakGlassReviewed)
    assert not one.closed
    (two,) = then(s, reviewed(second, NO), SIGNERS[second]).commit().events
    kinds = {HOSPITAL: ReviewerKind.CUSTODIAN, RELATION: ReviewerKind.PATIENT, REGULATOR: ReviewerKind.REGULATOR}
    release = request_id(glass_request())
    assert two == BreakGlassReviewed(RELATION, CLINIC, HOSPITAL, release, second, int(kinds[second]), NO, True)
    third = next(who for who in SIGNERS if who not in (first, second))
    assert then(s, reviewed(third), SIGNERS[third]).run().code == errors.ReviewClosed.code
    assert list(violations(s.state, RELATION)) == []


def test_the_requester_reviews_nothing_even_if_it_is_a_regulator_or_the_custodian() -> None:
    s = breaking()
    s.commit()
    assert then(s, reviewed(CLINIC), BY_CLINIC).run().code == errors.NotAReviewer.code
    regulating = Organisation("clinic", "north", (int(OrganisationRole.REGULATOR),), 1, bytes(32))
    accounts_keeper.put_organisation(s.state, CLINIC, regulating)
    assert then(s, reviewed(CLINIC), BY_CLINIC).run().code == errors.ByTheRequester.code
    own = breaking(request=signed(glass_request(staff=STAFF), "hospital"))
    accounts_keeper.put_staff(own.state, HOSPITAL, STAFF, Staff(0, FOREVER))
    governance_keeper.put_group(own.state, GROUP, Group("care network", 2, (HOSPITAL,)))
    own.commit()
    assert then(own, reviewed(HOSPITAL), BY_HOSPITAL).run().code == errors.ByTheRequester.code


def test_one_kind_speaks_once_whoever_it_is() -> None:
    s = breaking()
    s.commit()
    then(s, reviewed(REGULATOR), BY_REGULATOR).commit()
    assert then(s, reviewed(REGULATOR), BY_REGULATOR).run().code == errors.AlreadyReviewed.code
    regulating = Organisation("other", "north", (int(OrganisationRole.REGULATOR),), 1, bytes(32))
    accounts_keeper.put_organisation(s.state, OTHER, regulating)
    another = then(s, reviewed(OTHER), Signer(OTHER, name("a key"), 2))
    assert another.run().code == errors.AlreadyReviewed.code


def test_a_regulator_that_left_reviews_nothing() -> None:
    s = breaking()
    s.commit()
    governance_keeper.put_member(s.state, REGULATOR, Member(MemberState.LEFT, False, False))
    assert then(s, reviewed(REGULATOR), BY_REGULATOR).run().code == errors.NotAReviewer.code


# --- invariants, parameters


def test_the_longest_session_is_governances() -> None:
    assert SESSION_MS == Parameter.SESSION_MS


def test_broken_reviews_are_found() -> None:
    s = breaking()
    s.commit()
    release = request_id(glass_request())
    review = keeper.get_review(s.state, RELATION, release)
    assert review is not None
    word = (int(ReviewerKind.REGULATOR), CLINIC, YES, NOW)
    keeper.put_review(s.state, RELATION, release, msgspec.structs.replace(review, words=(word, word), closed=None))
    assert list(violations(s.state, RELATION)) == [
        "a reviewer's kind speaks once",
        "who broke the glass does not review it",
    ]
    keeper.put_review(s.state, RELATION, release, msgspec.structs.replace(review, closed=NOW))
    assert list(violations(s.state, RELATION)) == [
        "two reviewers of different kinds close a review, and nothing else does"
    ]
    keeper.put_review(s.state, RELATION, name("none"), review)
    assert "a break-glass, and nothing else, has a review" in list(violations(s.state, RELATION))
    assert "a break-glass is counted for who did it" in list(violations(s.state, RELATION))


def test_research_by_a_purpose_without_a_rule_is_denied() -> None:
    s = releasing(release(request=signed(request(purpose=RESEARCH))))
    put_policy(s.state, rule(Mode.PERMITTED))
    assert s.run().code == errors.NotByPolicy.code
