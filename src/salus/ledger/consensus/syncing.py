"""What an application says to CometBFT's state sync, and how far back CometBFT keeps its blocks."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from salus.cometbft.proto import abci_pb2
from salus.core.errors import Refusal
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.consensus.restoring import Restoring
from salus.ledger.consensus.snapshots import EVERY, KEPT, Snapshot, Snapshots
from salus.ledger.consensus.taker import TakerProcess

KEPT_BLOCKS = 100_000  # of CometBFT's, where a member prunes: a day at a block a second


class Keeping(NamedTuple):
    """How much a node keeps; `blocks` None: an archive, all of them."""

    every: int = EVERY
    snapshots: int = KEPT
    blocks: int | None = None


class StateSync:
    """The port `ports.Snapshots` over one ledger's folder."""

    def __init__(self, snapshots: Snapshots, restoring: Restoring, keeping: Keeping) -> None:
        self._snapshots, self._restoring, self._keeping = snapshots, restoring, keeping

    def list(self) -> Sequence[abci_pb2.Snapshot]:
        """See the port."""
        return [abci_pb2.Snapshot(**one._asdict()) for one in self._snapshots.list()]

    def load(self, height: int, form: int, chunk: int) -> bytes:
        """See the port."""
        return self._snapshots.load(height, form, chunk)

    def offer(self, snapshot: abci_pb2.Snapshot, app_hash: bytes) -> "abci_pb2.ResponseOfferSnapshot.Result":
        """See the port."""
        offered = Snapshot(snapshot.height, snapshot.format, snapshot.chunks, snapshot.hash, snapshot.metadata)
        return abci_pb2.ResponseOfferSnapshot.Result.Value(self._restoring.offer(offered, app_hash).name)

    def apply(self, index: int, chunk: bytes, sender: str) -> abci_pb2.ResponseApplySnapshotChunk:
        """See the port."""
        result, refetch, rejected = self._restoring.apply(index, chunk, sender)
        return abci_pb2.ResponseApplySnapshotChunk(
            result=abci_pb2.ResponseApplySnapshotChunk.Result.Value(result.name),
            refetch_chunks=refetch,
            reject_senders=rejected,
        )

    def retain_height(self, height: int, collected: int) -> int:
        """See the port.

        A node that prunes lets CometBFT drop what is older than so many blocks, whose votes are here, and which nobody
        needs who begins with the oldest snapshot.
        """
        if self._keeping.blocks is None:
            return 0
        return max(0, min(height - self._keeping.blocks, collected, self._snapshots.oldest()))

    def due(self, height: int) -> Callable[[], None] | None:
        """See the port."""
        return (lambda: self._snapshots.begin(height)) if self._snapshots.due(height) else None

    def trouble(self) -> Refusal | None:
        """See the port."""
        return self._snapshots.trouble()

    def close(self) -> None:
        """See the port."""
        self._snapshots.close()


def state_sync(keeping: Keeping) -> Callable[[ConsensusLedger], StateSync]:
    """Return what makes the state sync of a ledger as it is opened; that raises OSError."""

    def made(ledger: ConsensusLedger) -> StateSync:
        folder, files = ledger.place
        snapshots = Snapshots(folder, files, ledger.network, TakerProcess(folder), keeping.every, keeping.snapshots)
        restoring = Restoring(folder, files, ledger.network, ledger.height, ledger.begin_anew)
        return StateSync(snapshots, restoring, keeping)

    return made
