"""Refusals of what is elsewhere, in order of precedence."""

from salus.core.errors import Kind, Refusal


class NotReachable(Refusal):
    code, kind = 0x6210, Kind.UNAVAILABLE
    text = "The directory lists no address of this member's gateway. Try again later."


class GatewayAway(Refusal):
    code, kind = 0x6211, Kind.UNAVAILABLE
    text = "The other's server cannot be reached, or does not answer. Try again later."


class GatewayBusy(Refusal):
    code, kind, text = 0x6212, Kind.EXHAUSTED, "The other's server takes no more just now. Try again later."


class NotLetIn(Refusal):
    code, kind, text = 0x6213, Kind.FORBIDDEN, "The other's server does not let this key in."


class GatewayRefuses(Refusal):
    code, kind, text = 0x6214, Kind.INVALID, "The other's server refuses what was sent to it."


class BadAnswer(Refusal):
    code, kind, text = 0x6215, Kind.UNAVAILABLE, "The other's server answered with something else than what was asked."


class NoSigningAccount(Refusal):
    code, kind, text = 0x6216, Kind.FORBIDDEN, "No account of this wallet can sign for what was to be sent."


class BadEndpoint(Refusal):
    code, kind = 0x6217, Kind.INVALID
    text = "An address of a gateway is an https URL without user, query or fragment; http only on the same machine."


class NotItsGateway(Refusal):
    code, kind, text = 0x6218, Kind.FORBIDDEN, "It is not signed by a live gateway key of the member it names."


class OlderEndpoint(Refusal):
    code, kind, text = (
        0x6219,
        Kind.CONFLICT,
        "The directory has a newer address of this member, or this is ahead of time.",
    )


class NotASealKey(Refusal):
    code, kind, text = 0x621A, Kind.INVALID, "A public sealing key has 1,216 bytes."


class TooManySealKeys(Refusal):
    code, kind, text = 0x621B, Kind.EXHAUSTED, "The member has published as many sealing keys as it may."


class NotKeptHere(Refusal):
    code, kind, text = 0x621C, Kind.NOT_FOUND, "This gateway keeps no letters for that account."


class InboxFull(Refusal):
    code, kind, text = 0x621D, Kind.EXHAUSTED, "The inbox holds as many letters as it may, of this sender or of all."


class FolderTaken(Refusal):
    code, kind, text = 0x621E, Kind.CONFLICT, "The folder to split into is not empty: give a new one."


class CopyDiffers(Refusal):
    code, kind, text = 0x621F, Kind.UNAVAILABLE, "A copied file reads otherwise than the one it was made of: try again."
