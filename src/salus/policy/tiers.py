"""The tiers: each bars records for those after it, or answers, or leaves the question to the next.

1 statutory bars; 2 a person's own access, that of who acts for her, mandates and orders, whatever the directives
say; 3 directives (`consented`); 4 the policy set with the person's preference; 5 nothing matched. Break-glass
(`emergency`) comes after these and may lift what 3 to 5 hold back.

A label ceiling is each ground's own: what lies above it never goes on that ground.
"""

from collections.abc import Callable

from salus.core.record import PENDING
from salus.policy.case import Bar, Case, denied, permitted
from salus.policy.consented import directives, obstacle
from salus.policy.grounds import order_obstacle, policy_obstacle, rule_for
from salus.policy.labels import level_of
from salus.policy.policies import LEVELS, VERY_RESTRICTED, Mode
from salus.policy.provision import Facts
from salus.policy.public import names
from salus.policy.question import Basis, Decision, Tier
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Residual

_MANDATED = int(Mode.MANDATED)
_SELF, _POLICY, _ORDER = int(BasisKind.SELF), int(BasisKind.POLICY), int(BasisKind.ORDER)

Rule = Callable[[Case], Decision | None]


def statutory(case: Case) -> Decision | None:
    """Tier 1: what no ground changes; erased and restricted records are barred one by one (`case`)."""
    question = case.question
    if question.own_access:
        return denied(case, Tier.STATUTORY, [Reason.PERSON_DECEASED]) if question.deceased else None
    reasons = []
    if question.recipient_suspended:
        reasons.append(Reason.RECIPIENT_SUSPENDED)
    if question.restricted:
        reasons.append(Reason.RELATION_RESTRICTED)
    return denied(case, Tier.STATUTORY, reasons) if reasons else None


def own_access(case: Case) -> Decision | None:
    """Tier 2: a person gets what is its own, whatever was denied to others."""
    if not case.question.own_access:
        return None
    basis = (_SELF, None, 0)
    return permitted(case, Tier.MANDATE, Reason.OWN_ACCESS, basis, case.statutory, (), int(Residual.ITEMISED))


def represented(case: Case) -> Decision | None:
    """Tier 2: who acts for the person gets what she could get, but for the labels kept from that representative.

    What is kept is not hinted at: that a child has a confidential record is what the label keeps.
    """
    represents = case.question.represents
    if represents is None:
        return None
    bars = [bar or _kept(facts, represents.excluded) for facts, bar in zip(case.records, case.statutory, strict=True)]
    return permitted(case, Tier.MANDATE, Reason.REPRESENTED, (_SELF, represents.under, 0), bars)


def _kept(facts: Facts, excluded: tuple[str, ...]) -> Bar | None:
    """Return a bar for an excluded label, or a level at or above an excluded one.

    Where the label is pending, or there is none, any may be meant.
    """
    labels = facts.header.labels
    unknown = bool(excluded) and (not labels or PENDING in labels)
    ceiling = next((level for level, name in enumerate(LEVELS) if name in excluded), len(LEVELS))
    above = level_of(labels, VERY_RESTRICTED) >= ceiling
    if unknown or above or any(label in excluded for label in labels):
        return Reason.KEPT_FROM_REPRESENTATIVE, int(Residual.NONE)
    return None


def mandates(case: Case) -> Decision | None:
    """Tier 2: of the mandate and the orders that reach this, the one with the highest ceiling; the mandate first."""
    question, policy = case.question, case.question.policy
    found: list[tuple[int, bytes, Reason, Basis]] = []
    rule = rule_for(policy.body, question.asked)
    if rule is not None and rule.mode == _MANDATED:
        found.append((-rule.ceiling, b"", Reason.MANDATED, (_POLICY, policy.set, policy.version)))
    for order_id, order in question.orders:
        if order_obstacle(order, question.asked) is None:
            found.append((-order.ceiling, order_id, Reason.ORDERED, (_ORDER, order_id, 0)))
    if not found:
        return None
    ceiling, _, reason, basis = min(found, key=lambda row: row[:2])
    return permitted(case, Tier.MANDATE, reason, basis, case.under(-ceiling, case.statutory))


def over(case: Case) -> Decision | None:
    """Tier 1 again: of one who died, or of a closed relation, nothing goes but on the grounds before.

    What a living person said, a policy that stands in for it, and break-glass are over.
    """
    question = case.question
    reasons = [Reason.PERSON_DECEASED] if question.deceased else []
    if question.closed:
        reasons.append(Reason.RELATION_CLOSED)
    return denied(case, Tier.STATUTORY, reasons) if reasons else None


def policies(case: Case) -> Decision | None:
    """Tier 4: what the set permits under the person's preference, less what tier 3 barred."""
    question, policy = case.question, case.question.policy
    rule = rule_for(policy.body, question.asked)
    if rule is None or policy_obstacle(rule, policy.preference, question.asked, question.objections) is not None:
        return None
    basis = (_POLICY, policy.set, policy.version)
    return permitted(case, Tier.POLICY, Reason.BY_POLICY, basis, case.under(rule.ceiling, case.barred))


def nothing_matched(case: Case) -> Decision:
    """Tier 5: deny. The reasons name what stands in the way of each ground for this recipient."""
    question, policy = case.question, case.question.policy
    asked = question.asked
    near = [Reason.NOT_PERMITTED]
    for directive, _ in case.prepared.permits:
        if names(directive.grantee, asked.recipient):
            near.append(obstacle(case, directive) or Reason.SEALED_PART_MISSING)
    if any(order.recipient == asked.recipient.account for _, order in question.orders):
        near.append(Reason.ORDER_NOT_IN_FORCE)
    rule = rule_for(policy.body, asked)
    near.append(policy_obstacle(rule, policy.preference, asked, question.objections) or Reason.NOT_PERMITTED)
    return denied(case, Tier.DEFAULT, near)


TIERS: tuple[Rule, ...] = (
    *(statutory, own_access, represented, mandates),
    *(over, directives, policies, nothing_matched),
)
