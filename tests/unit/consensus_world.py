"""What the tests of the consensus engine start from: a node in process, driven as CometBFT would."""

from concurrent.futures import Future
from pathlib import Path

from salus.client.ledger import BatchResult, EnvelopeResult
from salus.cometbft.proto import abci_pb2
from salus.core.envelope import parse_batch
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.machine.machine import BlockResult
from salus.testing.clock import FakeClock
from salus.testing.deciding import Deciding
from salus.testing.region import START_MS, Region


class Sent:
    """A `Broadcasting` that keeps what was submitted, for the test to put into a block."""

    def __init__(self, network: bytes) -> None:
        self.network = network
        self.batches: list[bytes] = []
        self.futures: dict[bytes, Future[BatchResult]] = {}
        self.closed = False
        self.seen: list[int] = []

    def submit(self, batch: bytes, height: int, time: int) -> "Future[BatchResult]":
        self.batches.append(batch)
        return self.futures.setdefault(parse_batch(self.network, batch).id, Future())

    def executed(self, result: BlockResult) -> None:
        self.seen.append(result.height)
        for one in result.batches:
            future = self.futures.pop(one.id, None)
            if future is not None:
                outcomes = tuple(EnvelopeResult(*outcome) for outcome in one.outcomes)
                future.set_result(BatchResult(one.id, one.code, result.height, result.time, outcomes))

    def close(self) -> None:
        self.closed = True


class Node:
    """A ledger in `folder` without a socket, and the validators that decide its blocks."""

    def __init__(self, folder: Path, region: Region | None = None, deciding: Deciding | None = None, **opened: object):
        self.folder, self.region = folder, region or Region()
        self.clock = FakeClock(START_MS)
        self.deciding = deciding or Deciding(self.region.network, self.region.genesis, [self.region.node])
        self.opened = {"node": self.region.node, "votes": self.deciding, **opened}
        self.open()

    def open(self) -> None:
        """Open the ledger; the handshake is the caller's."""
        self.sent = Sent(self.region.network)
        opened = dict(self.opened)
        node = opened.pop("node")
        self.ledger = ConsensusLedger.open(
            self.folder, self.region.genesis_file, None, self.sent, node, self.clock, **opened
        )

    def begin(self) -> "Node":
        """Open the chain, or recover."""
        self.deciding.begin(self.handle)
        return self

    def reopen(self) -> None:
        """Close and open again, with the handshake."""
        self.ledger.close()
        self.open()
        self.begin()

    def handle(self, request: abci_pb2.Request) -> abci_pb2.Response:
        """Ask the application; an exception is a failure of the test."""
        response = self.ledger.application.handle(request)
        assert response.WhichOneof("value") == request.WhichOneof("value"), response.exception.error
        return response

    def block(self, *batches: bytes, step_ms: int = 1000) -> abci_pb2.ResponseFinalizeBlock:
        """Decide and commit a block, `step_ms` after the last."""
        return self.deciding.block(self.handle, batches, self.clock.advance(step_ms))

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()
