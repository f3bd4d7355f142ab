"""The tiers: each bars records for those after it, or answers, or leaves the question to the next.

1 statutory bars, 2 mandates (so far: own access), 3 directives, 5 nothing matched. A tier for policy
sets goes between 3 and 5 and finds there what the directives deny already barred.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from salus.core.record import Status as RecordStatus
from salus.policy.directives import deny_covers, permit_gap
from salus.policy.provision import Facts
from salus.policy.public import denies_everything, deny_applies, names, permit_obstacle
from salus.policy.question import NOTHING_SAID, Decision, Held, LeftOut, Question, Tier
from salus.policy.reasons import Reason
from salus.policy.types import Directive, Effect, Residual, SealedPart

_PERMIT = int(Effect.PERMIT)
_TOMBSTONE, _RESTRICTED = int(RecordStatus.TOMBSTONE), int(RecordStatus.RESTRICTED)

Bar = tuple[Reason, int]  # why a record is out, and the Residual level up to which that may be said


@dataclass(slots=True)
class Case:
    """A question on its way through the tiers."""

    question: Question
    held: Sequence[Held]  # of the question's relation
    records: Sequence[Facts]  # asked for
    barred: list[Bar | None] = field(init=False)  # by index of `records`
    permits: list[Held] = field(init=False)
    denies: list[Held] = field(init=False)

    def __post_init__(self) -> None:
        self.barred = [None] * len(self.records)
        self.permits = [pair for pair in self.held if pair[0].effect == _PERMIT]
        self.denies = [pair for pair in self.held if pair[0].effect != _PERMIT]


Rule = Callable[[Case], Decision | None]


def statutory(case: Case) -> Decision | None:
    """Tier 1: what no directive can change. A person's own access is barred by erasure alone."""
    own = case.question.own_access
    if case.question.recipient_suspended and not own:
        return _denied(case, Tier.STATUTORY, (Reason.RECIPIENT_SUSPENDED,))
    for at, facts in enumerate(case.records):
        status = facts.header.status
        if status == _TOMBSTONE:
            case.barred[at] = (Reason.RECORD_ERASED, Residual.ITEMISED if own else Residual.NONE)
        elif status == _RESTRICTED and not own:
            case.barred[at] = (Reason.RECORD_RESTRICTED, Residual.NONE)
    return None


def own_access(case: Case) -> Decision | None:
    """Tier 2: a person gets what is its own, whatever was denied to others."""
    if not case.question.own_access:
        return None
    return _permitted(case, Tier.MANDATE, Reason.OWN_ACCESS, None, case.barred, (), Residual.ITEMISED)


def directives(case: Case) -> Decision | None:
    """Tier 3: denies first, then the permit that covers most."""
    question = case.question
    whole, partial = _denies(case)
    if whole:
        return _denied(case, Tier.DIRECTIVES, whole)
    if partial:
        for at, facts in enumerate(case.records):
            if case.barred[at] is None:
                levels = [part.residual for part in partial if deny_covers(part, facts, question.staff)]
                if levels:
                    case.barred[at] = (Reason.DENIED_BY_DIRECTIVE, min(levels))
    choice = _choose(case)
    if choice is None:
        return None
    directive, part, bars = choice
    basis = (directive.id, directive.version)
    return _permitted(case, Tier.DIRECTIVES, Reason.PERMITTED, basis, bars, part.obligations, Residual(part.residual))


def nothing_matched(case: Case) -> Decision:
    """Tier 5: deny. The reasons name what stands in the way of each permit for this recipient."""
    asked, used = case.question.asked, case.question.used
    near = [Reason.NOT_PERMITTED]
    for directive, _ in case.permits:
        if names(directive.grantee, asked.recipient):
            obstacle = permit_obstacle(directive, asked, used.get(directive.chain, 0))
            near.append(obstacle or Reason.SEALED_PART_MISSING)
    return _denied(case, Tier.DEFAULT, near)


def _denies(case: Case) -> tuple[list[Reason], list[SealedPart]]:
    """Return (why everything is denied, the sealed parts of the denies that cover some records)."""
    whole: list[Reason] = []
    partial: list[SealedPart] = []
    for directive, part in case.denies:
        if deny_applies(directive, case.question.asked):
            reason = denies_everything(directive)
            if reason is not None:
                whole.append(reason)
            elif part is None:
                whole.append(Reason.SEALED_PART_MISSING)
            else:
                partial.append(part)
    return whole, partial


def _choose(case: Case) -> tuple[Directive, SealedPart, list[Bar | None]] | None:
    """Return the usable permit that covers most records, with what bars each record under it.

    A release names one directive, so permits are never joined. Of equals the one with unlimited
    uses is taken, then the lowest id.
    """
    asked, used = case.question.asked, case.question.used
    found = []
    for directive, part in case.permits:
        if part is not None and permit_obstacle(directive, asked, used.get(directive.chain, 0)) is None:
            bars = _bars(case, part)
            found.append((-bars.count(None), directive.uses != 0, directive.id, directive, part, bars))
    if not found:
        return None
    *_, directive, part, bars = min(found, key=lambda row: row[:3])
    others = [row[5] for row in found if row[2] != directive.id]
    for at, bar in enumerate(bars):
        if bar is not None and any(other[at] is None for other in others):
            bars[at] = (Reason.OTHER_PERMIT, bar[1])
    return directive, part, bars


def _bars(case: Case, part: SealedPart) -> list[Bar | None]:
    bars = list(case.barred)
    for at, facts in enumerate(case.records):
        if bars[at] is None:
            gap = permit_gap(part, facts, case.question.staff)
            if gap is not None:
                bars[at] = (gap, part.residual)
    return bars


def _permitted(
    case: Case,
    tier: Tier,
    reason: Reason,
    basis: tuple[bytes, int] | None,
    bars: Sequence[Bar | None],
    obligations: Sequence[str],
    level: Residual,
) -> Decision:
    allowed, denied, reasons, told = [], [], [int(reason)], 0
    for facts, bar in zip(case.records, bars, strict=True):
        if bar is None:
            allowed.append(facts.header.record)
        else:
            denied.append(facts.header.record)
            reasons.append(bar[0])
            told += bar[1] >= level
    left_out = LeftOut(
        level,
        bool(told) if level >= Residual.GENERIC else None,
        told if level == Residual.ITEMISED else None,
    )
    return Decision(
        True,
        tier,
        _sorted(reasons),
        basis,
        tuple(allowed),
        tuple(denied),
        tuple(sorted(dict.fromkeys(obligations))),
        left_out,
    )


def _denied(case: Case, tier: Tier, reasons: Sequence[int]) -> Decision:
    records = tuple(facts.header.record for facts in case.records)
    return Decision(False, tier, _sorted(reasons), None, (), records, (), NOTHING_SAID)


def _sorted(reasons: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(dict.fromkeys(map(int, reasons))))


TIERS: tuple[tuple[Tier, Rule], ...] = (
    (Tier.STATUTORY, statutory),
    (Tier.MANDATE, own_access),
    (Tier.DIRECTIVES, directives),
    (Tier.DEFAULT, nothing_matched),
)
