"""The same batches at the same heights and times give the same state, log and outcomes through either engine.

Through the embedded engine's own chain, and as requests of ABCI, be it that CometBFT prepares, checks and shows each
block several times, and that the node is opened anew in between.
"""

from pathlib import Path
from random import Random

import pytest

from consensus.consensus_world import Node, Request
from salus.cometbft.proto import abci_pb2
from salus.contracts.governance.parameters import Parameter
from salus.ledger.embedded.chain import Chain, open_chain
from salus.ledger.embedded.files import LocalFiles
from salus.machine.machine import BlockResult
from salus.state.store import Store
from salus.testing.deciding import stamp
from salus.testing.region import START_MS, Region

BLOCKS = 30


class Drawing:
    """Batches of one region: accounts, grants, revocations (protective), replays, what is expired, what is garbage."""

    def __init__(self, seed: int) -> None:
        self.draw = Random(seed)
        self.region = Region(parameters=((int(Parameter.CARRIER_SHARE_PERCENT), 60),))
        self.handles: list[bytes] = []
        self.granted: list[tuple[bytes, bytes]] = []
        self.sent: list[bytes] = []

    def block(self, now: int) -> list[bytes]:
        """Return the batches of a block at a time; some cannot be admitted."""
        until = now + 200_000
        return [self._batch(until, now) for _ in range(self.draw.randrange(4))]

    def _batch(self, until: int, now: int) -> bytes:
        kind = self.draw.random()
        if kind < 0.1 and self.sent:
            return self.draw.choice(self.sent)
        if kind < 0.15:
            return self.draw.randbytes(30)
        envelopes = [self._envelope(until) for _ in range(self.draw.randrange(1, 4))]
        if kind < 0.2:
            until = now
        member = self.draw.choice(self.region.members[:2])
        batch = self.region.batch(*envelopes, not_after=until, member=member)
        self.sent.append(batch)
        return batch

    def _envelope(self, until: int) -> bytes:
        kind = self.draw.random()
        if self.granted and kind < 0.3:
            return self.region.revoke(*self.draw.choice(self.granted), not_after=until)
        if self.handles and kind < 0.7:
            relation = self.draw.choice(self.handles)
            envelope, directive = self.region.grant(relation, not_after=until)
            self.granted.append((relation, directive))
            return envelope
        envelope, handles = self.region.open_accounts(self.draw.randrange(1, 4), until)
        self.handles += handles
        return envelope


def embedded(folder: Path, region: Region) -> Chain:
    folder.mkdir()
    return open_chain(folder, region.genesis_file, LocalFiles(), Store.open)


def ask(node: Node, batches: list[bytes], now: int) -> None:
    """Let CometBFT ask whatever it may before it decides."""
    for raw in batches:
        node.handle(Request(check_tx=abci_pb2.RequestCheckTx(tx=raw)))
    prepare = abci_pb2.RequestPrepareProposal(max_tx_bytes=1 << 22, txs=batches, time=stamp(now))
    chosen = node.handle(Request(prepare_proposal=prepare)).prepare_proposal.txs
    process = abci_pb2.RequestProcessProposal(txs=chosen, time=stamp(now))
    status = node.handle(Request(process_proposal=process)).process_proposal.status
    assert status == abci_pb2.ResponseProcessProposal.ACCEPT


@pytest.mark.parametrize("seed", range(4))
def test_the_same_blocks_through_both_engines(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    drawing = Drawing(seed)
    plain = embedded(tmp_path / "embedded", drawing.region)
    node = Node(tmp_path / "consortium", drawing.region).begin()
    results: list[BlockResult] = []
    told = node.sent.executed
    node.sent.executed = lambda result: (results.append(result), told(result))[1]  # type: ignore[method-assign]
    for _ in range(BLOCKS):
        now = node.clock.time_ms + 1000 if node.deciding.height else START_MS
        batches = drawing.block(now)
        if drawing.draw.random() < 0.7:
            ask(node, batches, now)
        expected = plain.make(batches, now, drawing.region.node)
        shown = node.show(*batches, step_ms=now - node.clock.time_ms)
        if drawing.draw.random() < 0.2:
            node.begin()  # CometBFT came back: the block is shown again, and committed
        else:
            node.commit()
        assert results[-1] == expected
        assert shown.app_hash == expected.app_hash
        assert [one.code for one in shown.tx_results] == [one.code for one in expected.batches]
        if drawing.draw.random() < 0.1:
            node.reopen()
            node.sent.executed = lambda result: results.append(result)  # type: ignore[method-assign]
    assert any(one.code for result in results for one in result.batches)
    assert sum(not one.code for result in results for one in result.batches) > 10
    assert list(node.ledger.events()) == plain.events.page(0, None)
    assert node.ledger.status().log_entries == plain.machine.log.size
    ours, theirs = node.ledger._decided.machine.store, plain.machine.store
    assert list(ours.items()) == list(theirs.items())
    plain.close()
    node.ledger.close()
