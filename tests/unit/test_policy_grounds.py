"""Rules, preferences, orders, emergencies: each by itself, as validators ask them."""

from typing import Any

import pytest
from msgspec.structs import replace

from salus.policy.grounds import break_glass_obstacle, order_obstacle, policy_obstacle, refuses_emergency, rule_for
from salus.policy.policies import (
    STRICT_OPT_IN,
    Choice,
    EmergencyRule,
    Mode,
    Order,
    PolicyRule,
    PolicySet,
)
from salus.policy.public import Asked, Recipient, permit_obstacle
from salus.policy.reasons import Reason
from salus.policy.types import Capacity
from unit.policy_samples import CLINIC, EMERGENCY, GROUP, NOW, OTHER, RESEARCH, TREAT, asked, deny, permit

HOSPITAL_ROLE, CLINIC_ROLE, PAYER_ROLE = 1, 2, 5
MANDATED, PERMITTED, OPT_OUT, OPT_IN = Mode
OUT, IN = int(Choice.OUT), int(Choice.IN)


def rule(purpose: int = TREAT, role: int = 0, mode: Mode = OPT_OUT, **fields: Any) -> PolicyRule:
    return replace(PolicyRule(purpose, role, int(mode), 3, False, False), **fields)


def in_set(*rules: PolicyRule) -> PolicySet:
    return replace(STRICT_OPT_IN, rules=rules)


def nested(**fields: Any) -> Asked:
    """Emergency treatment, which the table says treatment implies."""
    return asked(purpose=EMERGENCY, implied_by=lambda p: p == TREAT)._replace(**fields)


# --- which rule


def test_a_rule_is_for_its_purpose_or_for_one_that_implies_it() -> None:
    assert rule_for(in_set(rule()), asked()) == rule()
    assert rule_for(in_set(rule()), nested()) == rule()
    assert rule_for(in_set(rule(EMERGENCY)), asked()) is None
    assert rule_for(STRICT_OPT_IN, asked()) is None


def test_a_rule_for_the_very_purpose_comes_before_one_that_implies_it() -> None:
    broad, exact = rule(mode=OPT_IN), rule(EMERGENCY, mode=PERMITTED)
    assert rule_for(in_set(broad, exact), nested()) == exact
    assert rule_for(in_set(rule(role=CLINIC_ROLE), exact), nested()) == exact


def test_a_rule_for_a_role_comes_before_one_for_any() -> None:
    any_role, clinics = rule(mode=OPT_IN), rule(role=CLINIC_ROLE, mode=PERMITTED)
    assert rule_for(in_set(any_role, clinics), asked()) == clinics
    assert rule_for(in_set(any_role, rule(role=PAYER_ROLE)), asked()) == any_role
    assert rule_for(in_set(rule(role=PAYER_ROLE)), asked()) is None


def test_of_several_the_strictest() -> None:
    both = asked(recipient=Recipient(CLINIC, (HOSPITAL_ROLE, CLINIC_ROLE), lambda group: False))
    loose, strict = rule(role=HOSPITAL_ROLE, mode=PERMITTED), rule(role=CLINIC_ROLE, mode=OPT_IN)
    assert rule_for(in_set(loose, strict), both) == strict
    low, high = rule(role=HOSPITAL_ROLE, ceiling=2), rule(role=CLINIC_ROLE, ceiling=4)
    assert rule_for(in_set(low, high), both) == rule_for(in_set(high, low), both) == low


def test_a_mandate_for_another_purpose_or_role_mandates_nothing() -> None:
    assert rule_for(in_set(rule(mode=MANDATED)), asked()) == rule(mode=MANDATED)
    assert rule_for(in_set(rule(mode=MANDATED)), nested()) is None, "not even where the table implies it"
    assert rule_for(in_set(rule(role=PAYER_ROLE, mode=MANDATED)), asked()) is None
    assert rule_for(in_set(rule(RESEARCH, mode=MANDATED)), asked()) is None


def test_no_rule_serves_break_glass() -> None:
    everything = asked(break_glass=True, implied_by=lambda p: True)
    for mode in Mode:
        assert rule_for(in_set(rule(mode=mode)), everything) is None


# --- with the preference


