"""The edge cases of consent, each by its name, as far as the decision sees them.

What validators see of them (revoke and read in one block in both orders, a replayed request, a release without one,
a stale version, a late delivery) is in `tests/contracts/test_access.py`, of merged relations in `test_merging.py`.
Recovery has no contract yet: here stands what the decision makes of its directives.
"""

from typing import Any

from msgspec.structs import replace

from salus.core.errors import Malformed
from salus.core.record import PENDING
from salus.policy.decision import decide, decide_prepared
from salus.policy.policies import (
    STRICT,
    STRICT_OPT_IN,
    Choice,
    EmergencyRule,
    Mode,
    Order,
    PolicyInForce,
    PolicyRule,
    PolicySet,
    Preference,
)
from salus.policy.prepared import prepare
from salus.policy.public import Asked, Recipient
from salus.policy.question import NOTHING_SAID, Tier
from salus.policy.reasons import Reason
from salus.policy.types import EVERYTHING, BasisKind, Capacity, Effect, Residual, Status
from unit.policy_samples import (
    BREAK_GLASS,
    CLINIC,
    EMERGENCY,
    FIRST,
    GROUP,
    NOW,
    OTHER,
    RELATION,
    RESEARCH,
    SECOND,
    THIRD,
    TREAT,
    asked,
    decided,
    deny,
    permit,
    provision,
    question,
    record,
    sealed,
)

SET, ORDER_ID = b"p" * 32, b"w" * 32
N, R, V = 3, 4, 5
PERMIT, DENY = int(Effect.PERMIT), int(Effect.DENY)
OUT, IN = int(Choice.OUT), int(Choice.IN)
NORMAL, MENTAL = record(), record(record=SECOND, labels=("PSY", "R"))
VERY = record(record=THIRD, labels=("V",))


def rule(mode: Mode, purpose: int = TREAT, role: int = 0, ceiling: int = R, objection: bool = False) -> PolicyRule:
    return PolicyRule(purpose, role, int(mode), ceiling, objection, False)


def under(*rules: PolicyRule, preference: Preference = (), **fields: Any) -> PolicyInForce:
    body = PolicySet("", rules, EmergencyRule(GROUP, R, 1000), R, ())
    return PolicyInForce(SET, 4, replace(body, **fields), preference)


def nested(purpose: int, **fields: Any) -> Asked:
    """v3-ActReason as the network's table has it: TREAT implies ETREAT, and both lie above BTG."""
    above = {EMERGENCY: (TREAT,), BREAK_GLASS: (TREAT, EMERGENCY)}.get(purpose, ())
    glass = purpose == BREAK_GLASS
    return asked(purpose=purpose, implied_by=lambda p: p in above, break_glass=glass)._replace(**fields)


def order(**fields: Any) -> tuple[bytes, Order]:
    sound = Order(OTHER, CLINIC, TREAT, NOW - 1, NOW + 1, R, bytes(32), withdrawn=False)
    return ORDER_ID, replace(sound, **fields)


# --- time


def test_t_equal_to_the_end_is_over_for_directives_and_orders() -> None:
    ends_now = (permit(end=NOW), sealed())
    assert not decided(ends_now).permitted
    assert decided((permit(end=NOW + 1), sealed())).permitted
    assert not decided(orders=(order(end=NOW),)).permitted
    assert decided((permit(), sealed()), (deny(end=NOW, total=True), None)).permitted


def test_a_minor_coming_of_age_in_the_middle_of_a_grant() -> None:
    """A guardian's grant ends with the guardian's authority: the last millisecond of childhood is the last served."""
    birthday = NOW + 1
    by_guardian = (permit(capacity=7, end=birthday), sealed())
    assert decided(by_guardian).permitted
    of_age = decided(by_guardian, asked_=asked(time=birthday))
    assert (of_age.permitted, of_age.reasons) == (False, (Reason.NOT_PERMITTED, Reason.PERMIT_EXPIRED))
    own = (permit(2, start=birthday), sealed())
    assert decided(by_guardian, own, asked_=asked(time=birthday)).basis == (2, permit(2).id, 1)


# --- versions and counts


def test_a_stale_version_is_no_ground() -> None:
    stale, current = (permit(1, status=4), sealed()), (permit(2, version=2, chain=permit(1).id), sealed())
    assert decided(stale).reasons == (Reason.NOT_PERMITTED, Reason.PERMIT_REPLACED)
    assert decided(stale, current).basis == (2, permit(2).id, 2)


