"""Why a CometBFT node did not do what it was asked."""

from salus.core.errors import Kind, Refusal


class CatchingUp(Refusal):
    code, kind, text = 0x5090, Kind.UNAVAILABLE, "The CometBFT node is still catching up; it takes nothing yet."


class MempoolFull(Refusal):
    code, kind, text = 0x5091, Kind.EXHAUSTED, "The mempool of the CometBFT node is full; it took nothing."


class BeyondLimit(Refusal):
    code, kind = 0x5092, Kind.INVALID
    text = "The batch is larger than the CometBFT node takes: raise `max_tx_bytes` and `max_body_bytes` in its config."


class SubscriptionEnded(Refusal):
    code, kind, text = 0x5093, Kind.UNAVAILABLE, "The CometBFT node ended a subscription, or gave none."


class OtherChain(Refusal):
    code, kind, text = 0x5094, Kind.CONFLICT, "The CometBFT node is of another network."
