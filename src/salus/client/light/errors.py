"""Why a light client believes a header not, or nothing any more."""

from salus.core.errors import Kind, Refusal


class TrustExpired(Refusal):
    code, kind = 0x5070, Kind.UNAUTHENTICATED
    text = "The newest header known here is older than the trust period: give height and hash of a newer one."


class WrongChain(Refusal):
    code, kind, text = 0x5071, Kind.CONFLICT, "The header is of another network."


class HeaderFromFuture(Refusal):
    code, kind, text = 0x5072, Kind.UNAVAILABLE, "The header's time lies ahead of this machine's clock: set the clock."


class InvalidHeader(Refusal):
    code, kind = 0x5073, Kind.UNAUTHENTICATED
    text = "The header does not follow from the trusted one, or its validators did not sign it."


class TooLittleTrust(Refusal):
    """Headers in between may lead there."""

    code, kind = 0x5074, Kind.UNAUTHENTICATED
    text = "Not enough of the validators that are trusted have signed the header."


class NotConfirmed(Refusal):
    code, kind = 0x5075, Kind.UNAVAILABLE
    text = "No second node shows the header: one node alone is not believed."


class AttackSeen(Refusal):
    code, kind = 0x5076, Kind.CONFLICT
    text = "Validators signed two headers of one height: the network has forked. Both are kept; nothing is believed."


class OtherTrusted(Refusal):
    code, kind, text = 0x5077, Kind.CONFLICT, "The header at this height is another one than the one that is trusted."


class NoProvider(Refusal):
    code, kind, text = 0x5078, Kind.UNAVAILABLE, "No node gives headers that can be believed."


class DamagedTrust(Refusal):
    code, kind = 0x5079, Kind.INVALID
    text = "The file of trusted headers is damaged: remove it, and give height and hash of a header to trust."


class WrongProof(Refusal):
    code, kind = 0x507A, Kind.UNAUTHENTICATED
    text = "What the node says of the state is not proved under the verified header."


class TooManySteps(Refusal):
    code, kind, text = 0x507B, Kind.EXHAUSTED, "Too many headers lie between the trusted one and the one asked for."


class OtherBlock(Refusal):
    code, kind, text = 0x507C, Kind.UNAUTHENTICATED, "The block that the node gives is not the one of its header."


class NoSuchQuery(Refusal):
    code, kind, text = 0x507D, Kind.INVALID, "The node's application did not answer the question for the state."


class BadTrust(Refusal):
    code, kind, text = 0x507E, Kind.INVALID, "The trust period, clock drift or trusted hash is not of its form."


class TooFarBack(Refusal):
    code, kind, text = 0x507F, Kind.NOT_FOUND, "The header lies too far before those that are trusted here."


class NotCovered(Refusal):
    code, kind, text = 0x5080, Kind.UNAVAILABLE, "The header that proves what the node says has not come: ask again."


class NoNodes(Refusal):
    code, kind, text = 0x5081, Kind.INVALID, "consensus.json names no node to follow: add one to `peers`."