def test_a_counter_is_not_reset_by_replacing() -> None:
    renewed = (permit(2, version=2, chain=permit(1).id, replaces=permit(1).id, uses=3), sealed())
    assert decided(renewed, used={permit(1).id: 2}).permitted
    exhausted = decided(renewed, used={permit(1).id: 3})
    assert exhausted.reasons == (Reason.NOT_PERMITTED, Reason.PERMIT_EXHAUSTED)


# --- what is not known


def test_an_unknown_code_permits_nothing_and_is_not_suspected() -> None:
    listed, other = provision(codes=(("icd", "F32"),)), record((("icd", "Z99.unheard"),))
    assert decided((permit(), sealed(base=listed)), records=(other,)).denied == (FIRST,)
    assert decided((permit(), sealed()), (deny(), sealed(base=listed)), records=(other,)).allowed == (FIRST,)
    unknown = record(None)
    assert decided((permit(), sealed(base=listed)), records=(unknown,)).denied == (FIRST,)
    assert decided((permit(), sealed()), (deny(), sealed(base=listed)), records=(unknown,)).denied == (FIRST,)


def test_an_unknown_purpose_is_served_by_nothing() -> None:
    unheard = asked(purpose=999)
    everything = under(rule(Mode.PERMITTED), preference=((0, IN),))
    assert not decided((permit(), sealed()), asked_=unheard, policy=everything, orders=(order(),)).permitted


def test_an_empty_list_of_records_is_answered_on_every_ground_like_one_with_everything_left_out() -> None:
    kept = (record(status=3),)
    for fields in (
        {"policy": under(rule(Mode.PERMITTED))},
        {"policy": under(rule(Mode.MANDATED))},
        {"orders": (order(),)},
        {"policy": under(), "break_glass": True},
    ):
        empty, all_out = decided(records=(), **fields), decided(records=kept, **fields)
        assert empty.permitted and all_out.permitted
        assert empty.basis == all_out.basis and empty.left_out == all_out.left_out == NOTHING_SAID


def test_an_empty_list_in_a_provision_does_not_restrict_and_an_empty_set_of_directives_permits_nothing() -> None:
    assert decided((permit(), sealed(base=EVERYTHING))).allowed == (FIRST,)
    assert decided().reasons == (Reason.NOT_PERMITTED,)


def test_unicode_look_alikes_are_not_what_they_look_like() -> None:
    full_width, cyrillic = "\uff2e", "\u0420"  # of N, of P
    fake = record(labels=(full_width,))
    low = under(rule(Mode.PERMITTED, ceiling=N))
    assert decided(policy=low).allowed == (FIRST,)
    assert decided(policy=low, records=(fake,)).denied == (FIRST,), "it counts as restricted"
    spelled = provision(labels=("PSY",))
    look_alike = record(labels=(f"{cyrillic}SY", "R"))
    assert decided((permit(), sealed(base=spelled)), records=(look_alike,)).denied == (FIRST,)


def test_unlabelled_and_pending_data_is_restricted_unless_the_set_has_a_default() -> None:
    for labels in ((), (PENDING,)):
        rows = (record(labels=labels),)
        normal = (permit(), sealed(base=provision(labels=("N",))))
        restricted = (permit(), sealed(base=provision(labels=("R",))))
        assert decided(normal, records=rows).allowed == () and decided(restricted, records=rows).allowed == (FIRST,)
        assert decided(policy=under(rule(Mode.PERMITTED, ceiling=N)), records=rows).allowed == ()
        relaxed = under(rule(Mode.PERMITTED, ceiling=N), pending=N)
        assert decided(policy=relaxed, records=rows).allowed == (FIRST,)
        assert decided(normal, policy=relaxed, records=rows).allowed == (FIRST,)
        psychiatric = (deny(), sealed(base=provision(labels=("PSY",))))
        assert decided(normal, psychiatric, policy=relaxed, records=rows).allowed == (), "it may be psychiatric"


def test_a_pending_label_lowers_nothing_that_is_known() -> None:
    relaxed = under(rule(Mode.PERMITTED, ceiling=N), pending=N)
    for labels in (("R", PENDING), ("PSY", PENDING), ("V", PENDING)):
        assert decided(policy=relaxed, records=(record(labels=labels),)).denied == (FIRST,)


