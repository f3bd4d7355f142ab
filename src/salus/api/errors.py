"""Refusals of the HTTP layer itself, in order of precedence."""

from salus.core.errors import Kind, Refusal


class MalformedRequest(Refusal):
    code, kind, text = 0x801A, Kind.INVALID, "The request is not of HTTP's form."


class HeadersTooLarge(Refusal):
    code, kind, text = 0x801B, Kind.INVALID, "The request has more header fields, or larger ones, than are read here."


class HeadersTooSlow(Refusal):
    code, kind, text = 0x801C, Kind.INVALID, "The request's header fields did not come in time."


class TargetTooLong(Refusal):
    code, kind, text = 0x801D, Kind.INVALID, "The request's target is longer than any here."


class TooManyConnections(Refusal):
    code, kind, text = 0x801E, Kind.UNAVAILABLE, "Too many connections are open. Try again after a moment."


class UnknownHost(Refusal):
    code, kind, text = 0x800F, Kind.INVALID, "The server does not answer for the host that the request names."


class CrossOrigin(Refusal):
    code, kind, text = 0x800E, Kind.FORBIDDEN, "A page of another origin may not send requests here."


class TooManyRequests(Refusal):
    code, kind, text = 0x8001, Kind.EXHAUSTED, "Too many requests of one caller. Wait as long as Retry-After says."

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class Busy(Refusal):
    code, kind, text = 0x8002, Kind.EXHAUSTED, "More is waiting here than can wait. Try again after a moment."


class DiskFailed(Refusal):
    code, kind, text = 0x8000, Kind.UNAVAILABLE, "The disk is full or failed; nothing of this was done."


class NoRoom(Refusal):
    code, kind, text = 0x800D, Kind.UNAVAILABLE, "Too much is being read here at once. Try again after a moment."


class BodyTooLarge(Refusal):
    code, kind, text = 0x8003, Kind.INVALID, "The body is larger than this operation takes."


class BodyTooSlow(Refusal):
    code, kind, text = 0x8004, Kind.INVALID, "The body did not come in time."


class NoBodyWanted(Refusal):
    code, kind, text = 0x8005, Kind.INVALID, "This operation takes no body."


class WrongMediaType(Refusal):
    code, kind, text = 0x8006, Kind.INVALID, "This operation does not take a body of that media type."


class CodedBody(Refusal):
    code, kind, text = 0x8027, Kind.INVALID, "A body comes as it is here: without Content-Encoding."


class BadParameter(Refusal):
    code, kind, text = 0x8007, Kind.INVALID, "A parameter of the request is not of its form."


class NotSigned(Refusal):
    code, kind, text = 0x8008, Kind.UNAUTHENTICATED, "The request must be signed by a key that the ledger lists."


class NotAllowed(Refusal):
    code, kind, text = 0x8009, Kind.FORBIDDEN, "Whoever signed the request may not do this."


class NoSuchOrganisation(Refusal):
    code, kind, text = 0x800A, Kind.NOT_FOUND, "No organisation of this name is served here."


class NoSuchPath(Refusal):
    code, kind, text = 0x800B, Kind.NOT_FOUND, "There is nothing at this path."


class NoSuchMethod(Refusal):
    code, kind, text = 0x800C, Kind.INVALID, "This path has no such method."


class MalformedSignature(Refusal):
    code, kind, text = 0x8011, Kind.UNAUTHENTICATED, "The signature's fields, or the digest's, are not of their form."


class TooLittleSigned(Refusal):
    code, kind = 0x8012, Kind.UNAUTHENTICATED
    text = "The signature leaves out what it must cover: method, authority, path, query, digest, time or nonce."


class OtherHost(Refusal):
    code, kind, text = 0x8013, Kind.UNAUTHENTICATED, "The request was signed for another host."


class StaleSignature(Refusal):
    code, kind, text = 0x8014, Kind.UNAUTHENTICATED, "The signature was not made within the last minute."


class SignedBeforeStart(Refusal):
    """Whether such a signature was used already is not remembered over a restart."""

    code, kind, text = 0x8019, Kind.UNAVAILABLE, "The request was signed before the server's last start. Sign it anew."
    retry_after_s = 8


class UnknownKey(Refusal):
    code, kind, text = 0x8015, Kind.UNAUTHENTICATED, "The ledger lists no live key of that id."


class WrongRequestSignature(Refusal):
    code, kind, text = 0x8016, Kind.UNAUTHENTICATED, "The signature of the request does not verify."


class OtherBody(Refusal):
    code, kind, text = 0x8017, Kind.UNAUTHENTICATED, "The body is not the one whose digest was signed."


class ReplayedSignature(Refusal):
    code, kind, text = 0x8018, Kind.UNAUTHENTICATED, "The same signed request came before."


class NotPublishedHere(Refusal):
    code, kind, text = 0x8070, Kind.NOT_FOUND, "The published log has no such file here."
