"""Why looking for somebody, or what came of it, is refused."""

from salus.core.errors import Kind, Refusal


class NothingToLookFor(Refusal):
    code, kind, text = (
        0x60D0,
        Kind.INVALID,
        "Give a document number, a telephone number, or a name with the full date of birth.",
    )


class NotAMatchInput(Refusal):
    code, kind, text = 0x60D1, Kind.INVALID, "Give a FHIR Patient, or Parameters with one as `resource`."


class LookupOver(Refusal):
    code, kind, text = 0x60D2, Kind.GONE, "The look-up's time is over."


class LookupsUsedUp(Refusal):
    code, kind, text = 0x60D3, Kind.EXHAUSTED, "This member has made as many look-ups as the network allows for now."


class NoEmergencyGroup(Refusal):
    code, kind, text = 0x60D4, Kind.NOT_FOUND, "No policy set names an emergency group that this member is in."


class NoLocator(Refusal):
    code, kind, text = 0x60D5, Kind.NOT_FOUND, "The network has no active locator of this name."


class NotALocator(Refusal):
    code, kind, text = 0x60D6, Kind.FORBIDDEN, "This member is no locator."


class NoLocatorKey(Refusal):
    code, kind, text = 0x60D7, Kind.NOT_FOUND, "The group's key of this epoch is not here: a member hands it over."


class OtherLocatorKey(Refusal):
    code, kind, text = 0x60D8, Kind.FORBIDDEN, "The key is not the one that the ledger names for this epoch."


class OldTokens(Refusal):
    code, kind, text = 0x60D9, Kind.CONFLICT, "These tokens came before, or in another order, or are of another epoch."


class NotAsked(Refusal):
    code, kind, text = 0x60DA, Kind.FORBIDDEN, "The ticket answers no look-up of this member."


class TicketTaken(Refusal):
    code, kind, text = 0x60DB, Kind.CONFLICT, "The look-up has its ticket already."


class TicketExpired(Refusal):
    code, kind, text = 0x60DC, Kind.GONE, "The ticket's time is over: look again."


class NotReceipted(Refusal):
    code, kind, text = 0x60DD, Kind.FORBIDDEN, "The ledger holds no such answer to this look-up."


class ShareCodeOver(Refusal):
    code, kind, text = 0x60DE, Kind.GONE, "The code's time is over: the patient's wallet makes another."


class ShareCodeNotHers(Refusal):
    code, kind, text = 0x60DF, Kind.FORBIDDEN, "No device of the account that the code names signed it."
