"""The sets that come with Salus as members vote on them, over a network's own table of purposes.

What they say, and which law says so, stands in `sets/`, one file each.
"""

from collections.abc import Mapping

from salus.policy.policies import EmergencyRule, FoundingEmergency, FoundingSet, PolicyRule, PolicySet
from salus.policy.sets import LAWS, TRIAL, ShippedRule, ShippedSet

SHIPPED = (*TRIAL, *LAWS)


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


def find_shipped(body: PolicySet, numbers: Mapping[str, int]) -> ShippedSet | None:
    """Return the shipped set whose rules a voted one has, None where it has rules of its own."""
    for shipped in SHIPPED:
        if all(rule.code in numbers for rule in shipped.rules) and rules_of(shipped, numbers) == body.rules:
            return shipped
    return None


def clause_of(shipped: ShippedSet, rule: PolicyRule, numbers: Mapping[str, int]) -> tuple[int, ShippedRule] | None:
    """Return the number of a voted rule in the shipped set, from 1, with what stands there."""
    for number, clause in enumerate(shipped.rules, start=1):
        if (numbers.get(clause.code), int(clause.role)) == (rule.purpose, rule.role):
            return number, clause
    return None
