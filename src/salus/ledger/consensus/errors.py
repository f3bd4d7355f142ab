"""Why a node of a consortium does not take, show or prove something."""

from salus.core.errors import Kind, Refusal


class OtherEngine(Refusal):
    code, kind, text = 0x7050, Kind.CONFLICT, "A block of this ledger was made by another engine: it is no CometBFT's."


class OutOfOrder(Refusal):
    code, kind, text = 0x7051, Kind.CONFLICT, "CometBFT shows a block that cannot be the next, or commits none."


class OtherChain(Refusal):
    code, kind, text = 0x7052, Kind.CONFLICT, "CometBFT's genesis is of another network than this ledger's."


class OtherFounders(Refusal):
    code, kind, text = 0x7053, Kind.CONFLICT, "CometBFT's genesis names other validators than this network's."


class NoMempool(Refusal):
    code, kind, text = 0x7054, Kind.INVALID, "The mempool is CometBFT's own here: set its type to flood."


class OtherCommit(Refusal):
    code, kind = 0x7055, Kind.CONFLICT
    text = "CometBFT keeps another header than the block that it had decided: one of the two was rewritten."


class NoVotes(Refusal):
    code, kind = 0x7056, Kind.UNAVAILABLE
    text = "The votes for the header that proves this have not come yet: is CometBFT running?"


class NoBridge(Refusal):
    code, kind = 0x7057, Kind.UNAVAILABLE
    text = "The header's validators are too many changes away from the genesis, and the votes between are not here."


class NothingSigns(Refusal):
    code, kind = 0x7058, Kind.FORBIDDEN
    text = "This home holds no validator's key to say it under: ask for the newest header, which the validators signed."


class NoSuchQuery(Refusal):
    code, kind, text = 0x7059, Kind.NOT_FOUND, "No such path: there are /key and /status."


class PastState(Refusal):
    code, kind, text = 0x705A, Kind.GONE, "Only the newest state is kept: ask without a height."


class DamagedCommits(Refusal):
    """Names the place in the file; what lies before it is sound."""

    code, kind, text = 0x705B, Kind.INVALID, "The votes kept beside the blocks are damaged"

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(offset, what)
        self.offset, self.what = offset, what

    def __str__(self) -> str:
        return f"{self.text}: commits, byte {self.offset}: {self.what} (0x{self.code:04x}). Run salus fsck."


class SocketTaken(Refusal):
    code, kind, text = 0x705C, Kind.UNAVAILABLE, "The socket for CometBFT is in use, or cannot be made."


class BadFrame(Refusal):
    code, kind, text = 0x705D, Kind.INVALID, "What came over the socket is no request of ABCI 2.0."


class NoExtensions(Refusal):
    code, kind = 0x705E, Kind.INVALID
    text = "Votes of this network carry no extensions: CometBFT's parameters say otherwise."


class NoSnapshots(Refusal):
    code, kind, text = 0x705F, Kind.NOT_FOUND, "This node takes no snapshots."