def test_relabelling_after_a_grant_counts_at_the_next_decision() -> None:
    normal_only = (permit(), sealed(base=provision(labels=("N",))))
    assert decided(normal_only, records=(record(labels=("N",)),)).allowed == (FIRST,)
    assert decided(normal_only, records=(record(version=2, labels=("PSY", "R")),)).allowed == ()
    low = under(rule(Mode.PERMITTED, ceiling=N))
    assert decided(policy=low, records=(record(version=2, labels=("R",)),)).reasons == (
        Reason.ABOVE_CEILING,
        Reason.BY_POLICY,
    )


# --- who


def test_merge_and_unmerge_directives_of_the_other_relation_decide_nothing() -> None:
    """Two relations stay two, whatever an index says of them: what was granted for one is no ground in the other."""
    merged_from = (permit(relation=OTHER), sealed())
    assert not decided(merged_from).permitted
    assert decided((permit(), sealed()), (deny(relation=OTHER, total=True), None)).permitted
    assert decide_prepared(question(), prepare(RELATION, [merged_from]), (record(),)).permitted is False


def test_while_merged_a_permit_stays_with_its_own_relation_and_a_deny_holds_for_both() -> None:
    own, theirs = (permit(), sealed()), (permit(2, relation=OTHER), sealed())
    total, partly = (deny(3, relation=OTHER, total=True), None), (deny(4, relation=OTHER), sealed())
    merged = {"merged": (OTHER,)}
    assert decided(own, theirs, **merged).basis == decided(own).basis
    assert not decided(theirs, **merged).permitted
    assert decided(own, total, **merged).reasons == (Reason.TOTALLY_DENIED,)
    assert decided(own, partly, **merged).denied == (FIRST,)
    unread = (deny(4, relation=OTHER, status=int(Status.UNACKNOWLEDGED)), None)
    assert decided(own, unread, **merged).reasons == (Reason.DENY_UNACKNOWLEDGED,)
    for held in (total, partly, unread):
        assert decided(own, held) == decided(own)  # unmerged: as before


def test_who_opted_out_in_one_relation_opted_out_in_those_it_is_merged_with() -> None:
    lawful = under(rule(Mode.OPT_OUT))
    out, opted_in = ((0, OUT),), ((0, IN),)
    assert decided(policy=lawful).permitted
    assert decided(policy=lawful, merged=(OTHER,), objections=(opted_in, out)).reasons == (
        Reason.NOT_PERMITTED,
        Reason.OPTED_OUT,
    )
    asks_first = under(rule(Mode.OPT_IN))
    assert not decided(policy=asks_first, merged=(OTHER,), objections=(opted_in,)).permitted
    for mode in (Mode.MANDATED, Mode.PERMITTED):  # where nobody may object, nobody may by another relation
        assert decided(policy=under(rule(mode, objection=False)), merged=(OTHER,), objections=(out,)).permitted


def test_confidential_adolescent_data_stays_from_the_parents_and_a_silent_deny_is_not_hinted_at() -> None:
    parents = b"e" * 32
    family = (permit(1, grantee=(1, parents)), sealed(residual=int(Residual.ITEMISED)))
    own = (deny(8, grantee=(1, parents)), sealed(base=provision(labels=("PSY",)), residual=int(Residual.NONE)))
    asks = asked(recipient=Recipient(parents, (), lambda group: False))
    seen = decided(family, own, records=(NORMAL, MENTAL), asked_=asks)
    assert (seen.allowed, seen.left_out.how_many) == ((FIRST,), 0)
    clinic = decided((permit(2), sealed()), own, records=(NORMAL, MENTAL))
    assert clinic.allowed == (FIRST, SECOND), "and those who treat still see it"


def test_parents_who_disagree_deny() -> None:
    one, other = (permit(1, capacity=7), sealed()), (deny(8, capacity=8, grantee=(1, CLINIC)), sealed())
    assert decided(one, other).allowed == () and decided(other, one).allowed == ()


def test_an_attested_permit_is_honoured_only_as_the_set_allows() -> None:
    attested = (permit(capacity=int(Capacity.ATTESTED)), sealed())
    assert decided(attested).reasons == (Reason.NOT_PERMITTED, Reason.ATTESTED_NOT_HONOURED)
    assert decided(attested, policy=under(attested=(RESEARCH,))).permitted is False
    assert decided(attested, policy=under(attested=(TREAT,))).allowed == (FIRST,)
    denied_on_paper = (deny(capacity=int(Capacity.ATTESTED)), sealed())
    assert decided((permit(), sealed()), denied_on_paper).allowed == (), "a deny needs no honour"


