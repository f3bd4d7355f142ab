"""Each request of ABCI 2.0: what is answered, what is refused, and by which code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consensus.consensus_world import COMMIT, Node, Request
from consensus.kvstore_nodes import until
from salus.client.snapshots import Snapshot
from salus.cometbft.proto import abci_pb2
from salus.core.encoding import decode
from salus.core.envelope import MAX_BATCH_BYTES
from salus.core.errors import Malformed, Refusal, WrongSignature
from salus.core.signatures import verify
from salus.evidence.state import LOG_KEY
from salus.ledger.consensus.executor import BLOCK_S
from salus.ledger.consensus.ports import Applied
from salus.machine.errors import DamagedExport, Expired, NotAMember, Replayed
from salus.merkle.ics23 import existence
from salus.merkle.smt import Proof, verify_absence
from salus.testing.deciding import stamp
from salus.testing.region import START_MS, key


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path / "ledger") as made:
        yield made.begin()


def refusal(node: Node, request: Request) -> str:
    """Return the code that an exception ends with."""
    response = node.ledger.application.handle(request)
    assert response.WhichOneof("value") == "exception"
    return response.exception.error[-8:]


def check(node: Node, batch: bytes, kind: abci_pb2.CheckTxType = abci_pb2.NEW) -> int:
    return node.handle(Request(check_tx=abci_pb2.RequestCheckTx(tx=batch, type=kind))).check_tx.code


def prepare(node: Node, *batches: bytes, most: int = 1 << 22) -> list[bytes]:
    asked = abci_pb2.RequestPrepareProposal(max_tx_bytes=most, txs=batches, time=stamp(node.clock.time_ms + 1))
    return list(node.handle(Request(prepare_proposal=asked)).prepare_proposal.txs)


def test_info_says_how_far_the_file_reaches(node: Node) -> None:
    asked = Request(info=abci_pb2.RequestInfo())
    info = node.handle(asked).info
    assert (info.data, info.app_version, info.last_block_height, info.last_block_app_hash) == ("salus", 1, 0, b"")
    result = node.block(node.opening())
    info = node.handle(asked).info
    assert (info.last_block_height, info.last_block_app_hash) == (1, result.app_hash)
    node.show(node.opening())
    assert node.handle(asked).info.last_block_app_hash == result.app_hash


def test_init_chain_answers_the_app_hash_of_the_genesis(node: Node) -> None:
    asked = node.deciding.init_chain()
    again = node.handle(asked).init_chain  # CometBFT may begin a second time, before the first block
    assert again.app_hash == node.ledger.status().app_hash and not again.validators


def test_init_chain_refuses_another_genesis(node: Node) -> None:
    asked = node.deciding.init_chain()
    for name, value in (("chain_id", "salus-other"), ("initial_height", 2)):
        other = Request.FromString(asked.SerializeToString())
        setattr(other.init_chain, name, value)
        assert refusal(node, other) == "(0x7052)"
    other = Request.FromString(asked.SerializeToString())
    other.init_chain.time.seconds += 1
    assert refusal(node, other) == "(0x7052)"
    for change in ("power", "key", "more"):
        other = Request.FromString(asked.SerializeToString())
        first = other.init_chain.validators[0]
        if change == "power":
            first.power += 1
        elif change == "key":
            first.pub_key.ed25519 = key("stranger").public
        else:
            other.init_chain.validators.add(power=1).pub_key.ed25519 = key("stranger").public
        assert refusal(node, other) == "(0x7053)"
    node.block()
    assert refusal(node, asked) == "(0x7052)"  # there are blocks


def test_check_tx_names_the_refusal(node: Node) -> None:
    region, good = node.region, node.opening()
    assert check(node, good) == 0
    assert check(node, b"\x00") == Malformed.code
    assert check(node, good[:-1] + bytes((good[-1] ^ 1,))) == WrongSignature.code
    assert check(node, region.batch(region.open_accounts(1)[0], not_after=START_MS)) == Expired.code
    stranger = type(region)("elsewhere")
    stranger.hospital.id = bytes(32)
    assert check(node, region.batch(good, member=stranger.hospital)) == NotAMember.code
    node.block(good)
    assert check(node, good) == check(node, good, abci_pb2.RECHECK) == Replayed.code


def test_what_was_verified_ahead_is_not_verified_again(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[bytes] = []

    def counted(public: bytes, message: bytes, signature: bytes) -> bool:
        verified.append(signature)
        return verify(public, message, signature)

    monkeypatch.setattr("salus.machine.signing.verify", counted)
    batch, machine = node.opening(), node.ledger._decided.machine
    assert check(node, batch) == 0
    parsed = machine.admit(batch).batch
    assert parsed is not None
    envelopes = machine.read(parsed)
    until(lambda: not machine.signed(envelopes))  # nothing of it is left to be verified
    assert verified == [parsed.signature[1], envelopes[0].signatures[0][1]]
    assert check(node, batch, abci_pb2.RECHECK) == 0
    assert [one.code for one in node.block(batch).tx_results] == [0]
    assert len(verified) == 2


def test_prepare_takes_what_fits_and_process_accepts_it(node: Node) -> None:
    batches = [node.opening() for _ in range(4)]
    assert prepare(node, *batches) == batches
    assert prepare(node, b"\x00", batches[0], batches[0], batches[1]) == batches[:2]
    size = sum(len(one) + 3 for one in batches[:2])  # as CometBFT counts them
    assert prepare(node, *batches[:2], most=size) == batches[:2]
    assert prepare(node, *batches[:2], most=size - 1) == batches[:1]
    node.block(batches[0])
    assert prepare(node, *batches) == batches[1:]


def test_a_proposal_has_as_much_as_is_executed_in_time(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [node.opening() for _ in range(4)]
    executor = node.ledger._executor
    assert executor is not None
    node.block(*batches)  # too small to tell how long batches take
    assert executor.room() == MAX_BATCH_BYTES
    monkeypatch.setattr("salus.ledger.consensus.executor.LEAST_BYTES", 1)
    executor._byte_s = BLOCK_S / (sum(len(one) for one in batches[:2]) + 1)  # as measured
    more = [node.opening() for _ in range(4)]
    assert prepare(node, *more) == more[:2]
    executor._byte_s = BLOCK_S  # a byte
    assert prepare(node, *more) == more[:1]  # never none
    node.block(more[0])
    assert 0.8 * BLOCK_S < executor._byte_s < 0.81 * BLOCK_S  # the last block counts for a fifth


def test_process_rejects_what_no_correct_proposer_prepares(node: Node) -> None:
    batch = node.opening()

    def process(*batches: bytes, time: int = 0) -> int:
        when = stamp(time or node.clock.time_ms + 1)
        asked = abci_pb2.RequestProcessProposal(txs=batches, time=when, height=1)
        return node.handle(Request(process_proposal=asked)).process_proposal.status

    accepted, rejected = abci_pb2.ResponseProcessProposal.ACCEPT, abci_pb2.ResponseProcessProposal.REJECT
    assert process() == process(batch) == accepted
    assert process(batch, batch) == process(b"\x00") == process(batch, b"") == rejected
    assert process(time=START_MS - 1) == rejected  # before the genesis


def test_finalize_persists_nothing_and_commit_everything(node: Node) -> None:
    before = (node.folder / "blocks").read_bytes()
    result = node.show(node.opening(), b"\x00garbage")
    assert [one.code for one in result.tx_results] == [0, Malformed.code]
    assert all(one == abci_pb2.ExecTxResult(code=one.code) for one in result.tx_results)
    assert (node.folder / "blocks").read_bytes() == before and node.sent.seen == []
    assert node.commit().retain_height == 0
    assert len((node.folder / "blocks").read_bytes()) > len(before) and node.sent.seen == [1]


def test_blocks_out_of_order_stop_cometbft(node: Node) -> None:
    assert refusal(node, COMMIT) == "(0x7051)"
    node.block()
    first = node.deciding.finalize(1)
    assert refusal(node, first) == "(0x7051)"
    node.deciding.decide((), node.clock.advance(1000))
    node.deciding.shown(2, abci_pb2.ResponseFinalizeBlock(app_hash=node.deciding.results[0].app_hash))
    node.deciding.decide((), node.clock.advance(1000))
    assert refusal(node, node.deciding.finalize(3)) == "(0x7051)"
    older = node.deciding.finalize(2)
    older.finalize_block.time.CopyFrom(stamp(START_MS - 1))
    assert refusal(node, older) == "(0x7051)"
    node.handle(node.deciding.finalize(2))  # nothing had changed
    node.commit()
    assert node.ledger.height() == 2


def test_queries_answer_with_proofs(node: Node) -> None:
    result = node.block(node.opening())
    answer = node.query("/key", LOG_KEY)
    (op,) = answer.proof_ops.ops
    proof = node.ledger._decided.machine.store.prove(LOG_KEY)
    assert (answer.code, answer.height, op.type, op.key) == (0, 1, "ics23:smt", LOG_KEY)
    assert op.data == existence(LOG_KEY, answer.value, proof)
    absent = node.query("/key", b"\x09nothing")
    (op,) = absent.proof_ops.ops
    assert (absent.value, op.type) == (b"", "salus:smt")
    assert verify_absence(result.app_hash, b"\x09nothing", decode(op.data, Proof))
    assert node.query("/key", LOG_KEY, height=1).code == 0
    assert node.query("/status").value == (
        b'{"height": 1, "time": %d, "app_hash": "%s"}' % (START_MS, result.app_hash.hex().encode())
    )


@pytest.mark.parametrize(
    ("path", "data", "height", "code"),
    [("/key", b"", 0, 0x0002), ("/key", b"k" * 257, 0, 0x0002), ("/key", b"k", 7, 0x705A), ("/p2p", b"", 0, 0x7059)],
)
def test_queries_that_are_refused(node: Node, path: str, data: bytes, height: int, code: int) -> None:
    answer = node.query(path, data, height)
    assert (answer.code, answer.codespace, answer.value) == (code, "salus", b"")


def test_without_snapshots_none_is_given_or_taken(node: Node) -> None:
    assert not node.handle(Request(list_snapshots=abci_pb2.RequestListSnapshots())).list_snapshots.snapshots
    load = Request(load_snapshot_chunk=abci_pb2.RequestLoadSnapshotChunk(height=1, format=1))
    assert node.handle(load).load_snapshot_chunk.chunk == b""
    offer = Request(offer_snapshot=abci_pb2.RequestOfferSnapshot())
    assert node.handle(offer).offer_snapshot.result == abci_pb2.ResponseOfferSnapshot.ABORT
    chunk = Request(apply_snapshot_chunk=abci_pb2.RequestApplySnapshotChunk())
    assert refusal(node, chunk) == "(0x705f)"


def test_extensions_and_a_mempool_of_ours_are_refused(node: Node) -> None:
    assert refusal(node, Request(extend_vote=abci_pb2.RequestExtendVote())) == "(0x705e)"
    verify = Request(verify_vote_extension=abci_pb2.RequestVerifyVoteExtension())
    status = node.handle(verify).verify_vote_extension.status
    assert status == abci_pb2.ResponseVerifyVoteExtension.REJECT
    assert refusal(node, Request(insert_tx=abci_pb2.RequestInsertTx())) == "(0x7054)"
    assert refusal(node, Request(reap_txs=abci_pb2.RequestReapTxs())) == "(0x7054)"


class Kept:
    """A `Snapshots` that says what it is told to, and notes when it was asked to take one."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.damage: Refusal | None = None
        self.closed = False

    def list(self) -> list[Snapshot]:
        return [Snapshot(4, 1, 2, b"hash", b"manifest")]

    def load(self, height: int, number_of_format: int, chunk: int) -> bytes:
        return b"%d %d %d" % (height, number_of_format, chunk)

    def offer(self, snapshot: Snapshot, app_hash: bytes) -> int:
        return 4 if snapshot == Snapshot(9, 2, 3, b"h", b"m") and app_hash == b"a" else 3

    def apply(self, index: int, chunk: bytes, sender: str) -> Applied:
        return Applied(3, (index,), (sender,))

    def due(self, height: int) -> bool:
        return height % 2 == 0

    def begin(self, height: int) -> None:
        self.begun.append(height)

    def retain_height(self, height: int, collected: int) -> int:
        return height - 1 if collected <= height else -1

    def trouble(self) -> Refusal | None:
        return self.damage

    def close(self) -> None:
        self.closed = True


