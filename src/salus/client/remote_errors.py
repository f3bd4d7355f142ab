"""Why a node did not answer, or not as it must."""

from salus.core.errors import Kind, Refusal


class NodeAway(Refusal):
    code, kind, text = 0x5030, Kind.UNAVAILABLE, "The ledger's node cannot be reached; nothing was sent."


class NodeBusy(Refusal):
    code, kind, text = 0x5031, Kind.UNAVAILABLE, "The ledger's node takes nothing at the moment."


class AnswerLost(Refusal):
    code, kind = 0x5032, Kind.UNAVAILABLE
    text = (
        "The node's answer was lost: whether the batch was executed, the blocks will say. The same may be sent again."
    )


class UnreadableAnswer(Refusal):
    code, kind, text = 0x5033, Kind.UNAVAILABLE, "The answer of the ledger's node is not of its form."


class NodeRefused(Refusal):
    code, kind, text = 0x5034, Kind.INVALID, "The ledger's node refused the question."


class PrunedThere(Refusal):
    code, kind, text = 0x5035, Kind.NOT_FOUND, "The ledger's node has pruned that."


class BadUpstream(Refusal):
    code, kind = 0x5036, Kind.INVALID
    text = "The address of the ledger's node is not of its form, or the file of its certificate authority not in PEM."