# --- purposes nest


def test_purposes_nest_and_a_treatment_permit_is_neither_a_break_glass_permit_nor_a_rule_for_it() -> None:
    glass, treatment = nested(BREAK_GLASS), (permit(), sealed())
    assert decided(treatment, asked_=nested(EMERGENCY)).permitted
    nobody = EmergencyRule(None, 0, 0)
    for policy in (STRICT, *(under(rule(mode), preference=((0, IN),), emergency=nobody) for mode in Mode)):
        assert not decided(treatment, asked_=glass, policy=policy, orders=(order(purpose=BREAK_GLASS),)).permitted


def test_who_denies_treatment_denies_break_glass_too() -> None:
    refusing = (deny(emergency=(False, 0, True)), sealed(base=provision(labels=("PSY",))))
    glass = decided(refusing, asked_=nested(BREAK_GLASS), policy=under(), records=(NORMAL, MENTAL))
    assert (glass.allowed, glass.reasons) == ((FIRST,), (Reason.EMERGENCY_REFUSED, Reason.BY_BREAK_GLASS))


# --- statutory bars come first


def test_a_restricted_relation_is_used_by_nobody_but_the_person() -> None:
    ready = {"policy": under(rule(Mode.MANDATED)), "orders": (order(),), "restricted": True}
    barred = decided((permit(), sealed()), break_glass=True, **ready)
    assert (barred.tier, barred.reasons) == (Tier.STATUTORY, (Reason.RELATION_RESTRICTED,))
    both = decided(recipient_suspended=True, **ready)
    assert both.reasons == (Reason.RECIPIENT_SUSPENDED, Reason.RELATION_RESTRICTED)
    owner = asked(recipient=Recipient(RELATION, (), lambda group: False))
    assert decided(asked_=owner, **ready).allowed == (FIRST,)


def test_of_the_dead_only_mandates_and_orders_release_anything() -> None:
    dead = {"deceased": True}
    for over in (
        decided((permit(), sealed()), break_glass=True, **dead),
        decided(policy=under(rule(Mode.PERMITTED, objection=False)), **dead),
        decided(asked_=asked(recipient=Recipient(RELATION, (), lambda group: False)), **dead),
    ):
        assert (over.tier, over.reasons, over.allowed) == (Tier.STATUTORY, (Reason.PERSON_DECEASED,), ())
    assert decided(policy=under(rule(Mode.MANDATED)), **dead).allowed == (FIRST,)
    assert decided(orders=(order(),), **dead).allowed == (FIRST,)


def test_a_closed_relation_serves_the_person_mandates_and_orders() -> None:
    barred = decided((permit(), sealed()), break_glass=True, closed=True)
    assert (barred.tier, barred.reasons) == (Tier.STATUTORY, (Reason.RELATION_CLOSED,))
    owner = asked(recipient=Recipient(RELATION, (), lambda group: False))
    assert decided(asked_=owner, closed=True).allowed == (FIRST,)
    assert decided(policy=under(rule(Mode.MANDATED)), closed=True).allowed == (FIRST,)
    assert decided(orders=(order(),), closed=True).allowed == (FIRST,)


def test_erased_and_restricted_records_go_on_no_ground() -> None:
    rows = (record(status=4), record(record=SECOND, status=3), record(record=THIRD))
    for fields in (
        {"policy": under(rule(Mode.MANDATED))},
        {"policy": under(rule(Mode.PERMITTED))},
        {"orders": (order(),)},
        {"policy": under(), "break_glass": True},
    ):
        answer = decided(records=rows, **fields)
        assert (answer.allowed, answer.denied) == ((THIRD,), (FIRST, SECOND))
        assert set(answer.reasons) >= {Reason.RECORD_ERASED, Reason.RECORD_RESTRICTED}


# --- mandates and orders


def test_a_mandate_and_an_order_reach_what_every_directive_denies() -> None:
    total = (deny(total=True, sealed=None, purposes=()), None)
    mandate = under(rule(Mode.MANDATED), preference=((0, OUT),))
    by_law = decided(total, policy=mandate, records=(NORMAL, MENTAL, VERY))
    assert by_law.basis == (BasisKind.POLICY, SET, 4) and by_law.tier is Tier.MANDATE
    assert (by_law.allowed, by_law.denied) == ((FIRST, SECOND), (THIRD,))
    assert by_law.reasons == (Reason.ABOVE_CEILING, Reason.MANDATED)
    ordered = decided(total, orders=(order(ceiling=N),), records=(NORMAL, MENTAL))
    assert (ordered.basis, ordered.allowed) == ((BasisKind.ORDER, ORDER_ID, 0), (FIRST,))
    assert ordered.reasons == (Reason.ABOVE_CEILING, Reason.ORDERED)


