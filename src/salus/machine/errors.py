"""Why a batch or an envelope is not admitted, why a block is not executed, and why an export is not taken.

Precedence, for a batch: Malformed, Oversized, Expired, TooFarAhead, Replayed, NotAMember,
UnknownSigner, RevokedKey, WrongSignature, ShareExceeded. For an envelope: the same without
NotAMember and ShareExceeded, then UnknownMessage and Malformed message by message, in their order,
before the contract's own. The cheap comes before the dear: an Ed25519 check costs more than all
else, and what is refused without one cannot be used to exhaust a node. An envelope of another
network fails as a WrongSignature, since the network is part of what is signed.
"""

from salus.core.errors import Kind, Refusal


class Expired(Refusal):
    code, kind, text = 0x0005, Kind.GONE, "Block time has reached not_after."


class TooFarAhead(Refusal):
    code, kind, text = 0x0006, Kind.INVALID, "not_after lies further ahead of block time than ten minutes."


class Replayed(Refusal):
    code, kind, text = 0x0007, Kind.CONFLICT, "It was executed before."


class NotAMember(Refusal):
    code, kind, text = 0x0008, Kind.FORBIDDEN, "The carrier is no member of the network that serves patients."


class UnknownSigner(Refusal):
    code, kind, text = 0x0009, Kind.UNAUTHENTICATED, "No such key is listed for that account and use."


class RevokedKey(Refusal):
    code, kind, text = 0x000A, Kind.UNAUTHENTICATED, "The key is revoked, or not in force at block time."


class ShareExceeded(Refusal):
    code, kind, text = 0x000B, Kind.EXHAUSTED, "The carrier's share of the block is used up."


class UnknownMessage(Refusal):
    code, kind, text = 0x000C, Kind.INVALID, "No message of the network has that number."


class UnknownRules(Refusal):
    """Members voted for rules that this software does not have: it stops before the first block under them.

    Names that block's height, the version, and the software that they voted for.
    """

    code, kind, text = 0x000D, Kind.UNAVAILABLE, "The members voted for rules that this software does not know"

    def __init__(self, height: int, version: int, software: str) -> None:
        super().__init__(height, version, software)
        self.height, self.version, self.software = height, version, software

    def __str__(self) -> str:
        return (
            f"{self.text}: version {self.version}, from block {self.height} on (0x{self.code:04x}). "
            f"Nothing of that block was executed here. Install {self.software}, and start this node again."
        )


class DamagedExport(Refusal):
    code, kind, text = 0x0010, Kind.INVALID, "A chunk is missing, moved or changed, or it is another state's."
