"""What the tests of the consensus engine start from: a node in process, driven as CometBFT would."""

import contextlib
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from salus.client.figures import SendingFigures
from salus.client.ledger import BatchResult, EnvelopeResult
from salus.cometbft.proto import abci_pb2
from salus.core.envelope import parse_batch
from salus.core.signatures import SigningKey
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.machine.machine import BlockResult
from salus.testing.clock import FakeClock
from salus.testing.deciding import Deciding
from salus.testing.faults import Crash, FaultyFiles, Plan, faulty_store
from salus.testing.region import START_MS, Region

Request, Response = abci_pb2.Request, abci_pb2.Response
COMMIT = Request(commit=abci_pb2.RequestCommit())
INFO = Request(info=abci_pb2.RequestInfo(version="0.39.4", abci_version="2.0.0"))


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

    def figures(self) -> SendingFigures:
        return SendingFigures((), (), len(self.futures), 0, 0, 0)

    def close(self) -> None:
        self.closed = True


class Node:
    """A ledger in `folder` without a socket, and the validators that decide its blocks."""

    def __init__(
        self,
        folder: Path,
        region: Region | None = None,
        validators: Sequence[SigningKey] = (),
        plan: Plan | None = None,
        **opened: Any,
    ) -> None:
        self.folder, self.region = folder, region or Region()
        self.clock = FakeClock(START_MS)
        self.plan = plan or Plan(0)
        keys = validators or [self.region.node]
        self.deciding = Deciding(self.region.network, self.region.genesis, keys)
        self.opened = {"node": self.region.node, "votes": self.deciding, **opened}
        self.open()

    def open(self) -> None:
        """Open the ledger; the handshake is the caller's."""
        self.sent = Sent(self.region.network)
        settings = {"files": FaultyFiles(self.plan), "open_store": faulty_store(self.plan), **self.opened}
        node = settings.pop("node")
        self.ledger = ConsensusLedger.open(
            self.folder, self.region.genesis_file, None, self.sent, node, self.clock, **settings
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

    def kill(self) -> None:
        """End the process as a power cut does."""
        self.plan.crashed = True
        with contextlib.suppress(Crash):
            self.ledger.close()  # lets go of the files, writes nothing
        self.plan = Plan(0)

    def handle(self, request: abci_pb2.Request) -> abci_pb2.Response:
        """Ask the application; an exception is a failure of the test."""
        response = self.ledger.application.handle(request)
        assert response.WhichOneof("value") == request.WhichOneof("value"), response.exception.error
        return response

    def show(self, *batches: bytes, step_ms: int = 1000) -> abci_pb2.ResponseFinalizeBlock:
        """Decide a block and show it, without committing it."""
        height = self.deciding.decide(batches, self.clock.advance(step_ms))
        result = self.handle(self.deciding.finalize(height)).finalize_block
        self.deciding.shown(height, result)
        return result

    def commit(self) -> abci_pb2.ResponseCommit:
        """Commit the block that was shown."""
        return self.handle(COMMIT).commit

    def block(self, *batches: bytes, step_ms: int = 1000) -> abci_pb2.ResponseFinalizeBlock:
        """Decide and commit a block, `step_ms` after the last."""
        result = self.show(*batches, step_ms=step_ms)
        self.commit()
        return result

    def query(self, path: str, data: bytes = b"", height: int = 0) -> abci_pb2.ResponseQuery:
        """Ask by path, with proof."""
        asked = abci_pb2.RequestQuery(path=path, data=data, height=height, prove=True)
        return self.handle(Request(query=asked)).query

    def opening(self, accounts: int = 1) -> bytes:
        """Return a batch that opens accounts, valid now."""
        until = self.clock.time_ms + 300_000
        return self.region.batch(self.region.open_accounts(accounts, until)[0], not_after=until)

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()