def test_a_mandate_for_another_role_or_purpose_does_not_reach_past_a_deny() -> None:
    total = (deny(total=True, sealed=None, purposes=()), None)
    for mandate in (rule(Mode.MANDATED, role=7), rule(Mode.MANDATED, purpose=RESEARCH)):
        assert decided(total, policy=under(mandate)).reasons == (Reason.TOTALLY_DENIED,)
    assert not decided(total, policy=under(rule(Mode.MANDATED)), asked_=nested(EMERGENCY)).permitted


def test_of_several_orders_the_widest_is_the_basis_and_of_equals_the_lowest_id() -> None:
    narrow, wide = (b"a" * 32, order(ceiling=N)[1]), (b"z" * 32, order(ceiling=V)[1])
    assert decided(orders=(narrow, wide)).basis == (BasisKind.ORDER, b"z" * 32, 0)
    assert decided(orders=((b"z" * 32, narrow[1]), narrow)).basis == (BasisKind.ORDER, b"a" * 32, 0)
    mandate = under(rule(Mode.MANDATED, ceiling=V))
    assert decided(orders=(wide,), policy=mandate).basis == (BasisKind.POLICY, SET, 4)


def test_an_order_that_is_not_in_force_is_named_as_the_reason() -> None:
    for fields in ({"withdrawn": True}, {"end": NOW}, {"purpose": RESEARCH}):
        assert decided(orders=(order(**fields),)).reasons == (Reason.NOT_PERMITTED, Reason.ORDER_NOT_IN_FORCE)
    assert decided(orders=(order(recipient=OTHER),)).reasons == (Reason.NOT_PERMITTED,)


# --- policies


def test_a_policy_permits_what_no_directive_speaks_of_and_less_what_they_deny() -> None:
    psychiatric = (deny(), sealed(base=provision(labels=("PSY",))))
    answer = decided(psychiatric, policy=under(rule(Mode.OPT_OUT)), records=(NORMAL, MENTAL, VERY))
    assert answer.tier is Tier.POLICY and answer.basis == (BasisKind.POLICY, SET, 4)
    assert answer.allowed == (FIRST,)
    assert answer.reasons == (Reason.DENIED_BY_DIRECTIVE, Reason.ABOVE_CEILING, Reason.BY_POLICY)
    assert answer.left_out == NOTHING_SAID and answer.obligations == ()


def test_an_ignored_total_deny_total_denies_bind_every_policy_but_a_mandate() -> None:
    total = (deny(total=True, sealed=None, purposes=()), None)
    for mode in (Mode.PERMITTED, Mode.OPT_OUT, Mode.OPT_IN):
        policy = under(rule(mode), preference=((TREAT, IN),))
        assert decided(policy=policy).permitted
        assert decided(total, policy=policy).reasons == (Reason.TOTALLY_DENIED,)
        assert decided(total, (permit(), sealed()), policy=policy).reasons == (Reason.TOTALLY_DENIED,)


def test_a_permit_comes_before_the_policy() -> None:
    narrow = (permit(), sealed(base=provision(instances=(SECOND,))))
    answer = decided(narrow, policy=under(rule(Mode.PERMITTED)), records=(NORMAL, MENTAL))
    assert (answer.tier, answer.allowed) == (Tier.DIRECTIVES, (SECOND,))


def test_what_a_preference_bars_is_named_as_the_reason() -> None:
    out = decided(policy=under(rule(Mode.OPT_OUT), preference=((TREAT, OUT),)))
    assert out.reasons == (Reason.NOT_PERMITTED, Reason.OPTED_OUT)
    assert decided(policy=under(rule(Mode.OPT_IN))).reasons == (Reason.NOT_PERMITTED, Reason.NOT_OPTED_IN)


# --- break-glass


