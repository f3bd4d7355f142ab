"""Why a network, or a member's node, cannot be made or run."""

from salus.core.errors import Kind, Refusal


class BadConsensus(Refusal):
    code, kind, text = 0x6310, Kind.INVALID, "The home's consensus.json is not of its form."


class UnsafeSocketFolder(Refusal):
    code, kind = 0x6311, Kind.FORBIDDEN
    text = "The folder for sockets in the temporary directory belongs to another user, or others may write in it."
