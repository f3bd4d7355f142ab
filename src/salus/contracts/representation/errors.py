"""Refusals in order of precedence: of two that apply, the one defined first is returned."""

from salus.core.errors import Kind, Refusal


class NotTheGateway(Refusal):
    code, kind, text = 0x0681, Kind.FORBIDDEN, "No gateway key of the organisation that the message names signed."


class NoSuchRelation(Refusal):
    code, kind, text = 0x0682, Kind.NOT_FOUND, "There is no such relation."


class NotTheCustodian(Refusal):
    code, kind, text = 0x0683, Kind.FORBIDDEN, "Another organisation holds the relation."


class NotAnAttester(Refusal):
    code, kind, text = 0x0684, Kind.FORBIDDEN, "The attester is neither the custodian nor an active regulator."


class NoSuchRepresentation(Refusal):
    code, kind, text = 0x0685, Kind.NOT_FOUND, "The relation has no such representation."


class NoSuchDelegation(Refusal):
    code, kind, text = 0x0686, Kind.NOT_FOUND, "The relation has no such delegation."


class NotAuthorised(Refusal):
    code, kind, text = 0x0687, Kind.FORBIDDEN, "Whom the message names may not do this, or did not sign."


class RepresentationEnded(Refusal):
    code, kind, text = 0x0688, Kind.GONE, "The representation has ended."


class DelegationEnded(Refusal):
    code, kind, text = 0x0689, Kind.GONE, "The delegation has ended."


class InvalidPowers(Refusal):
    code, kind, text = 0x068A, Kind.INVALID, "Powers must be known, sorted and distinct."


class UnsortedPurposes(Refusal):
    code, kind, text = 0x068B, Kind.INVALID, "Purposes must be sorted and distinct."


class PurposesDoNotFit(Refusal):
    code, kind, text = 0x068C, Kind.INVALID, "Who may grant has purposes, and nobody else has."


class NoSuchPurpose(Refusal):
    code, kind, text = 0x068D, Kind.NOT_FOUND, "The network's table has no such purpose."


class InvalidTerm(Refusal):
    code, kind, text = 0x068E, Kind.INVALID, "The term is empty, over, or longer than the network allows."


class NoSuchRepresentative(Refusal):
    code, kind, text = (
        0x068F,
        Kind.NOT_FOUND,
        "There is no such organisation, nor a claimed account of a person at this custodian.",
    )


class MayNotRepresent(Refusal):
    code, kind, text = 0x0690, Kind.FORBIDDEN, "Neither the person, the custodian nor the attester represents her."


class AlreadyRepresents(Refusal):
    code, kind, text = 0x0691, Kind.CONFLICT, "The account acts for the person already."


class OtherRule(Refusal):
    code, kind, text = 0x0692, Kind.CONFLICT, "Those who act for the person already are under another rule."


class WrongPlace(Refusal):
    code, kind, text = 0x0693, Kind.CONFLICT, "A place is for those in order alone, each has another."


class TooMany(Refusal):
    code, kind, text = 0x0694, Kind.EXHAUSTED, "As many act for the person as may."


class IdInUse(Refusal):
    code, kind, text = 0x0695, Kind.CONFLICT, "The relation has one with this id: a nonce was used twice."


class AlreadyNarrow(Refusal):
    code, kind, text = 0x0696, Kind.CONFLICT, "The representative has nothing but what protects."


class AlreadyDisputed(Refusal):
    code, kind, text = 0x0697, Kind.CONFLICT, "The representation is disputed or suspended."


class NothingToSettle(Refusal):
    code, kind, text = 0x0698, Kind.CONFLICT, "The representation is neither disputed nor suspended."


class NotASettlement(Refusal):
    code, kind, text = 0x0699, Kind.INVALID, "A settlement restores, suspends or ends, and changes something."


class WitnessMissing(Refusal):
    code, kind, text = (
        0x069A,
        Kind.FORBIDDEN,
        "No other member signed as witness, and the custodian attests no such member of staff.",
    )


class AlreadyIncapable(Refusal):
    code, kind, text = 0x069B, Kind.CONFLICT, "The incapacity is declared."


class NotIncapable(Refusal):
    code, kind, text = 0x069C, Kind.CONFLICT, "No incapacity is declared."