def test_break_glass_lifts_what_the_directives_hold_back_as_far_as_each_allows() -> None:
    rows = (NORMAL, MENTAL, VERY)
    glass = {"break_glass": True, "policy": under()}
    assert decided(records=rows, **glass).allowed == (FIRST, SECOND), "no further than the set's ceiling"
    silent = (deny(total=True, sealed=None, purposes=()), None)
    assert decided(silent, records=rows, **glass).allowed == (FIRST, SECOND), "a total deny does not bind it"
    to_normal = (deny(emergency=(True, N, False)), sealed())
    lifted = decided(to_normal, records=rows, **glass)
    assert lifted.allowed == (FIRST,) and lifted.reasons == (Reason.ABOVE_CEILING, Reason.BY_BREAK_GLASS)
    refused = (deny(emergency=(False, 0, True)), sealed(base=provision(labels=("PSY",))))
    kept = decided(refused, records=rows, **glass)
    assert kept.allowed == (FIRST,)
    assert kept.reasons == (Reason.ABOVE_CEILING, Reason.EMERGENCY_REFUSED, Reason.BY_BREAK_GLASS)
    assert kept.basis == (BasisKind.BREAK_GLASS, SET, 4) and kept.tier is Tier.BREAK_GLASS


def test_a_deny_that_refuses_and_waits_for_its_acknowledgement_or_its_part_keeps_everything() -> None:
    for fields, part in (({"status": 1}, sealed()), ({}, None)):
        held = (deny(emergency=(False, 0, True), **fields), part)
        assert decided(held, break_glass=True, policy=under()).allowed == ()


def test_the_strictest_of_several_denies_decides_and_their_obligations_are_joined() -> None:
    one = (deny(7, emergency=(True, V, False)), sealed(obligations=("ENCRYPT",)))
    two = (deny(8, emergency=(True, N, False)), sealed(obligations=("NORDSCLCD", "ENCRYPT")))
    for held in ((one, two), (two, one)):
        answer = decided(*held, break_glass=True, policy=under(), records=(NORMAL, MENTAL))
        assert (answer.allowed, answer.obligations) == ((FIRST,), ("ENCRYPT", "NORDSCLCD"))


def test_who_may_not_break_the_glass_is_told_why() -> None:
    nobody = decided(break_glass=True, policy=under(emergency=EmergencyRule(None, 0, 0)))
    assert nobody.reasons == (Reason.NOT_PERMITTED, Reason.BREAK_GLASS_NOT_ALLOWED)
    outsider = asked(recipient=Recipient(OTHER, (), lambda group: False))
    other = decided(break_glass=True, policy=under(), asked_=outsider)
    assert other.reasons == (Reason.NOT_PERMITTED, Reason.NOT_OF_THE_EMERGENCY_GROUP)


def test_the_glass_stays_whole_where_a_permit_gives_as_much() -> None:
    everything = (permit(), sealed())
    assert decided(everything, break_glass=True, policy=under()).tier is Tier.DIRECTIVES
    part = (permit(), sealed(base=provision(labels=("N",))))
    assert decided(part, break_glass=True, policy=under(), records=(NORMAL, MENTAL)).tier is Tier.BREAK_GLASS
    assert decided(part, break_glass=True, policy=STRICT, records=(NORMAL, MENTAL)).allowed == (FIRST,)


# --- errors, and the answer itself


def test_any_error_is_a_denial_on_every_ground() -> None:
    def failing(_: object) -> bool:
        raise Malformed

    broken = asked(purpose=EMERGENCY, implied_by=failing, recipient=Recipient(CLINIC, (), failing))
    for fields in (
        {"policy": under(rule(Mode.PERMITTED))},
        {"break_glass": True, "policy": under()},
    ):
        answer = decided((permit(), sealed()), asked_=broken, **fields)
        assert (answer.permitted, answer.reasons) == (False, (Reason.EVALUATION_FAILED,))


def test_a_node_that_lags_says_so_by_the_height_of_its_answer() -> None:
    assert decided((permit(), sealed()), height=41).height == decided(height=41).height == 41
    assert decided(recipient_suspended=True, height=41).height == 41


def test_prepared_directives_give_the_same_answer_and_only_for_their_relation() -> None:
    held = [(permit(), sealed()), (deny(), sealed(base=provision(labels=("PSY",))))]
    prepared = prepare(RELATION, held)
    for time in (NOW, NOW + 10):
        one = question(asked(time=time))
        assert decide_prepared(one, prepared, (NORMAL, MENTAL)) == decide(one, held, (NORMAL, MENTAL))
    try:
        decide_prepared(question(relation=OTHER), prepared, ())
    except ValueError:
        return
    raise AssertionError("directives of another relation were used")


def test_strict_opt_in_permits_nothing_by_itself() -> None:
    assert STRICT.body == STRICT_OPT_IN and not decided(break_glass=True).permitted
