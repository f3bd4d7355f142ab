"""Why a recipient breaks the glass, and what a review of it says: numbers that never change, and fixed texts.

The recipient signs the reason in its request; a free text would carry a person's data to the ledger.
"""

from collections.abc import Mapping
from enum import IntEnum


class GlassReason(IntEnum):
    """What the recipient signs that it meets."""

    UNCONSCIOUS = 1
    LIFE_IN_DANGER = 2
    CANNOT_CONSENT = 3
    NOBODY_TO_ASK = 4
    POISONING = 5


class Verdict(IntEnum):
    """What a reviewer says of it."""

    JUSTIFIED = 1
    NOT_JUSTIFIED = 2


class ReviewerKind(IntEnum):
    """In which place a reviewer speaks; two of the three close a review."""

    CUSTODIAN = 1
    PATIENT = 2
    REGULATOR = 3


REASONS = frozenset(map(int, GlassReason))
VERDICTS = frozenset(map(int, Verdict))
NEEDED = 2  # reviewers of different kinds

TEXTS: Mapping[int, str] = {
    GlassReason.UNCONSCIOUS: "The patient is unconscious.",
    GlassReason.LIFE_IN_DANGER: "The patient's life is in danger.",
    GlassReason.CANNOT_CONSENT: "The patient cannot understand or decide at present.",
    GlassReason.NOBODY_TO_ASK: "Nobody who may decide for the patient can be reached in time.",
    GlassReason.POISONING: "A poisoning or an overdose, whose cause must be known at once.",
}
