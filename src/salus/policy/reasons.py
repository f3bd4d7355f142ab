"""Why a question was answered as it was: numbers that never change, and fixed texts.

A text holds nothing of a person's. Only the reasons in PUBLISHABLE may stand on the ledger: the
others would tell something of a person's records or of the sealed part of a directive.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum


class Reason(IntEnum):
    """Numbers below 64 deny, from 64 on they allow; never reused."""

    NOT_PERMITTED = 1
    RECIPIENT_SUSPENDED = 2
    TOTALLY_DENIED = 3
    DENY_UNACKNOWLEDGED = 4
    SEALED_PART_MISSING = 5
    NOT_A_PERMIT = 6
    PERMIT_REVOKED = 7
    PERMIT_REPLACED = 8
    PERMIT_UNACKNOWLEDGED = 9
    PERMIT_NOT_STARTED = 10
    PERMIT_EXPIRED = 11
    OTHER_RECIPIENT = 12
    OTHER_PURPOSE = 13
    PERMIT_EXHAUSTED = 14
    BREAK_GLASS_BY_PERMIT = 15
    REQUEST_INVALID = 16
    STAFF_NOT_ATTESTED = 17
    STATE_STALE = 18
    EVALUATION_FAILED = 19
    OPTED_OUT = 20
    NOT_OPTED_IN = 21
    ORDER_NOT_IN_FORCE = 22
    BREAK_GLASS_NOT_ALLOWED = 23
    NOT_OF_THE_EMERGENCY_GROUP = 24
    RELATION_RESTRICTED = 25
    SESSION_OVER = 26
    ATTESTED_NOT_HONOURED = 27
    PERSON_DECEASED = 28
    RELATION_CLOSED = 29
    PERMIT_SUSPENDED = 30
    ACCOUNT_BARRED = 31
    AUTHORITY_ENDED = 41
    AUTHORITY_SUSPENDED = 42
    RECORD_ERASED = 32
    RECORD_RESTRICTED = 33
    DENIED_BY_DIRECTIVE = 34
    OUTSIDE_PERMIT = 35
    EXCEPTED = 36
    OTHER_PERMIT = 37
    ABOVE_CEILING = 38
    EMERGENCY_REFUSED = 39
    KEPT_FROM_REPRESENTATIVE = 40
    PERMITTED = 64
    OWN_ACCESS = 65
    MANDATED = 66
    ORDERED = 67
    BY_POLICY = 68
    BY_BREAK_GLASS = 69
    REPRESENTED = 70


TEXTS: Mapping[int, str] = {
    Reason.NOT_PERMITTED: "Nothing permits it.",
    Reason.RECIPIENT_SUSPENDED: "The recipient may not receive at present.",
    Reason.TOTALLY_DENIED: "A directive denies everything to this recipient.",
    Reason.DENY_UNACKNOWLEDGED: "A deny that is not yet acknowledged counts as a deny of everything.",
    Reason.SEALED_PART_MISSING: "The sealed part of a directive is not at hand.",
    Reason.NOT_A_PERMIT: "The directive is no permit.",
    Reason.PERMIT_REVOKED: "The permit is revoked.",
    Reason.PERMIT_REPLACED: "The permit is replaced by a newer version.",
    Reason.PERMIT_UNACKNOWLEDGED: "The permit is not yet acknowledged.",
    Reason.PERMIT_NOT_STARTED: "The permit is not yet in force.",
    Reason.PERMIT_EXPIRED: "The permit has ended.",
    Reason.OTHER_RECIPIENT: "The permit is for another recipient.",
    Reason.OTHER_PURPOSE: "The permit is for another purpose.",
    Reason.PERMIT_EXHAUSTED: "The permit has no uses left.",
    Reason.BREAK_GLASS_BY_PERMIT: "Break-glass never rests on a permit.",
    Reason.REQUEST_INVALID: "The request is not valid.",
    Reason.STAFF_NOT_ATTESTED: "The member of staff is not attested.",
    Reason.STATE_STALE: "The custodian's view of the ledger is too old.",
    Reason.EVALUATION_FAILED: "The question could not be evaluated, and that is a denial.",
    Reason.OPTED_OUT: "The person opted out.",
    Reason.NOT_OPTED_IN: "The policy asks for an opt-in, and there is none.",
    Reason.ORDER_NOT_IN_FORCE: "The order is not in force, or is for another recipient or purpose.",
    Reason.BREAK_GLASS_NOT_ALLOWED: "The policy set of the relation allows no break-glass.",
    Reason.NOT_OF_THE_EMERGENCY_GROUP: "The recipient is not of the emergency group.",
    Reason.RELATION_RESTRICTED: "The relation is kept, and not to be used.",
    Reason.SESSION_OVER: "The session is over.",
    Reason.ATTESTED_NOT_HONOURED: "The policy set does not honour an attested consent for this purpose.",
    Reason.PERMIT_SUSPENDED: "The permit was granted while somebody else may have had the keys, and is suspended.",
    Reason.ACCOUNT_BARRED: "The person's account is frozen or being recovered.",
    Reason.AUTHORITY_ENDED: "The authority of who permitted it for the person has ended.",
    Reason.AUTHORITY_SUSPENDED: "The authority of who permitted it for the person does not hold at present.",
    Reason.PERSON_DECEASED: "The person has died: what rests on a living person's word is over.",
    Reason.RELATION_CLOSED: "The relation is closed.",
    Reason.RECORD_ERASED: "The record is erased.",
    Reason.RECORD_RESTRICTED: "The record is kept, and not to be used.",
    Reason.DENIED_BY_DIRECTIVE: "A directive denies it.",
    Reason.OUTSIDE_PERMIT: "The permit does not cover it.",
    Reason.EXCEPTED: "An exception of the permit leaves it out.",
    Reason.OTHER_PERMIT: "Another permit covers it, not the one that the answer rests on.",
    Reason.ABOVE_CEILING: "Its label lies above what the ground allows.",
    Reason.EMERGENCY_REFUSED: "A directive keeps it from emergencies as well.",
    Reason.KEPT_FROM_REPRESENTATIVE: "It is kept from who represents the person.",
    Reason.PERMITTED: "A directive permits it.",
    Reason.OWN_ACCESS: "A person's own access.",
    Reason.MANDATED: "The law mandates it.",
    Reason.ORDERED: "An order demands it.",
    Reason.BY_POLICY: "The relation's policy set permits it.",
    Reason.BY_BREAK_GLASS: "Break-glass lifts what stood against it.",
    Reason.REPRESENTED: "The access of who represents the person.",
}

_AUTHORITY = (Reason.AUTHORITY_ENDED, Reason.AUTHORITY_SUSPENDED)
PUBLISHABLE = frozenset(int(reason) for reason in Reason if reason < Reason.RECORD_ERASED or reason in _AUTHORITY)


def ledger_reason(reasons: Iterable[int]) -> Reason:
    """Return the first of `reasons` that may stand on the ledger; NOT_PERMITTED where none may."""
    return next((Reason(reason) for reason in reasons if reason in PUBLISHABLE), Reason.NOT_PERMITTED)
