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

    def __init__(self, file: str, offset: int | None, what: str) -> None:
        """`offset` is None for the state, of which LMDB keeps the places."""
        super().__init__(file, offset, what)
        self.file, self.offset, self.what = file, offset, what

    def __str__(self) -> str:
        place = self.file if self.offset is None else f"{self.file}, byte {self.offset}"
        return f"{self.text}: {place}: {self.what} (0x{self.code:04x}). Run salus fsck."


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


class HeaderOfNobody(Refusal):
    code, kind, text = 0x7030, Kind.UNAUTHENTICATED, "What the node shows is signed by no validator."


class TimeWentBack(Refusal):
    code, kind, text = 0x7031, Kind.CONFLICT, "The node's block is older than the one before it."


class OtherHistory(Refusal):
    code, kind, text = 0x7032, Kind.CONFLICT, "The node's block does not follow the one before: another history."


class OtherBatches(Refusal):
    code, kind, text = 0x7033, Kind.CONFLICT, "The node's block does not hold the batches that its header names."


class OtherState(Refusal):
    code, kind = 0x7034, Kind.CONFLICT
    text = "The node's header names another state than the blocks before it give: the app hash differs."


class TipWentBack(Refusal):
    code, kind, text = 0x7035, Kind.CONFLICT, "The node's newest block is older than one it showed: it was put back."


class TwoHeaders(Refusal):
    code, kind, text = 0x7036, Kind.CONFLICT, "The node signed two headers of one height."


class BlocksGone(Refusal):
    code, kind = 0x7037, Kind.GONE
    text = "The node has pruned blocks that are missing here: move the folder `ledger` away, and start anew."


class NotCovered(Refusal):
    code, kind, text = 0x7038, Kind.UNAVAILABLE, "The header that proves the newest state has not come yet."


class NotInBlock(Refusal):
    code, kind = 0x7039, Kind.CONFLICT
    text = "The node said that it executed a batch, and the blocks up to there do not hold it."


class WrongExport(Refusal):
    code, kind, text = 0x703A, Kind.CONFLICT, "The state that the node exports is not the one that its headers name."


class NoNote(Refusal):
    code, kind, text = 0x703B, Kind.UNAVAILABLE, "No signed note over the log is here, and the node cannot be asked."


class NotANode(Refusal):
    code, kind, text = 0x703D, Kind.FORBIDDEN, "This home has no node: it follows one, or has no node's key."


class NoTip(Refusal):
    code, kind, text = 0x703C, Kind.UNAVAILABLE, "Nothing that the node says of its newest block has been reached yet."


class HeaderGone(Refusal):
    code, kind = 0x7060, Kind.GONE
    text = "The block is older than this ledger's beginning, a state from elsewhere: not even its header is here."


class EntryGone(Refusal):
    code, kind = 0x7061, Kind.GONE
    text = "The log's hashes before this ledger's beginning are not here: ask a member whose ledger is older."


class ExecutorGone(Refusal):
    code, kind = 0x7066, Kind.UNAVAILABLE
    text = "The process that makes blocks has ended; what it did not acknowledge may be missing. Start the server anew."


class StateDamaged(Refusal):
    code, kind = 0x7062, Kind.INVALID
    text = "The state on this node's disk is not the one that it computed: it must not go on. Run salus ledger reset."
