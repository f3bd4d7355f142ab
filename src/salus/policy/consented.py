"""Tier 3, what the person said: denies first, then the permit that covers most."""

from salus.policy.case import Bar, Case, denied, permitted
from salus.policy.directives import deny_covers, permit_gap
from salus.policy.public import denies_everything, deny_applies, permit_obstacle
from salus.policy.question import Decision, Tier
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Directive, SealedPart, Status

_DIRECTIVE = int(BasisKind.DIRECTIVE)
_ACTIVE = int(Status.ACTIVE)


def directives(case: Case) -> Decision | None:
    """Tier 3. What is denied in part stays barred for the tiers after it."""
    whole, partial = _denies(case)
    if whole:
        return denied(case, Tier.DIRECTIVES, whole)
    if partial:
        case.barred = _with_denies(case, partial)
    choice = _choose(case)
    if choice is None:
        return None
    directive, part, bars = choice
    basis = (_DIRECTIVE, directive.id, directive.version)
    return permitted(case, Tier.DIRECTIVES, Reason.PERMITTED, basis, bars, part.obligations, part.residual)


def obstacle(case: Case, directive: Directive) -> Reason | None:
    """Return what stands in the way of a permit, as far as its public part says."""
    question = case.question
    attested = question.policy.body.attested
    return permit_obstacle(directive, question.asked, question.used.get(directive.chain, 0), attested)


def _denies(case: Case) -> tuple[list[Reason], list[SealedPart]]:
    """Return (why everything is denied, the sealed parts of the denies that cover some records)."""
    whole: list[Reason] = []
    partial: list[SealedPart] = []
    for directive, part in case.prepared.denies:
        if deny_applies(directive, case.question.asked):
            reason = denies_everything(directive)
            if reason is not None:
                whole.append(reason)
            elif part is None:
                whole.append(Reason.SEALED_PART_MISSING)
            else:
                partial.append(part)
    return whole, partial


def _with_denies(case: Case, partial: list[SealedPart]) -> list[Bar | None]:
    bars = list(case.statutory)
    staff = case.question.staff
    for at, facts in enumerate(case.records):
        if bars[at] is None:
            levels = [part.residual for part in partial if deny_covers(part, facts, staff, case.pending)]
            if levels:
                bars[at] = (Reason.DENIED_BY_DIRECTIVE, min(levels))
    return bars


def _choose(case: Case) -> tuple[Directive, SealedPart, list[Bar | None]] | None:
    """Return the usable permit that covers most records, with what bars each record under it.

    A release names one directive, so permits are never joined. Of equals the one with unlimited
    uses is taken, then the lowest id.
    """
    asked, attested = case.question.asked, case.question.policy.body.attested
    found: list[tuple[tuple[int, bool, bytes], Directive, SealedPart, list[Bar | None]]] = []
    for directive, part in case.prepared.permits:
        if part is None or directive.status != _ACTIVE:
            continue
        used = case.question.used.get(directive.chain, 0) if directive.uses else 0
        if permit_obstacle(directive, asked, used, attested) is None:
            bars = _bars(case, part)
            found.append(((-bars.count(None), directive.uses != 0, directive.id), directive, part, bars))
    if not found:
        return None
    _, directive, part, bars = min(found, key=lambda row: row[0])
    for at, bar in enumerate(bars):
        if bar is not None and any(row[3][at] is None for row in found):
            bars[at] = (Reason.OTHER_PERMIT, bar[1])
    return directive, part, bars


def _bars(case: Case, part: SealedPart) -> list[Bar | None]:
    bars = list(case.barred)
    staff, pending = case.question.staff, case.pending
    for at, facts in enumerate(case.records):
        if bars[at] is None:
            gap = permit_gap(part, facts, staff, pending)
            if gap is not None:
                bars[at] = (gap, part.residual)
    return bars
