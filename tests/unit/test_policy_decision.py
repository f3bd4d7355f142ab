"""The decision, case by case; the property test covers their combinations."""

from typing import Any

import pytest

from salus.core.errors import Malformed
from salus.core.record import Status as RecordStatus
from salus.policy.filter import Filter
from salus.policy.public import Recipient
from salus.policy.question import NOTHING_SAID, Decision, LeftOut, Tier
from salus.policy.reasons import Reason
from salus.policy.types import EVERYTHING, Effect, Residual
from unit.policy_samples import (
    BREAK_GLASS,
    FIRST,
    GROUP,
    NOW,
    OTHER,
    RELATION,
    RESEARCH,
    SECOND,
    STAFF,
    THIRD,
    TREAT,
    asked,
    decided,
    deny,
    permit,
    provision,
    record,
    sealed,
)

PERMIT, DENY = int(Effect.PERMIT), int(Effect.DENY)
NORMAL, MENTAL = record(), record(record=SECOND, labels=("PSY", "R"))


def owner() -> Any:
    return asked(recipient=Recipient(RELATION, (), lambda group: False))


def test_a_permit_permits() -> None:
    decision = decided((permit(), sealed(obligations=("NORDSCLCD", "ENCRYPT", "ENCRYPT"))))
    assert decision == Decision(
        True,
        Tier.DIRECTIVES,
        (Reason.PERMITTED,),
        (2, permit().id, 1),
        (FIRST,),
        (),
        ("ENCRYPT", "NORDSCLCD"),
        LeftOut(Residual.GENERIC, False, None),
        0,
    )


def test_nothing_matched_denies() -> None:
    nothing = Decision(False, Tier.DEFAULT, (Reason.NOT_PERMITTED,), None, (), (FIRST,), (), NOTHING_SAID, 0)
    assert decided() == nothing
    assert decided((permit(grantee=(1, OTHER)), sealed())) == nothing  # a permit for another organisation


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"end": NOW}, Reason.PERMIT_EXPIRED),  # t equal to the end
        ({"start": NOW + 1}, Reason.PERMIT_NOT_STARTED),
        ({"status": 1}, Reason.PERMIT_UNACKNOWLEDGED),
        ({"status": 3}, Reason.PERMIT_REVOKED),
        ({"status": 4}, Reason.PERMIT_REPLACED),
        ({"purposes": (RESEARCH,)}, Reason.OTHER_PURPOSE),
        ({"uses": 1}, Reason.PERMIT_EXHAUSTED),
    ],
)
def test_a_permit_that_does_not_serve_is_named_as_the_reason(fields: dict[str, Any], reason: Reason) -> None:
    decision = decided((permit(**fields), sealed()), used={permit().chain: 1})
    assert (decision.permitted, decision.reasons) == (False, (Reason.NOT_PERMITTED, reason))


def test_a_permit_without_its_sealed_part_is_unusable() -> None:
    decision = decided((permit(), None))
    assert (decision.permitted, decision.reasons) == (False, (Reason.NOT_PERMITTED, Reason.SEALED_PART_MISSING))


def test_a_directive_of_another_relation_is_ignored() -> None:
    assert not decided((permit(relation=OTHER), sealed())).permitted
    assert decided((permit(), sealed()), (deny(relation=OTHER, total=True), None)).permitted


def test_a_treatment_permit_is_no_break_glass_permit() -> None:
    glass = asked(purpose=BREAK_GLASS, implied_by=lambda purpose: True, break_glass=True)
    decision = decided((permit(), sealed()), asked_=glass)
    assert (decision.permitted, decision.reasons) == (
        False,
        (Reason.NOT_PERMITTED, Reason.BREAK_GLASS_BY_PERMIT, Reason.BREAK_GLASS_NOT_ALLOWED),
    )


def test_membership_of_a_group_is_asked_now() -> None:
    in_group = (permit(grantee=(3, GROUP)), sealed())
    assert decided(in_group).permitted
    assert not decided(in_group, asked_=asked(recipient=Recipient(OTHER, (), lambda group: False))).permitted


