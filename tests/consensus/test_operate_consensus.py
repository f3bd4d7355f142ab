"""Figures, readiness and lines of a consortium's member: what they say, and that they say nothing of anybody."""

import io
import json
import logging
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest
from consensus_world import Node
from explored import explored

from salus.api.ledger.errors import CatchingUp, NotReady, StateOld
from salus.api.operate.logs import FIELDS, start_logging
from salus.bootstrap.heartbeat import HeartbeatSlow
from salus.bootstrap.network.halts import ConsensusEnded, Halt, StateDiffers, keep_halt
from salus.client.cometbft.errors import MempoolFull
from salus.client.cometbft.rpc import BroadcastAnswer, Rpc
from salus.client.figures import CometFigures, Spreading
from salus.client.ledger import BatchResult
from salus.client.remote_errors import NodeAway
from salus.cometbft import chain_id
from salus.cometbft.proto import abci_pb2
from salus.cometbft.proto.abci_pb2 import Request
from salus.contracts.governance.parameters import Parameter
from salus.core.envelope import parse_batch, parse_envelope
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.consensus.errors import OtherCommit
from salus.ledger.consensus.restoring import Apply, Offer
from salus.ledger.consensus.syncing import Keeping, state_sync
from salus.ledger.consensus.taker import TakerProcess
from salus.machine.errors import Expired, Replayed
from salus.testing.region import START_MS, Region