@pytest.mark.parametrize(
    ("mode", "objection", "preference", "reason"),
    [
        (MANDATED, True, ((TREAT, OUT),), None),
        (PERMITTED, False, ((TREAT, OUT),), None),
        (PERMITTED, True, ((TREAT, OUT),), Reason.OPTED_OUT),
        (PERMITTED, True, (), None),
        (OPT_OUT, False, (), None),
        (OPT_OUT, False, ((TREAT, IN),), None),
        (OPT_OUT, False, ((TREAT, OUT),), Reason.OPTED_OUT),
        (OPT_OUT, False, ((0, OUT),), Reason.OPTED_OUT),
        (OPT_OUT, False, ((0, OUT), (TREAT, IN)), None),
        (OPT_OUT, False, ((0, IN), (TREAT, OUT)), Reason.OPTED_OUT),
        (OPT_OUT, False, ((RESEARCH, OUT),), None),
        (OPT_IN, False, (), Reason.NOT_OPTED_IN),
        (OPT_IN, False, ((RESEARCH, IN),), Reason.NOT_OPTED_IN),
        (OPT_IN, False, ((TREAT, OUT),), Reason.OPTED_OUT),
        (OPT_IN, False, ((TREAT, IN),), None),
        (OPT_IN, False, ((0, IN),), None),
    ],
)
def test_what_a_preference_does_in_each_mode(mode: Mode, objection: bool, preference: Any, reason: Any) -> None:
    assert policy_obstacle(rule(mode=mode, objection=objection), preference, asked()) is reason


def test_a_preference_for_what_implies_the_purpose_counts_and_out_wins() -> None:
    narrow = rule(EMERGENCY, mode=OPT_OUT)
    assert policy_obstacle(narrow, ((TREAT, OUT),), nested()) is Reason.OPTED_OUT
    assert policy_obstacle(narrow, ((TREAT, OUT), (EMERGENCY, IN)), nested()) is None
    several = nested(implied_by=lambda p: p in (TREAT, 2))
    for preference in (((TREAT, OUT), (2, IN)), ((TREAT, IN), (2, OUT))):
        assert policy_obstacle(narrow, preference, several) is Reason.OPTED_OUT
    assert policy_obstacle(rule(mode=OPT_IN), ((EMERGENCY, IN),), asked()) is Reason.NOT_OPTED_IN


def test_without_a_rule_nothing_is_permitted() -> None:
    assert policy_obstacle(None, ((0, IN),), asked()) is Reason.NOT_PERMITTED


# --- orders

ORDER = Order(OTHER, CLINIC, TREAT, NOW, NOW + 10, 4, bytes(32), withdrawn=False)


@pytest.mark.parametrize(
    ("fields", "stands"),
    [
        ({}, True),
        ({"end": NOW + 1}, True),
        ({"end": NOW}, False),
        ({"start": NOW + 1}, False),
        ({"withdrawn": True}, False),
        ({"recipient": OTHER}, False),
        ({"purpose": RESEARCH}, False),
    ],
)
def test_an_order_is_for_its_recipient_its_purpose_its_time(fields: Any, stands: bool) -> None:
    assert order_obstacle(replace(ORDER, **fields), asked()) is (None if stands else Reason.ORDER_NOT_IN_FORCE)


def test_an_order_reaches_no_further_by_the_table_nor_by_a_group() -> None:
    assert order_obstacle(ORDER, nested()) is Reason.ORDER_NOT_IN_FORCE
    assert order_obstacle(replace(ORDER, recipient=GROUP), asked()) is Reason.ORDER_NOT_IN_FORCE
    assert order_obstacle(ORDER, asked(break_glass=True)) is Reason.ORDER_NOT_IN_FORCE


# --- emergencies


def test_who_may_break_the_glass() -> None:
    ready = replace(STRICT_OPT_IN, emergency=EmergencyRule(GROUP, 4, 1000))
    assert break_glass_obstacle(ready, asked()) is None
    outsider = asked(recipient=Recipient(CLINIC, (2,), lambda group: False))
    assert break_glass_obstacle(ready, outsider) is Reason.NOT_OF_THE_EMERGENCY_GROUP
    assert break_glass_obstacle(STRICT_OPT_IN, asked()) is Reason.BREAK_GLASS_NOT_ALLOWED


def test_a_directive_may_refuse_emergencies() -> None:
    assert refuses_emergency(deny(emergency=(False, 0, True)))
    assert not refuses_emergency(deny()) and not refuses_emergency(deny(emergency=(True, 5, False)))


# --- attested permits


def test_an_attested_permit_is_honoured_only_for_the_purposes_of_the_set() -> None:
    attested = permit(capacity=int(Capacity.ATTESTED))
    assert permit_obstacle(attested, asked(), 0) is Reason.ATTESTED_NOT_HONOURED
    assert permit_obstacle(attested, asked(), 0, (RESEARCH,)) is Reason.ATTESTED_NOT_HONOURED
    assert permit_obstacle(attested, asked(), 0, (TREAT,)) is None
    assert permit_obstacle(attested, nested(), 0, (TREAT,)) is Reason.ATTESTED_NOT_HONOURED
    assert permit_obstacle(permit(), asked(), 0) is None