# --- denies


@pytest.mark.parametrize(
    ("fields", "part", "reason"),
    [
        ({"total": True, "sealed": None, "purposes": ()}, None, Reason.TOTALLY_DENIED),
        ({"status": 1}, sealed(base=provision(classes=("imaging",))), Reason.DENY_UNACKNOWLEDGED),
        ({}, None, Reason.SEALED_PART_MISSING),
    ],
)
def test_a_deny_that_counts_as_total_denies_all(fields: dict[str, Any], part: Any, reason: Reason) -> None:
    decision = decided((permit(), sealed()), (deny(**fields), part))
    assert decision == Decision(False, Tier.DIRECTIVES, (reason,), None, (), (FIRST,), (), NOTHING_SAID, 0)


def test_of_two_total_denies_both_reasons_show_sorted() -> None:
    decision = decided((deny(8, status=1), sealed()), (deny(total=True), None), (permit(), sealed()))
    assert decision.reasons == (Reason.TOTALLY_DENIED, Reason.DENY_UNACKNOWLEDGED)


def test_deny_wins_within_the_tier_record_by_record() -> None:
    psychiatric = (deny(), sealed(base=provision(labels=("PSY",))))
    decision = decided(psychiatric, (permit(), sealed()), records=(NORMAL, MENTAL))
    assert (decision.allowed, decision.denied) == ((FIRST,), (SECOND,))
    assert decision.reasons == (Reason.DENIED_BY_DIRECTIVE, Reason.PERMITTED)


def test_an_ended_deny_denies_nothing() -> None:
    for fields in ({"end": NOW}, {"status": 3}, {"status": 4}, {"start": NOW + 1}):
        assert decided((permit(), sealed()), (deny(**fields), sealed())).allowed == (FIRST,)


def test_an_unknown_period_is_outside_every_permit_and_inside_every_deny() -> None:
    undated, years = record(start=None, end=None), provision(periods=((0, 1000),))
    assert decided((permit(), sealed(base=years)), records=(undated,)).denied == (FIRST,)
    assert decided((permit(), sealed()), (deny(), sealed(base=years)), records=(undated,)).denied == (FIRST,)


def test_a_look_alike_code_is_not_permitted_and_is_denied() -> None:
    listed, fake = provision(codes=(("icd", "F32"),)), record((("icd", "Ｆ32"),))
    assert decided((permit(), sealed(base=listed)), records=(fake,)).denied == (FIRST,)
    assert decided((permit(), sealed()), (deny(), sealed(base=listed)), records=(fake,)).denied == (FIRST,)


def test_unlabelled_data_is_restricted() -> None:
    unlabelled = (record(labels=()),)
    assert decided((permit(), sealed(base=provision(labels=("N",)))), records=unlabelled).allowed == ()
    assert decided((permit(), sealed(base=provision(labels=("R",)))), records=unlabelled).allowed == (FIRST,)


# --- exceptions


def test_a_permits_exception_leaves_out() -> None:
    decision = decided((permit(), sealed((DENY, provision(labels=("PSY",))))), records=(NORMAL, MENTAL))
    assert (decision.allowed, decision.denied) == ((FIRST,), (SECOND,))
    assert decision.reasons == (Reason.EXCEPTED, Reason.PERMITTED)


def test_a_permits_exception_touches_no_other_permit() -> None:
    narrow = (permit(1), sealed((DENY, provision(labels=("PSY",)))))
    wide = (permit(2), sealed())
    assert decided(narrow, wide, records=(NORMAL, MENTAL)).allowed == (FIRST, SECOND)


