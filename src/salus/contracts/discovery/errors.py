"""Refusals in order of precedence: of two that apply, the one defined first is returned."""

from salus.core.errors import Kind, Refusal


class NotTheGateway(Refusal):
    code, kind, text = 0x0781, Kind.FORBIDDEN, "No gateway key of the member that is named signed."


class LookupMalformed(Refusal):
    code, kind, text = 0x0782, Kind.INVALID, "The look-up is not the one form of a look-up with one signature."


class LookupExpired(Refusal):
    code, kind, text = 0x0783, Kind.GONE, "The look-up's time has passed."


class LookupTooFarAhead(Refusal):
    code, kind, text = 0x0784, Kind.INVALID, "The look-up is valid for longer than the network allows."


class NotTheAnswerer(Refusal):
    code, kind, text = 0x0785, Kind.FORBIDDEN, "Another member was asked."


class LookupKeyNotLive(Refusal):
    code, kind, text = 0x0786, Kind.UNAUTHENTICATED, "The key that signed the look-up is not listed, or not in force."


class NotARequester(Refusal):
    code, kind, text = 0x0787, Kind.FORBIDDEN, "The key that signed the look-up is no gateway's."


class LookupNotSigned(Refusal):
    code, kind, text = 0x0788, Kind.UNAUTHENTICATED, "The look-up's signature does not verify."


class AlreadyAnswered(Refusal):
    code, kind, text = 0x0789, Kind.CONFLICT, "The look-up was answered, which consumed it."


class MayNotAnswer(Refusal):
    code, kind, text = 0x078A, Kind.FORBIDDEN, "Who was asked serves nobody in this network at present."


class MayNotAsk(Refusal):
    code, kind, text = 0x078B, Kind.FORBIDDEN, "The requester is no active member, or is suspended as recipient."


class NoSuchPurpose(Refusal):
    code, kind, text = 0x078C, Kind.NOT_FOUND, "The network's table has no such purpose."


class StaffNotAttested(Refusal):
    code, kind, text = 0x078D, Kind.FORBIDDEN, "The requester does not attest the member of staff at present."


class NotALocator(Refusal):
    code, kind, text = 0x078E, Kind.FORBIDDEN, "Who was asked in the name of a group is no active locator."


class NotAnEmergency(Refusal):
    code, kind, text = 0x078F, Kind.FORBIDDEN, "A locator is asked for the purpose of break-glass only."


class NotOfTheEmergencyGroup(Refusal):
    code, kind, text = 0x0790, Kind.FORBIDDEN, "The member is not of the group that is named at present."


class HourlyLimit(Refusal):
    code, kind, text = 0x0791, Kind.EXHAUSTED, "The requester has made as many look-ups as an hour allows."


class DailyLimit(Refusal):
    code, kind, text = 0x0792, Kind.EXHAUSTED, "The requester has made as many look-ups as a day allows."


class NoSuchRelation(Refusal):
    code, kind, text = 0x0793, Kind.NOT_FOUND, "There is no such relation."


class NotTheCustodian(Refusal):
    code, kind, text = 0x0794, Kind.FORBIDDEN, "Another organisation holds the relation."


class BreakGlassNotAllowed(Refusal):
    code, kind, text = (
        0x0795,
        Kind.FORBIDDEN,
        "The relation's policy set lets another group break the glass, or nobody.",
    )


class RelationRestricted(Refusal):
    code, kind, text = 0x0796, Kind.FORBIDDEN, "The relation is kept and not used: nobody is told of it."


class WrongEpoch(Refusal):
    code, kind, text = 0x0797, Kind.CONFLICT, "The epoch is not the one after the last."


class EpochTooSoon(Refusal):
    code, kind, text = 0x0798, Kind.CONFLICT, "The group's last epoch began too recently."
