"""Policy sets that come with Salus, each rule with its meaning; members vote on what their law really says.

Purposes are named by their code of v3-ActReason, since a network numbers its own table:
https://terminology.hl7.org/CodeSystem-v3-ActReason.html
"""

from collections.abc import Mapping
from typing import NamedTuple

from salus.policy.policies import (
    NORMAL,
    RESTRICTED,
    VERY_RESTRICTED,
    EmergencyRule,
    FoundingEmergency,
    FoundingSet,
    Mode,
    PolicyRule,
    PolicySet,
)
from salus.policy.types import OrganisationRole

_ANY = 0
_HOUR_MS = 3_600_000


class ShippedRule(NamedTuple):
    """A rule and what it means to a person."""

    code: str  # of v3-ActReason
    role: int
    mode: Mode
    ceiling: int
    meaning: str
    objection: bool = False
    notice: bool = False


class ShippedSet(NamedTuple):
    """A set of rules, to be given a jurisdiction and an emergency group."""

    name: str
    meaning: str
    rules: tuple[ShippedRule, ...]
    emergency_ceiling: int
    window_ms: int
    pending: int
    attested: tuple[str, ...]


OPT_OUT = ShippedSet(
    "opt-out",
    "Treatment is shared among those who treat unless the person opted out; all else waits for her word.",
    (
        ShippedRule(
            "TREAT", OrganisationRole.HOSPITAL, Mode.OPT_OUT, NORMAL,
            "Hospitals get what is not sensitive, to treat, unless she opted out.",
        ),
        ShippedRule(
            "TREAT", OrganisationRole.CLINIC, Mode.OPT_OUT, NORMAL,
            "So do clinics.",
        ),
        ShippedRule(
            "ETREAT", OrganisationRole.HOSPITAL, Mode.OPT_OUT, RESTRICTED,
            "In an emergency hospitals get what is sensitive too, unless she opted out.",
        ),
        ShippedRule(
            "HPAYMT", OrganisationRole.PAYER, Mode.PERMITTED, NORMAL,
            "Payers get what a claim needs; she may object.", objection=True, notice=True,
        ),
        ShippedRule(
            "HRESCH", _ANY, Mode.OPT_IN, NORMAL,
            "Research gets nothing until she opted in.",
        ),
    ),
    VERY_RESTRICTED, 4 * _HOUR_MS, RESTRICTED, ("TREAT",),
)  # fmt: skip

MANDATED = ShippedSet(
    "mandated",
    "Reports to the authority are mandated, claims are permitted, all else waits for the person's word.",
    (
        ShippedRule(
            "PUBHLTH", OrganisationRole.REGULATOR, Mode.MANDATED, RESTRICTED,
            "The authority gets what the law has it told, whatever was denied.", notice=True,
        ),
        ShippedRule(
            "HPAYMT", OrganisationRole.PAYER, Mode.PERMITTED, NORMAL,
            "Payers get what a claim needs, without asking.",
        ),
        ShippedRule(
            "TREAT", _ANY, Mode.OPT_IN, NORMAL,
            "Whoever treats her gets what is not sensitive once she opted in.",
        ),
    ),
    RESTRICTED, 2 * _HOUR_MS, NORMAL, (),
)  # fmt: skip

SHIPPED = (OPT_OUT, MANDATED)


def rules_of(shipped: ShippedSet, numbers: Mapping[str, int]) -> tuple[PolicyRule, ...]:
    """Return the rules over a network's own table, `numbers` by code; KeyError where it lacks a purpose."""
    rules = [
        PolicyRule(numbers[rule.code], int(rule.role), int(rule.mode), rule.ceiling, rule.objection, rule.notice)
        for rule in shipped.rules
    ]
    return tuple(sorted(rules, key=lambda rule: (rule.purpose, rule.role)))


def attested_of(shipped: ShippedSet, numbers: Mapping[str, int]) -> tuple[int, ...]:
    """Return the purposes for which attested consent is honoured."""
    return tuple(sorted(numbers[code] for code in shipped.attested))


def policy_set(
    shipped: ShippedSet, numbers: Mapping[str, int], jurisdiction: str = "", group: bytes | None = None
) -> PolicySet:
    """Return the set as members vote on it; without a group nobody may break the glass."""
    emergency = EmergencyRule(None, 0, 0)
    if group is not None:
        emergency = EmergencyRule(group, shipped.emergency_ceiling, shipped.window_ms)
    return PolicySet(
        jurisdiction, rules_of(shipped, numbers), emergency, shipped.pending, attested_of(shipped, numbers)
    )


def founding_set(shipped: ShippedSet, numbers: Mapping[str, int], group: int) -> FoundingSet:
    """Return the set for any jurisdiction as a genesis document holds it; `group` is the place of its group there."""
    emergency = FoundingEmergency(group, shipped.emergency_ceiling, shipped.window_ms)
    return FoundingSet("", rules_of(shipped, numbers), emergency, shipped.pending, attested_of(shipped, numbers))
