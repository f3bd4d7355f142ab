"""What the engine of a consortium needs of others: who broadcasts, who has the votes, who keeps snapshots."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from salus.client.ledger import BatchResult
from salus.cometbft.proto import abci_pb2, types_pb2
from salus.machine.machine import BlockResult


class Broadcasting(Protocol):
    """Brings batches to the validators. Methods may be called from any thread."""

    def submit(self, batch: bytes, height: int, time: int) -> "Future[BatchResult]":
        """Send a batch; its future completes once `executed` brought the block that holds it, or it is refused.

        `height` and `time` are of the newest block, for the answer to what cannot even be sent.
        """
        ...

    def executed(self, result: BlockResult) -> None:
        """Take in what a block did, which is durable here. Must return at once: CometBFT waits for it."""
        ...

    def close(self) -> None:
        """Take no more; whoever still waits hears that the ledger has stopped."""
        ...


class Votes(Protocol):
    """A node of CometBFT that has headers with the votes for them. Raises refusals, LookupError where it has none."""

    def commit(self, height: int | None = None) -> tuple[types_pb2.Header, types_pb2.Commit]:
        """Return header and commit of a height, of the newest for None."""
        ...

    def validators(self, height: int) -> types_pb2.ValidatorSet:
        """Return the validators that signed the height."""
        ...


class Snapshots(Protocol):
    """What CometBFT's state sync gives and takes; called by the thread of the snapshot connection alone."""

    def list(self) -> Sequence[abci_pb2.Snapshot]:
        """Return what can be loaded here, as ListSnapshots answers it."""
        ...

    def load(self, height: int, form: int, chunk: int) -> bytes:
        """Return a chunk; empty where there is none."""
        ...

    def offer(self, snapshot: abci_pb2.Snapshot, app_hash: bytes) -> "abci_pb2.ResponseOfferSnapshot.Result":
        """Say whether a snapshot is wanted whose app hash CometBFT's light client verified."""
        ...

    def apply(self, index: int, chunk: bytes, sender: str) -> abci_pb2.ResponseApplySnapshotChunk:
        """Take a chunk of the snapshot that was accepted last; the last one makes it this node's state."""
        ...

    def retain_height(self, height: int, collected: int) -> int:
        """Return below which height CometBFT may drop blocks, 0 for none, after the block of `height`.

        Up to the height `collected` their votes are kept here.
        """
        ...
