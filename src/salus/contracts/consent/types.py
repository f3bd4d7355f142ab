"""What the consent contract stores beside `policy.types.Directive`."""

from enum import IntEnum

from salus.core.types import Count, Digest, Id, Message, Small
from salus.policy.policies import NO_SET, Preference


class Method(IntEnum):
    """How an attested consent was given."""

    ON_PAPER = 1  # signed by hand
    SPOKEN = 2  # before the member of staff
    ELSEWHERE = 3  # in another system, whose own record is the evidence


METHODS = frozenset(map(int, Method))  # for membership only


class Uses(Message, frozen=True):
    """How many releases rested on a chain of replacements; no entry means none."""

    count: Count


class Chosen(Message, frozen=True):
    """Which policy set a relation is under, and what the person prefers; no entry means strict opt-in."""

    set: Id
    preference: Preference
    capacity: Small  # in which the preference was said; 0: nothing was said yet


NOTHING_CHOSEN = Chosen(NO_SET, (), 0)


class Attestation(Message, frozen=True):
    """Who answers for a directive that the person did not sign."""

    attester: Id
    staff: Digest
    method: Small  # Method
    evidence: Digest