def test_normal_and_focused_restricted() -> None:
    """A permit exception outside its base: normal data for all, psychiatric data for one member of staff."""
    focused = provision(labels=("PSY",), persons=(STAFF,))
    consent = (permit(), sealed((PERMIT, focused), base=provision(labels=("N",))))
    assert decided(consent, records=(NORMAL, MENTAL)).allowed == (FIRST, SECOND)
    assert decided(consent, records=(NORMAL, MENTAL), staff=b"t" * 32).allowed == (FIRST,)
    assert decided(consent, records=(NORMAL, MENTAL), staff=None).allowed == (FIRST,)


def test_among_the_exceptions_of_a_permit_deny_wins() -> None:
    both = provision(labels=("PSY",))
    for exceptions in (((PERMIT, both), (DENY, both)), ((DENY, both), (PERMIT, both))):
        consent = (permit(), sealed(*exceptions, base=provision(labels=("N",))))
        assert decided(consent, records=(NORMAL, MENTAL)).allowed == (FIRST,)


def test_a_denys_exception_lifts_that_deny_and_permits_nothing() -> None:
    dissent = (deny(), sealed((PERMIT, provision(classes=("laboratory",)))))
    imaging = record(record=THIRD, data_class="imaging")
    assert not decided(dissent).permitted
    assert decided(dissent, (permit(), sealed()), records=(NORMAL, imaging)).allowed == (FIRST,)
    other = (deny(8), sealed())
    assert decided(dissent, other, (permit(), sealed())).allowed == ()


def test_among_the_exceptions_of_a_deny_deny_wins_also_outside_its_base() -> None:
    all_records, outside = EVERYTHING, provision(classes=("imaging",))
    dissent = (deny(), sealed((PERMIT, all_records), (DENY, provision(labels=("N",))), base=outside))
    assert decided(dissent, (permit(), sealed())).allowed == ()
    assert decided((deny(), sealed(base=outside)), (permit(), sealed())).allowed == (FIRST,)


# --- several permits


def test_the_permit_that_covers_most_is_the_basis_and_permits_are_not_joined() -> None:
    laboratory = (permit(1), sealed(base=provision(instances=(FIRST,))))
    more = (permit(2, version=3), sealed(base=provision(instances=(SECOND, THIRD))))
    rows = tuple(record(record=r) for r in (FIRST, SECOND, THIRD))
    decision = decided(laboratory, more, records=rows)
    assert decision.basis == (2, permit(2).id, 3)
    assert (decision.allowed, decision.denied) == ((SECOND, THIRD), (FIRST,))
    assert decision.reasons == (Reason.OTHER_PERMIT, Reason.PERMITTED)


def test_of_equal_permits_the_one_with_unlimited_uses_then_the_lowest_id() -> None:
    counted, one, two = (permit(1, uses=5), sealed()), (permit(2), sealed()), (permit(3), sealed())
    assert decided(counted, two, one).basis == (2, permit(2).id, 1)
    assert decided(counted).basis == (2, permit(1).id, 1)


def test_uses_count_by_the_chain_so_that_replacing_resets_nothing() -> None:
    chain = b"\x07" * 32
    replaced = (permit(2, version=2, chain=chain, replaces=chain, uses=1), sealed())
    assert decided(replaced).permitted
    assert not decided(replaced, used={chain: 1}).permitted
    assert decided(replaced, used={permit(2).id: 1}).permitted


# --- empty, filtered, barred


def test_an_empty_list_is_answered_like_one_with_everything_left_out() -> None:
    """Else the answer would tell whether there is something to leave out."""
    consent = (permit(), sealed(base=provision(classes=("imaging",)), residual=int(Residual.NONE)))
    empty, outside = decided(consent, records=()), decided(consent)
    assert empty.permitted and outside.permitted
    assert empty.left_out == outside.left_out == NOTHING_SAID
    assert (empty.allowed, empty.denied, outside.denied) == ((), (), (FIRST,))


def test_what_is_not_asked_for_is_neither_allowed_nor_left_out() -> None:
    wanted = Filter(provision(classes=("imaging",)), None)
    decision = decided((permit(), sealed()), filter=wanted)
    assert (decision.allowed, decision.denied, decision.left_out.some) == ((), (), False)


