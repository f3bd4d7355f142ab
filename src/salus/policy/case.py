"""A question on its way through the tiers, and the two forms of an answer."""

from collections.abc import Sequence

from salus.core.record import Status as RecordStatus
from salus.policy.labels import level_of
from salus.policy.prepared import Prepared
from salus.policy.provision import Facts
from salus.policy.question import NOTHING_SAID, Basis, Decision, LeftOut, Question, Tier
from salus.policy.reasons import Reason
from salus.policy.types import Residual

_TOMBSTONE, _RESTRICTED = int(RecordStatus.TOMBSTONE), int(RecordStatus.RESTRICTED)
_LEVELS = tuple(Residual)
_NONE, _GENERIC, _ITEMISED = map(int, Residual)

Bar = tuple[Reason, int]  # why a record is out, and the Residual level up to which that may be said
_ERASED: Bar = (Reason.RECORD_ERASED, _NONE)
_ERASED_OF_HER_OWN: Bar = (Reason.RECORD_ERASED, _ITEMISED)
_KEPT: Bar = (Reason.RECORD_RESTRICTED, _NONE)
_ABOVE: Bar = (Reason.ABOVE_CEILING, _NONE)


class Case:
    """The question, the directives, the records asked for, and what bars each of these."""

    __slots__ = ("barred", "pending", "prepared", "question", "records", "statutory")

    def __init__(self, question: Question, prepared: Prepared, records: Sequence[Facts]) -> None:
        self.question = question
        self.prepared = prepared
        self.records = records
        self.pending = question.policy.body.pending
        own = question.own_access
        # Tier 1, record by record. A person's own access is barred by erasure alone.
        self.statutory: list[Bar | None] = [_statutory(facts, own) for facts in records]
        self.barred = self.statutory  # with tier 3's denies once these were looked at

    def under(self, ceiling: int, bars: Sequence[Bar | None]) -> list[Bar | None]:
        """Return `bars` and what lies above the ceiling."""
        return [
            bar or (_ABOVE if level_of(facts.header.labels, self.pending) > ceiling else None)
            for facts, bar in zip(self.records, bars, strict=True)
        ]


def _statutory(facts: Facts, own: bool) -> Bar | None:
    status = facts.header.status
    if status == _TOMBSTONE:
        return _ERASED_OF_HER_OWN if own else _ERASED
    return _KEPT if status == _RESTRICTED and not own else None


def permitted(
    case: Case,
    tier: Tier,
    reason: Reason,
    basis: Basis,
    bars: Sequence[Bar | None],
    obligations: Sequence[str] = (),
    level: int = _NONE,
) -> Decision:
    """Answer with the records that nothing bars. What a set, an order or an emergency leaves out is not hinted at."""
    allowed, denied, reasons, told = [], [], [reason], 0
    for facts, bar in zip(case.records, bars, strict=True):
        if bar is None:
            allowed.append(facts.header.record)
        else:
            denied.append(facts.header.record)
            reasons.append(bar[0])
            told += bar[1] >= level
    left_out = NOTHING_SAID
    if level != _NONE:
        left_out = LeftOut(_LEVELS[level], bool(told), told if level == _ITEMISED else None)
    return Decision(
        True,
        tier,
        in_order(reasons),
        basis,
        tuple(allowed),
        tuple(denied),
        tuple(sorted(dict.fromkeys(obligations))) if obligations else (),
        left_out,
        case.question.height,
    )


def denied(case: Case, tier: Tier, reasons: Sequence[int]) -> Decision:
    """Answer that nothing goes."""
    records = tuple(facts.header.record for facts in case.records)
    return Decision(False, tier, in_order(reasons), None, (), records, (), NOTHING_SAID, case.question.height)


def in_order(reasons: Sequence[int]) -> tuple[int, ...]:
    """Return the reasons sorted and distinct."""
    if len(reasons) == 1:
        return (int(reasons[0]),)
    return tuple(sorted(dict.fromkeys(map(int, reasons))))