WAIT_S = 60.0
STALE_MS = 60_000


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as a server logs it with SALUS_LOG=info."""
    root, own, stream = logging.getLogger(), logging.getLogger("salus"), io.StringIO()
    before, levels = list(root.handlers), (root.level, own.level)
    start_logging("info", stream)
    yield stream
    for handler in list(root.handlers):
        root.removeHandler(handler)
    for handler in before:
        root.addHandler(handler)
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def wait_for(done: Any) -> None:
    until = time.monotonic() + WAIT_S
    while not done() and time.monotonic() < until:
        time.sleep(0.02)
    assert done()


def check(node: Node, raw: bytes, *, again: bool = False) -> int:
    kind = abci_pb2.CheckTxType.RECHECK if again else abci_pb2.CheckTxType.Value("NEW")
    return node.handle(Request(check_tx=abci_pb2.RequestCheckTx(tx=raw, type=kind))).check_tx.code


class Scripted:
    """An `Rpc` that answers each broadcast by the next of its script, then takes everything.

    Of what it is to take after `most`, it says nothing until `goes_on` is set.
    """

    def __init__(self, network: bytes, *script: BroadcastAnswer | Exception, most: int = 1000) -> None:
        self.network, self.script = network, list(script)
        self.most, self.goes_on = most, Event()
        self.taken: list[bytes] = []

    def status(self, tries: int = 3) -> Any:
        class Said:
            chain_id = ""

        said = Said()
        said.chain_id = chain_id(self.network)
        return said

    def broadcast(self, batch: bytes) -> BroadcastAnswer:
        if len(self.taken) >= self.most:
            assert self.goes_on.wait(WAIT_S)
        answer = self.script.pop(0) if self.script else BroadcastAnswer(0, False)
        if isinstance(answer, Exception):
            raise answer
        self.taken.append(batch)
        return answer

    def close(self) -> None:
        return


def broadcaster(network: bytes, nodes: Sequence[Scripted], **more: float) -> Broadcaster:
    return Broadcaster(network, [cast(Rpc, one) for one in nodes], **more)


def test_a_spread_counts_each_value_in_its_bound_and_all_above() -> None:
    spreading = Spreading((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.5):
        spreading.add(value)
    assert spreading.read() == ((1.0, 2.0), (2, 3, 4), 5.5)


def test_figures_of_blocks_checks_and_votes(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node, explored(node) as scraped:
        raw = node.opening()
        assert check(node, raw) == 0
        assert check(node, raw, again=True) == 0
        node.show(raw)
        shown = scraped.figures()
        assert (shown["salus_decided_height",], shown["salus_kept_height",]) == (1, 0)
        node.commit()
        assert check(node, raw) == Replayed.code
        assert check(node, raw, again=True) == Replayed.code
        old = node.region.batch(node.region.open_accounts(1)[0], not_after=START_MS - 1)
        assert check(node, old) == Expired.code
        node.block()
        wait_for(lambda: scraped.figures()["salus_votes_height",] == 2)
        found = scraped.figures()
        checks = {labels[1:]: value for labels, value in found.items() if labels[0] == "salus_mempool_checks_total"}
        assert checks == {
            ("0", "new"): 1,
            (f"0x{Replayed.code:04x}", "new"): 1,
            (f"0x{Expired.code:04x}", "new"): 1,
            ("0", "again"): 1,
            (f"0x{Replayed.code:04x}", "again"): 1,
        }
        assert (found["salus_decided_height",], found["salus_kept_height",]) == (2, 2)
        assert found["salus_decided_batches_total",] == 1
        assert [found[f"salus_block_{name}_count",] for name in ("execute_seconds", "commit_seconds", "bytes")] == [
            2
        ] * 3
        assert found["salus_block_bytes_sum",] > len(raw)
        assert found["salus_block_bytes_bucket", "+Inf"] == 2
        assert (found["salus_validators_power",], found["salus_upgrade_known",], found["salus_upgrade_height",]) == (
            1,
            1,
            0,
        )
        assert found["salus_ledger_stopped",] == 0
        assert found["salus_heartbeat_seconds",] == 20
        assert found["salus_disk_free_bytes",] > 0
        node.clock.advance(7_000)
        assert scraped.figures()["salus_block_age_seconds",] == 7


def test_figures_of_snapshots_and_of_taking_one_over(tmp_path: Path, lines: io.StringIO) -> None:
    with Node(tmp_path / "ledger", snapshots=state_sync(Keeping(every=2, snapshots=2))).begin() as node:
        node.block(node.opening())
        node.block(node.opening())
        with explored(node) as scraped:
            wait_for(lambda: scraped.figures()["salus_snapshots_taken_total",] == 1)
            found = scraped.figures()
            assert (found["salus_snapshots",], found["salus_snapshot_height",]) == (1, 2)
            assert found["salus_snapshots_failed_total",] == found["salus_statesync_height",] == 0
        (snapshot,) = node.handle(Request(list_snapshots=abci_pb2.RequestListSnapshots())).list_snapshots.snapshots
        new = Node(tmp_path / "new", node.region, votes=node.deciding, snapshots=state_sync(Keeping()))
        with new, explored(new) as scraped:
            new.clock.time_ms = node.clock.now_ms()
            offer = abci_pb2.RequestOfferSnapshot(snapshot=snapshot, app_hash=node.deciding.results[1].app_hash)
            assert new.handle(Request(offer_snapshot=offer)).offer_snapshot.result == Offer.ACCEPT
            found = scraped.figures()
            names = ("salus_statesync_height", "salus_statesync_chunks", "salus_statesync_chunks_taken")
            assert [found[name,] for name in names] == [2, snapshot.chunks, 0]
            wrong = abci_pb2.RequestApplySnapshotChunk(index=0, chunk=b"canary", sender="canary-peer")
            assert new.handle(Request(apply_snapshot_chunk=wrong)).apply_snapshot_chunk.result == Apply.RETRY
            for index in range(snapshot.chunks):
                load = abci_pb2.RequestLoadSnapshotChunk(height=2, format=snapshot.format, chunk=index)
                chunk = node.handle(Request(load_snapshot_chunk=load)).load_snapshot_chunk.chunk
                apply = abci_pb2.RequestApplySnapshotChunk(index=index, chunk=chunk, sender="canary-peer")
                assert new.handle(Request(apply_snapshot_chunk=apply)).apply_snapshot_chunk.result == Apply.ACCEPT
            found = scraped.figures()
            assert [found[name,] for name in names] == [0, 0, 0]
            assert found["salus_kept_height",] == 2
    own = [line for line in map(json.loads, lines.getvalue().splitlines()) if line["logger"] == "salus.consensus"]
    assert [(line["text"], line["height"]) for line in own] == [
        ("a snapshot was taken", 2),
        ("a snapshot is taken over", 2),
        ("a chunk is not the snapshot's", 2),
        ("the ledger begins with a snapshot", 2),
    ]
    assert "canary" not in lines.getvalue()


def test_a_snapshot_that_was_not_taken_is_counted_and_said(tmp_path: Path, lines: io.StringIO) -> None:
    taker = TakerProcess(tmp_path, ("false",))
    taker.begin(7, lambda refusal: None)
    wait_for(lambda: taker.failed == 1)
    taker = TakerProcess(tmp_path, (str(tmp_path / "nothing"),))
    taker.begin(8, lambda refusal: None)
    assert taker.failed == 1
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(one["text"], one["height"]) for one in told] == [
        ("a snapshot was not taken", 7),
        ("a snapshot was not taken", 8),
    ]


def test_figures_of_sending(tmp_path: Path, lines: io.StringIO) -> None:
    region = Region()
    own = Scripted(region.network, NodeAway(), BroadcastAnswer(Replayed.code, False))
    other = Scripted(region.network, most=2)  # at first, and again; no third time while figures are compared
    sender = broadcaster(region.network, [own, other], again_s=0.05)
    with Node(tmp_path / "ledger", region).begin() as node:
        sent, node.ledger._outside = node.ledger._outside, node.ledger._outside._replace(broadcaster=sender)
        sent.broadcaster.close()
        with explored(node) as scraped:
            raw = node.opening()
            done = node.ledger.submit(raw)
            wait_for(lambda: scraped.figures()["salus_batches_resent_total",] >= 1)
            found = scraped.figures()
            assert found["salus_batches_under_way",] == 1
            assert found["salus_batches_sent_total", "away", "0"] == 1
            assert found["salus_batches_sent_total", "taken", "1"] in (1, 2)
            assert found["salus_batches_failed_over_total",] == 1
            assert found["salus_batches_doubled_total",] == 0
            assert found["salus_node_shunned", "1"] == 0
            other.goes_on.set()
            node.block(raw)
            assert done.result(WAIT_S).code == 0
            assert scraped.figures()["salus_batches_under_way",] == 0
    told = [json.loads(line) for line in lines.getvalue().splitlines() if "salus.consensus" in line]
    assert (told[0]["text"], told[0]["node"], told[0]["code"]) == ("a node takes no batches", 0, NodeAway.code)


def test_what_protects_is_counted_once_two_nodes_took_it(tmp_path: Path) -> None:
    region = Region()
    nodes = [Scripted(region.network), Scripted(region.network)]
    sender = broadcaster(region.network, nodes)
    try:
        raw = region.batch(region.revoke(region.open_accounts(1)[1][0], bytes(32)))
        waits: Future[BatchResult] = sender.submit(raw, 0, START_MS)
        wait_for(lambda: sender.figures().doubled == 1)
        assert sender.figures().answers == ((0, "taken", 1), (1, "taken", 1))
        assert not waits.done() and [len(one.taken) for one in nodes] == [1, 1]
    finally:
        sender.close()


def test_a_full_mempool_is_counted(tmp_path: Path, lines: io.StringIO) -> None:
    region = Region()
    sender = broadcaster(region.network, [Scripted(region.network, *[MempoolFull()] * 1000)], tries_s=0.01)
    try:
        future = sender.submit(region.batch(region.open_accounts(1)[0]), 0, START_MS)
        assert future.exception(WAIT_S) is not None
        ((node, answer, count),) = sender.figures().answers
        assert (node, answer) == (0, "full") and count >= 1
    finally:
        sender.close()
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["text"], line["code"]) == ("no node took a batch", MempoolFull.code)


def test_ready_is_who_is_caught_up_fresh_and_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    region = Region(parameters=[(Parameter.STALE_MS, STALE_MS)])
    said = CometFigures(True, 9, catching_up=True, power=3)
    monkeypatch.setattr("salus.bootstrap.watching.CometWatch.look", lambda watch: said)
    with Node(tmp_path / "ledger", region).begin() as node, explored(node, "http://127.0.0.1:9") as scraped:
        node.block(node.opening())
        node.block()  # the first has the time of the genesis
        answer = scraped.get("/ready")
        assert (answer.status_code, answer.json()["code"], answer.json()["height"]) == (503, CatchingUp.code, 2)
        found = scraped.figures()
        assert [found[f"salus_cometbft_{name}",] for name in ("up", "height", "lag_blocks", "catching_up")] == [
            1,
            9,
            7,
            1,
        ]
        assert found["salus_validator_power",] == 3
        said = CometFigures(up=False)
        assert scraped.json("/ready") == {"status": "ok", "height": 2, "behind_ms": 0}
        found = scraped.figures()
        assert (found["salus_cometbft_up",], found["salus_validator_power",]) == (0, 0)
        assert ("salus_cometbft_height",) not in found
        node.clock.advance(STALE_MS)
        assert scraped.json("/ready")["behind_ms"] == STALE_MS
        node.clock.advance(1)
        answer = scraped.get("/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, StateOld.code)
        assert answer.json()["behind_ms"] == STALE_MS + 1
        assert scraped.json("/health") == {"status": "ok"}
        node.ledger._commits.trouble = OtherCommit
        answer = scraped.get("/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, NotReady.code)
        assert answer.json()["why"] == str(OtherCommit())
        assert scraped.figures()["salus_ledger_stopped",] == OtherCommit.code


def test_what_the_keeper_found_out_is_why_nobody_is_sent_here(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node, explored(node) as scraped:
        node.block(node.opening())
        for code in (StateDiffers.code, ConsensusEnded.code):
            keep_halt(Path(node.folder), Halt(code, 1, "canary"))
            answer = scraped.get("/ready")
            assert (answer.status_code, answer.json()["code"]) == (503, code) and "canary" not in answer.text
            assert scraped.json("/health") == {"status": "ok"}
        keep_halt(Path(node.folder), None)
        assert scraped.json("/ready")["status"] == "ok"


def test_a_heartbeat_above_half_of_what_was_voted_is_warned_about(tmp_path: Path, lines: io.StringIO) -> None:
    region = Region(parameters=[(Parameter.STALE_MS, 39_000)])
    with Node(tmp_path / "ledger", region).begin() as node, explored(node) as scraped:
        node.block(node.opening())
        for _ in range(2):
            answer = scraped.json("/ready")
            assert answer["status"] == "ok" and answer["warning"].endswith("(0x6340)")
        found = scraped.figures()
        assert (found["salus_heartbeat_seconds",], found["salus_stale_seconds",]) == (20, 39)
    (line,) = [one for one in map(json.loads, lines.getvalue().splitlines()) if one.get("code") == HeartbeatSlow.code]
    assert (line["text"], line["level"]) == ("the heartbeat is above half of stale-ms", "warning")


def test_figures_and_lines_are_about_nobody(tmp_path: Path, lines: io.StringIO) -> None:
    with Node(tmp_path / "ledger", snapshots=state_sync(Keeping(every=2))).begin() as node, explored(node) as scraped:
        opened, handles = node.region.open_accounts(3)
        raw = node.region.batch(opened)
        node.block(raw)
        until = node.clock.now_ms() + 60_000
        grants = [node.region.grant(handle, until)[0] for handle in handles]
        batch = node.region.batch(*grants, not_after=until)
        check(node, batch)
        check(node, b"canary: not a batch")
        node.block(batch, b"canary: not a batch")
        bad = node.handle(Request(process_proposal=abci_pb2.RequestProcessProposal(txs=[b"canary"], height=3)))
        assert bad.process_proposal.status == abci_pb2.ResponseProcessProposal.REJECT
        unknown = abci_pb2.RequestInitChain(chain_id="canary-chain")
        assert node.ledger.application.handle(Request(init_chain=unknown)).WhichOneof("value") == "exception"
        page = scraped.get("/metrics").text
        wait_for(lambda: "a snapshot was taken" in lines.getvalue())
        region = node.region
        secret = [
            *handles,
            *(parse_envelope(region.network, one).id for one in (opened, *grants)),
            *(parse_batch(region.network, one).id for one in (raw, batch)),
            *(member.id for member in region.members),
            region.node.public,
        ]
    for text in (page, lines.getvalue()):
        assert "canary" not in text
        assert [one.hex() for one in secret if one.hex()[:12] in text.lower()] == []
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert {line["text"] for line in told} >= {"a proposal was rejected", "a request was refused: CometBFT stops"}
    for line in told:
        assert set(line) - {"time", "level", "logger", "text"} <= set(FIELDS)
    (refused,) = [line for line in told if line["text"] == "a request was refused: CometBFT stops"]
    assert (refused["request"], refused["logger"]) == ("init_chain", "salus.consensus")


def test_rules_and_scrape_configuration_are_what_prometheus_reads() -> None:
    """Syntax by promtool, where that is there."""
    folder = Path(__file__).parents[2] / "deploy/prometheus"
    try:
        for what, name in (("rules", "salus.rules.yml"), ("config", "prometheus.yml")):
            subprocess.run(["promtool", "check", what, folder / name], check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("no promtool here")