def test_a_suspended_recipient_gets_nothing() -> None:
    decision = decided((permit(), sealed()), recipient_suspended=True)
    assert decision == Decision(
        False, Tier.STATUTORY, (Reason.RECIPIENT_SUSPENDED,), None, (), (FIRST,), (), NOTHING_SAID, 0
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [(RecordStatus.TOMBSTONE, Reason.RECORD_ERASED), (RecordStatus.RESTRICTED, Reason.RECORD_RESTRICTED)],
)
def test_erased_and_restricted_records_are_barred_and_not_hinted_at(status: RecordStatus, reason: Reason) -> None:
    rows = (record(status=int(status)),)
    decision = decided((permit(), sealed(residual=int(Residual.ITEMISED))), records=rows)
    assert (decision.allowed, decision.denied) == ((), (FIRST,))
    assert decision.reasons == (reason, Reason.PERMITTED)
    assert decision.left_out == LeftOut(Residual.ITEMISED, False, 0)


def test_what_was_entered_in_error_is_decided_like_any_other() -> None:
    rows = (record(status=int(RecordStatus.ENTERED_IN_ERROR)),)
    assert decided((permit(), sealed()), records=rows).allowed == (FIRST,)


# --- what may be said


@pytest.mark.parametrize(
    ("level", "left_out"),
    [
        (Residual.NONE, LeftOut(Residual.NONE, None, None)),
        (Residual.GENERIC, LeftOut(Residual.GENERIC, True, None)),
        (Residual.ITEMISED, LeftOut(Residual.ITEMISED, True, 1)),
    ],
)
def test_what_is_left_out_is_said_as_far_as_the_permit_allows(level: Residual, left_out: LeftOut) -> None:
    consent = (permit(), sealed((DENY, provision(labels=("PSY",))), residual=int(level)))
    assert decided(consent, records=(NORMAL, MENTAL)).left_out == left_out


def test_what_a_silent_deny_hides_is_not_counted() -> None:
    consent = (permit(), sealed(residual=int(Residual.ITEMISED)))
    psychiatric = provision(labels=("PSY",))
    silent = (deny(8), sealed(base=psychiatric, residual=int(Residual.NONE)))
    open_ = (deny(9), sealed(base=psychiatric, residual=int(Residual.ITEMISED)))
    said = LeftOut(Residual.ITEMISED, True, 1)
    unsaid = LeftOut(Residual.ITEMISED, False, 0)
    assert decided(consent, open_, records=(NORMAL, MENTAL)).left_out == said
    assert decided(consent, silent, records=(NORMAL, MENTAL)).left_out == unsaid
    assert decided(consent, silent, open_, records=(NORMAL, MENTAL)).left_out == unsaid  # the strictest decides


# --- own access


def test_a_persons_own_access_under_a_total_deny() -> None:
    rows = (
        record(status=int(RecordStatus.RESTRICTED)),
        record(record=SECOND, labels=("PSY", "R")),
        record(record=THIRD, status=int(RecordStatus.TOMBSTONE)),
    )
    total = (deny(total=True, sealed=None, purposes=()), None)
    decision = decided(total, records=rows, asked_=owner(), staff=None, recipient_suspended=True)
    assert decision == Decision(
        True,
        Tier.MANDATE,
        (Reason.RECORD_ERASED, Reason.OWN_ACCESS),
        (1, None, 0),
        (FIRST, SECOND),
        (THIRD,),
        (),
        LeftOut(Residual.ITEMISED, True, 1),
        0,
    )


# --- errors


def test_an_error_while_evaluating_is_a_denial() -> None:
    def failing(group: bytes) -> bool:
        raise Malformed

    broken = asked(recipient=Recipient(OTHER, (), failing))
    decision = decided((permit(grantee=(3, GROUP)), sealed()), asked_=broken)
    assert (decision.permitted, decision.reasons, decision.denied) == (False, (Reason.EVALUATION_FAILED,), (FIRST,))
    assert TREAT in permit().purposes