def test_snapshots_have_their_requests_and_their_checkpoints(tmp_path: Path) -> None:
    kept = Kept()
    with Node(tmp_path / "ledger", snapshots=lambda ledger: kept).begin() as node:
        (one,) = node.handle(Request(list_snapshots=abci_pb2.RequestListSnapshots())).list_snapshots.snapshots
        assert (one.height, one.format, one.chunks, one.hash, one.metadata) == (4, 1, 2, b"hash", b"manifest")
        load = abci_pb2.RequestLoadSnapshotChunk(height=4, format=1, chunk=1)
        assert node.handle(Request(load_snapshot_chunk=load)).load_snapshot_chunk.chunk == b"4 1 1"
        shown = abci_pb2.Snapshot(height=9, format=2, chunks=3, hash=b"h", metadata=b"m")
        offer = abci_pb2.RequestOfferSnapshot(snapshot=shown, app_hash=b"a")
        result = node.handle(Request(offer_snapshot=offer)).offer_snapshot.result
        assert result == abci_pb2.ResponseOfferSnapshot.REJECT_FORMAT
        chunk = abci_pb2.RequestApplySnapshotChunk(index=5, chunk=b"c", sender="s")
        applied = node.handle(Request(apply_snapshot_chunk=chunk)).apply_snapshot_chunk
        assert (applied.result, list(applied.refetch_chunks), list(applied.reject_senders)) == (3, [5], ["s"])
        for height in range(1, 6):
            node.show(node.opening())
            assert node.commit().retain_height == height - 1
            if height % 2 == 0:
                until(lambda last=height: kept.begun[-1:] == [last])
        assert kept.begun == [2, 4]
        kept.damage = DamagedExport()
        node.deciding.decide((), node.clock.advance(1000))
        assert refusal(node, node.deciding.finalize(6)) == "(0x0010)"
        assert isinstance(node.ledger.trouble(), DamagedExport)
    assert kept.closed
