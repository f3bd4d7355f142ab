"""What the engine of a consortium needs of others: who broadcasts, who has the votes, who keeps snapshots."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from salus.client.figures import SendingFigures, SnapshotFigures
from salus.client.ledger import BatchResult
from salus.client.snapshots import Snapshot
from salus.cometbft.proto import types_pb2
from salus.core.errors import Refusal
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

    def figures(self) -> SendingFigures:
        """Return what is sent, and how it is answered, in figures."""
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

    def close(self) -> None:
        """Let go of the connections."""
        ...


class Applied(NamedTuple):
    """ABCI's ResponseApplySnapshotChunk; `result` is a number of its enumeration."""

    result: int
    refetch: tuple[int, ...] = ()
    reject_senders: tuple[str, ...] = ()


class Snapshots(Protocol):
    """What CometBFT's state sync gives and takes.

    Those of the snapshot connection are called by one thread, one after the other; `due` under the lock of the
    chain, once a block is kept.
    """

    def list(self) -> Sequence[Snapshot]:
        """Return what can be loaded here."""
        ...

    def load(self, height: int, number_of_format: int, chunk: int) -> bytes:
        """Return a chunk; empty where there is none."""
        ...

    def offer(self, snapshot: Snapshot, app_hash: bytes) -> int:
        """Say, by a number of ResponseOfferSnapshot.Result, whether a snapshot is wanted.

        Its app hash is one that CometBFT's light client verified.
        """
        ...

    def apply(self, index: int, chunk: bytes, sender: str) -> Applied:
        """Take a chunk of the snapshot that was accepted last; the last one makes it this node's state."""
        ...

    def due(self, height: int) -> bool:
        """True if one is to be taken of the state after the block of `height`."""
        ...

    def begin(self, height: int) -> None:
        """Take one of the checkpoint of `height`, which is the last one and may be replaced once this returns.

        Called by the thread that writes checkpoints, without the lock.
        """
        ...

    def retain_height(self, height: int, collected: int) -> int:
        """Return below which height CometBFT may drop blocks, 0 for none, after the block of `height`.

        Up to the height `collected` their votes are kept here.
        """
        ...

    def trouble(self) -> Refusal | None:
        """Return why the node must stop."""
        ...

    def figures(self) -> SnapshotFigures:
        """Return what is done in figures."""
        ...

    def close(self) -> None:
        """End what is under way."""
        ...
