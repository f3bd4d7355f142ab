"""Tier 6, break-glass: it lifts what tiers 3 to 5 hold back, as far as each directive and the policy set allow.

| `emergency` of a deny     | what it denies                                   |
|---------------------------|--------------------------------------------------|
| refuse                    | stays                                            |
| lift, with a label ceiling | is lifted up to that label                      |
| neither                   | is lifted as far as the policy set goes          |

What erasure, restriction and suspension bar is never lifted, and nothing above the set's own ceiling is.
"""

from typing import NamedTuple

from salus.policy.case import Bar, Case, in_order, permitted
from salus.policy.directives import deny_covers
from salus.policy.grounds import break_glass_obstacle, refuses_emergency
from salus.policy.labels import level_of
from salus.policy.provision import Facts
from salus.policy.public import denies_everything, deny_applies
from salus.policy.question import Decision, Held, Tier
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Directive, Residual

_BREAK_GLASS = int(BasisKind.BREAK_GLASS)
_NONE = int(Residual.NONE)


def break_glass(case: Case, answer: Decision) -> Decision:
    """Return `answer`, which tiers 3 to 5 gave, or the one that the emergency gives.

    The glass is broken only for what would not go otherwise: a permit that gives as much stays the basis.
    """
    policy = case.question.policy
    obstacle = break_glass_obstacle(policy.body, case.question.asked)
    if obstacle is not None:
        return answer if answer.permitted else answer._replace(reasons=in_order((*answer.reasons, obstacle)))
    denies = [held for held in case.prepared.denies if deny_applies(held[0], case.question.asked)]
    ceiling = policy.body.emergency.ceiling
    outcomes = [
        _Outcome(bar, ()) if bar is not None else _outcome(case, facts, denies, ceiling)
        for facts, bar in zip(case.records, case.statutory, strict=True)
    ]
    bars = [outcome.bar for outcome in outcomes]
    if answer.permitted and bars.count(None) <= len(answer.allowed):
        return answer
    obligations = [code for outcome in outcomes for code in outcome.obligations]
    basis = (_BREAK_GLASS, policy.set, policy.version)
    return permitted(case, Tier.BREAK_GLASS, Reason.BY_BREAK_GLASS, basis, bars, obligations)


class _Outcome(NamedTuple):
    """Of one record: what bars it, else the obligations of the denies that were lifted for it."""

    bar: Bar | None
    obligations: tuple[str, ...]


def _outcome(case: Case, facts: Facts, denies: list[Held], ceiling: int) -> _Outcome:
    level = level_of(facts.header.labels, case.pending)
    obligations: tuple[str, ...] = ()
    for directive, part in denies:
        whole = part is None or denies_everything(directive) is not None
        if not whole and part is not None and not deny_covers(part, facts, case.question.staff, case.pending):
            continue
        if refuses_emergency(directive):
            return _Outcome((Reason.EMERGENCY_REFUSED, _NONE), ())
        ceiling = min(ceiling, _lifted_up_to(directive, ceiling))
        if part is not None:
            obligations += part.obligations
    if level > ceiling:
        return _Outcome((Reason.ABOVE_CEILING, _NONE), ())
    return _Outcome(None, obligations)


def _lifted_up_to(directive: Directive, ceiling: int) -> int:
    lift, own_ceiling, _ = directive.emergency
    return own_ceiling if lift else ceiling
