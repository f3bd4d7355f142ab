"""What an application says to CometBFT's state sync, and how far back CometBFT keeps its blocks."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from salus.client.figures import SnapshotFigures
from salus.client.snapshots import Snapshot
from salus.core.errors import Refusal
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.consensus.ports import Applied
from salus.ledger.consensus.restoring import Restoring
from salus.ledger.consensus.snapshots import EVERY, KEPT, Snapshots
from salus.ledger.consensus.taker import TakerProcess


class Keeping(NamedTuple):
    """How much a node keeps; `blocks` None: an archive, all of them."""

    every: int = EVERY
    snapshots: int = KEPT
    blocks: int | None = None


class StateSync:
    """The port `ports.Snapshots` over one ledger's folder."""

    def __init__(self, snapshots: Snapshots, restoring: Restoring, keeping: Keeping) -> None:
        self._snapshots, self._restoring, self._keeping = snapshots, restoring, keeping

    def list(self) -> Sequence[Snapshot]:
        """See the port."""
        return self._snapshots.list()

    def load(self, height: int, number_of_format: int, chunk: int) -> bytes:
        """See the port."""
        return self._snapshots.load(height, number_of_format, chunk)

    def offer(self, snapshot: Snapshot, app_hash: bytes) -> int:
        """See the port."""
        return self._restoring.offer(snapshot, app_hash)

    def apply(self, index: int, chunk: bytes, sender: str) -> Applied:
        """See the port."""
        return self._restoring.apply(index, chunk, sender)

    def retain_height(self, height: int, collected: int) -> int:
        """See the port.

        A node that prunes lets CometBFT drop what is older than so many blocks, whose votes are here, and which nobody
        needs who begins with the oldest snapshot.
        """
        if self._keeping.blocks is None:
            return 0
        return max(0, min(height - self._keeping.blocks, collected, self._snapshots.oldest()))

    def due(self, height: int) -> bool:
        """See the port."""
        return self._snapshots.due(height)

    def begin(self, height: int) -> None:
        """See the port."""
        self._snapshots.begin(height)

    def trouble(self) -> Refusal | None:
        """See the port."""
        return self._snapshots.trouble()

    def figures(self) -> SnapshotFigures:
        """See the port."""
        heights = [one.height for one in self._snapshots.list()]
        done = self._snapshots.taken, self._snapshots.failed
        return SnapshotFigures(*done, len(heights), max(heights, default=0), *self._restoring.progress())

    def close(self) -> None:
        """See the port."""
        self._snapshots.close()


def state_sync(keeping: Keeping) -> Callable[[ConsensusLedger], StateSync]:
    """Return what makes the state sync of a ledger as it is opened; that raises OSError."""

    def made(ledger: ConsensusLedger) -> StateSync:
        folder, files = ledger.place
        snapshots = Snapshots(folder, files, ledger.network, TakerProcess(folder), keeping.every, keeping.snapshots)
        restoring = Restoring(folder, files, ledger.network, ledger.height, ledger.replace)
        return StateSync(snapshots, restoring, keeping)

    return made
