"""Grounds other than consent, which validators and gateways ask alike: rules, preferences, orders, emergencies."""

from collections.abc import Iterable

from salus.policy.policies import Choice, Mode, Order, PolicyRule, PolicySet, Preference
from salus.policy.public import Asked
from salus.policy.reasons import Reason
from salus.policy.types import Directive

_MANDATED, _PERMITTED, _OPT_OUT, _OPT_IN = map(int, Mode)
_OUT, _IN = map(int, Choice)


def rule_for(policy_set: PolicySet, asked: Asked) -> PolicyRule | None:
    """Return the set's rule for this purpose and recipient, None where the set says nothing.

    A rule for the very purpose comes before one that implies it, and among those one for a role of the
    recipient before one for any; of several the strictest. A mandate reaches its very purpose only.
    Break-glass rests on no rule.
    """
    if asked.break_glass:
        return None
    best: tuple[tuple[bool, bool, int, int, bool, int], PolicyRule] | None = None
    for rule in policy_set.rules:
        exact = rule.purpose == asked.purpose
        if not exact and (rule.mode == _MANDATED or not asked.implied_by(rule.purpose)):
            continue
        if rule.role and rule.role not in asked.recipient.roles:
            continue
        rank = (not exact, not rule.role, -rule.mode, rule.ceiling, not rule.objection, rule.purpose)
        if best is None or rank < best[0]:
            best = rank, rule
    return None if best is None else best[1]


def policy_obstacle(
    rule: PolicyRule | None, preference: Preference, asked: Asked, objections: Iterable[Preference] = ()
) -> Reason | None:
    """Return why the policy set does not permit it, None where it does.

    `objections` are the preferences of relations that this one is merged with: who opted out there opted out here.
    """
    if rule is None:
        return Reason.NOT_PERMITTED
    if rule.mode == _MANDATED or (rule.mode == _PERMITTED and not rule.objection):
        return None
    choice = _choice(preference, asked)
    if choice == _OUT or any(_choice(other, asked) == _OUT for other in objections):
        return Reason.OPTED_OUT
    if rule.mode == _OPT_IN and choice != _IN:
        return Reason.NOT_OPTED_IN
    return None


def _choice(preference: Preference, asked: Asked) -> int | None:
    """Return what the person prefers: for the very purpose, else for those that imply it (out wins), else for all."""
    general, implied = None, None
    for purpose, choice in preference:
        if purpose == asked.purpose:
            return choice
        if purpose == 0:
            general = choice
        elif asked.implied_by(purpose) and implied != _OUT:
            implied = choice
    return general if implied is None else implied


def order_obstacle(order: Order, asked: Asked) -> Reason | None:
    """Return ORDER_NOT_IN_FORCE unless the order stands, for this very recipient and purpose, now."""
    if (
        order.withdrawn
        or asked.break_glass
        or order.recipient != asked.recipient.account
        or order.purpose != asked.purpose
        or not order.start <= asked.time < order.end
    ):
        return Reason.ORDER_NOT_IN_FORCE
    return None


def break_glass_obstacle(policy_set: PolicySet, asked: Asked) -> Reason | None:
    """Return why this recipient may not break the glass under the set, None where it may."""
    group = policy_set.emergency.group
    if group is None:
        return Reason.BREAK_GLASS_NOT_ALLOWED
    if not asked.recipient.in_group(group):
        return Reason.NOT_OF_THE_EMERGENCY_GROUP
    return None


def refuses_emergency(directive: Directive) -> bool:
    """True if the directive, where it applies, keeps what it denies from break-glass as well."""
    return directive.emergency[2]
