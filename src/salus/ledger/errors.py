"""Why a ledger cannot be opened, or did not take a batch."""

from salus.core.errors import Kind, Refusal


class LedgerLocked(Refusal):
    code, kind, text = 0x7001, Kind.UNAVAILABLE, "Another process has this ledger open."


class NoLedger(Refusal):
    code, kind, text = 0x7002, Kind.NOT_FOUND, "There is no ledger in this folder."


class LedgerExists(Refusal):
    code, kind, text = 0x7003, Kind.CONFLICT, "There is a ledger in this folder already."


class OtherGenesis(Refusal):
    code, kind, text = 0x7004, Kind.CONFLICT, "State and genesis are of different networks."


class WrongNodeKey(Refusal):
    code, kind, text = 0x7005, Kind.FORBIDDEN, "The node's key is not among the network's validators."


class ClockBehind(Refusal):
    code, kind, text = 0x7006, Kind.UNAVAILABLE, "The last block lies far ahead of this machine's clock: set the clock."


class DamagedFile(Refusal):
    """Names the file and the place in it; what lies before it is sound."""

    code, kind, text = 0x7007, Kind.INVALID, "A file of the ledger is damaged"

    def __init__(self, file: str, offset: int, what: str) -> None:
        super().__init__(file, offset, what)
        self.file, self.offset, self.what = file, offset, what

    def __str__(self) -> str:
        return f"{self.text}: {self.file}, byte {self.offset}: {self.what} (0x{self.code:04x}). Run salus fsck."


class StorageFull(Refusal):
    code, kind, text = 0x7008, Kind.UNAVAILABLE, "The disk is full; nothing of this was stored."


class StorageFailed(Refusal):
    code, kind, text = 0x7009, Kind.UNAVAILABLE, "The disk failed; nothing of this was stored."


class LedgerStopped(Refusal):
    code, kind, text = 0x700A, Kind.UNAVAILABLE, "The ledger has stopped; what it did not acknowledge may be missing."


class Overloaded(Refusal):
    code, kind, text = 0x700B, Kind.EXHAUSTED, "Too much waits to be written; try again later."


class ReadOnly(Refusal):
    code, kind, text = 0x700C, Kind.FORBIDDEN, "The ledger was opened for reading."


class PublishedOther(Refusal):
    code, kind, text = (
        0x7010,
        Kind.CONFLICT,
        "The published log is not the beginning of this ledger's: one of the two was put back or rewritten.",
    )


class PrunedBlock(Refusal):
    code, kind, text = 0x7020, Kind.NOT_FOUND, "The block is pruned: its header is left, its batches are gone."


class PrunedEvent(Refusal):
    code, kind, text = 0x7021, Kind.NOT_FOUND, "The event is pruned: its hash is in the log, its body is gone."


class NothingToPrune(Refusal):
    code, kind, text = 0x7022, Kind.CONFLICT, "No block that is still whole lies before that."


class BeyondCheckpoint(Refusal):
    code, kind, text = 0x7023, Kind.CONFLICT, "The state on disk is not that far yet: nothing after it can be pruned."


class TooRecent(Refusal):
    code, kind, text = 0x7024, Kind.CONFLICT, "Blocks before that are so young that what they took is still in force."


class ReviewIsOpen(Refusal):
    code, kind, text = 0x7025, Kind.CONFLICT, "Before that lies a break-glass whose review is open."


class SilenceNotOver(Refusal):
    code, kind, text = (
        0x7026,
        Kind.CONFLICT,
        "Before that lies an order or a release that was to be silent and is not opened.",
    )


class ChangeIsPending(Refusal):
    code, kind, text = (
        0x7027,
        Kind.CONFLICT,
        "Before that lies a claim, a recovery or a change of keys that is pending.",
    )


class ProposalIsOpen(Refusal):
    code, kind, text = 0x7028, Kind.CONFLICT, "Before that lies a proposal that is open."


class DamagedPruning(Refusal):
    """Names the file of the export that a pruning left."""

    code, kind, text = 0x7029, Kind.INVALID, "What a pruning left is damaged"

    def __init__(self, file: str, what: str) -> None:
        super().__init__(file, what)
        self.file, self.what = file, what

    def __str__(self) -> str:
        return f"{self.text}: {self.file}: {self.what} (0x{self.code:04x}). Run salus fsck."


class Unstill(Refusal):
    code, kind, text = 0x702A, Kind.UNAVAILABLE, "What is under way does not come to its end. Try again later."
