"""How confidential is a record? From its labels, with what the policy set says of labels that are still pending.

https://terminology.hl7.org/CodeSystem-v3-Confidentiality.html; sensitivity labels (PSY, HIV, ...) are v3-ActCode.
"""

from collections.abc import Sequence

from salus.core.record import PENDING
from salus.policy.policies import LEVELS, RESTRICTED

_LEVELS = {code: level for level, code in enumerate(LEVELS)}


def level_of(labels: Sequence[str], pending: int) -> int:
    """Return the index into LEVELS. `pending`: what the set counts a record as while its label is pending.

    Unlabelled data waits for its label. A sensitivity label without a level is restricted at least, and so is
    a label that only looks like a level.
    """
    waits, sensitive, level = not labels, False, -1
    for label in labels:
        if label == PENDING:
            waits = True
        elif label in _LEVELS:
            level = max(level, _LEVELS[label])
        else:
            sensitive = True
    if level < 0 and sensitive:
        level = RESTRICTED
    return max(level, pending) if waits else level


def counted(labels: tuple[str, ...], pending: int) -> tuple[str, ...]:
    """Return the labels as a permit may count on them: while one is pending, the level is that of the set."""
    if labels and PENDING not in labels:
        return labels
    sure = tuple(label for label in labels if label != PENDING and label not in _LEVELS)
    return (*sure, LEVELS[level_of(labels, pending)])


def uncertain(labels: Sequence[str]) -> bool:
    """True if the record may turn out to have any label."""
    return not labels or PENDING in labels
