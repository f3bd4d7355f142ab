"""Refusals of the whole message, in order of precedence; those of an entry are in `entry_errors`."""

from salus.core.errors import Kind, Refusal


class NotTheGateway(Refusal):
    code, kind, text = 0x0301, Kind.FORBIDDEN, "No gateway key of the custodian signed."


class MayNotHold(Refusal):
    code, kind, text = 0x0302, Kind.FORBIDDEN, "The organisation is no active member, or is suspended as custodian."


class NoSuchRelation(Refusal):
    code, kind, text = 0x0303, Kind.NOT_FOUND, "There is no such relation."


class NotTheCustodian(Refusal):
    code, kind, text = 0x0304, Kind.FORBIDDEN, "Another organisation holds the relation."


class NotAuthorised(Refusal):
    code, kind, text = 0x0305, Kind.FORBIDDEN, "Nobody who may act for the person in this capacity signed."


class TooManyPetitions(Refusal):
    code, kind, text = 0x0306, Kind.EXHAUSTED, "As many petitions of the relation are open as may be."


class TooManyHolds(Refusal):
    code, kind, text = 0x0307, Kind.EXHAUSTED, "As many holds stand over the relation as may."


class IdInUse(Refusal):
    code, kind, text = 0x0308, Kind.CONFLICT, "The relation has such a petition or hold: a nonce was used twice."


class NoSuchPetition(Refusal):
    code, kind, text = 0x0309, Kind.NOT_FOUND, "The relation has no such petition."


class AlreadyAnswered(Refusal):
    code, kind, text = 0x030A, Kind.CONFLICT, "The petition is answered, or deferred on this very ground."


class OutcomeNotPossible(Refusal):
    code, kind, text = (
        0x030B,
        Kind.INVALID,
        "Only an erasure is deferred; what was deferred is done later and not refused.",
    )


class WrongGround(Refusal):
    code, kind, text = 0x030C, Kind.INVALID, "The ground is none of this outcome."


class HoldStands(Refusal):
    code, kind, text = 0x030D, Kind.CONFLICT, "A legal hold stands: nothing may be destroyed."


class NoHoldStands(Refusal):
    code, kind, text = 0x030E, Kind.INVALID, "No legal hold stands that could be the ground."


class NoSuchHold(Refusal):
    code, kind, text = 0x030F, Kind.NOT_FOUND, "No such hold stands over the relation."


class AlreadySo(Refusal):
    code, kind, text = 0x0310, Kind.CONFLICT, "The relation is restricted, or not, as the message says."


class StaffNotAttested(Refusal):
    code, kind, text = 0x03A0, Kind.FORBIDDEN, "The custodian attests no such member of staff at present."


class AlreadyDeceased(Refusal):
    code, kind, text = 0x03A1, Kind.CONFLICT, "The death of the person is recorded."


class NotDeceased(Refusal):
    code, kind, text = 0x03A2, Kind.CONFLICT, "No death of the person is recorded."


class AlreadyClosed(Refusal):
    code, kind, text = 0x03A3, Kind.CONFLICT, "The relation is closed."


class NotClosed(Refusal):
    code, kind, text = 0x03A4, Kind.CONFLICT, "The relation is not closed."


class MayNotSucceed(Refusal):
    code, kind, text = 0x03A5, Kind.FORBIDDEN, "The successor is the custodian itself, or may take in nothing new."


class NotTheSuccessor(Refusal):
    code, kind, text = 0x03A6, Kind.FORBIDDEN, "The members did not make this organisation the other's successor."


class NotTwo(Refusal):
    code, kind, text = 0x03C0, Kind.INVALID, "A merge is of two different relations, the lower handle first."


class ApprovalMalformed(Refusal):
    code, kind, text = (
        0x03C1,
        Kind.INVALID,
        "An approval is not the one form of an approval of this merge, with one signature.",
    )


class ApprovalExpired(Refusal):
    code, kind, text = 0x03C2, Kind.GONE, "The time of an approval has passed."


class ApprovalTooFarAhead(Refusal):
    code, kind, text = 0x03C3, Kind.INVALID, "An approval is valid for longer than the network allows."


class ApprovalNotSigned(Refusal):
    code, kind, text = 0x03C4, Kind.UNAUTHENTICATED, "No live key signed an approval, or its signature does not verify."


class NotApproved(Refusal):
    code, kind, text = 0x03C5, Kind.FORBIDDEN, "A side of the merge that is not the custodian's own did not approve it."


class ApprovalUsed(Refusal):
    code, kind, text = 0x03C6, Kind.CONFLICT, "An approval was used before."


class RecoveryPending(Refusal):
    code, kind, text = 0x03C7, Kind.CONFLICT, "An account is frozen, or its recovery is pending: it merges nothing."


class AlreadyMerged(Refusal):
    code, kind, text = 0x03C8, Kind.CONFLICT, "The relations are merged, with each other or by way of others."


class TooManyMerged(Refusal):
    code, kind, text = 0x03C9, Kind.EXHAUSTED, "More relations would be merged than may be."


class NotMerged(Refusal):
    code, kind, text = 0x03CA, Kind.NOT_FOUND, "No merge links these two relations."
