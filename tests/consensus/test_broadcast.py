"""Batches on their way through real CometBFT nodes. The application is CometBFT's key-value store: it takes a batch
whose bytes happen to have one `=` and no `:`, refuses one with two `=` by code 2, and knows nothing of replays."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from consensus.kvstore_nodes import KvNode, kv_nodes, losing, txs_of, until
from salus.client.cometbft.errors import BeyondLimit, OtherChain
from salus.client.cometbft.rpc import Rpc
from salus.client.cometbft.subscription import NEW_HEADER, new_height
from salus.client.ledger import BatchResult, EnvelopeResult
from salus.client.remote_errors import AnswerLost, NodeAway
from salus.cometbft import chain_id
from salus.contracts.consent.messages import RevokeConsent
from salus.core.envelope import parse_batch, seal_batch, seal_envelope
from salus.core.errors import Malformed
from salus.core.signatures import SigningKey
from salus.ledger.consensus import broadcast
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.errors import LedgerStopped, Overloaded
from salus.machine.errors import Expired, Replayed
from salus.machine.execution import Outcome
from salus.machine.machine import BatchOutcome, BlockResult

NETWORK = bytes(range(32))
MEMBER, PERSON = b"m" * 32, b"p" * 32
# Keys of which neither the public key nor the id has a byte that the store minds.
GATEWAY, DEVICE = SigningKey.from_seed(bytes(32)), SigningKey.from_seed(bytes([100]) * 32)
FAR_MS = 1 << 45  # beyond the time of any block here
WAIT_S = 30.0
REFUSED_BY_STORE = 2
_nonces = count()


def batch(taken: bool = True, not_after: int = FAR_MS, number: int = 0x0299) -> bytes:
    """Return a batch that was never made before, which the store takes, or refuses; of one envelope, signed."""
    while True:
        nonce = next(_nonces).to_bytes(16, "big")
        payload = RevokeConsent(PERSON, 0, nonce * 2)
        signers = [(PERSON, DEVICE)]
        envelope = seal_envelope(NETWORK, nonce, not_after, signers, [(number, payload)])
        made = seal_batch(NETWORK, nonce, not_after, MEMBER, GATEWAY, [envelope])
        if (made.count(b"="), made.count(b":")) == (1 if taken else 2, 0):
            return made


def key_of(raw: bytes) -> bytes:
    """Return the id of a batch."""
    return parse_batch(NETWORK, raw).id


class Replica:
    """What executes blocks here: it hears of new ones, fetches them from a node and tells what was in them."""

    def __init__(self, url: str, broadcaster: Broadcaster) -> None:
        self._rpc, self._broadcaster = Rpc(url), broadcaster
        self._events = self._rpc.subscribe(NEW_HEADER)
        self._height = self._rpc.status().height
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """Execute no more."""
        self._closing.set()
        self._thread.join(WAIT_S)
        self._events.close()
        self._rpc.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            event = self._events.next(0.1)
            while event is not None and self._height < new_height(event):
                self._height += 1
                block = self._rpc.block(self._height)
                done = tuple(BatchOutcome(key_of(tx), 0, (Outcome(key_of(tx), 0, ()),)) for tx in block.txs)
                time = block.header.time.seconds * 1000
                self._broadcaster.executed(BlockResult(self._height, time, b"", done, (), 0, ()))


@contextmanager
def broadcasting(
    *nodes: KvNode, replica: KvNode | None = None, again_s: float = 0.5, tries_s: float = 5.0
) -> Iterator[Broadcaster]:
    """Give a broadcaster to nodes, and a replica that follows one of them: the first, or another."""
    made = Broadcaster(NETWORK, [Rpc(node.url) for node in nodes], again_s, tries_s)
    executing = Replica((replica or nodes[0]).url, made)
    try:
        yield made
    finally:
        executing.close()
        made.close()


def result_of(raw: bytes, result: BatchResult) -> BatchResult:
    """Return what the replica tells of a batch, at height and time of the result."""
    key = key_of(raw)
    return BatchResult(key, 0, result.height, result.time, (EnvelopeResult(key, 0, ()),))


def times_in_chain(node: KvNode, raw: bytes) -> int:
    """Return in how many blocks a batch stands."""
    rpc = Rpc(node.url)
    try:
        return txs_of(rpc).count(raw)
    finally:
        rpc.close()


@pytest.fixture(scope="module")
def pair() -> Iterator[list[KvNode]]:
    """A validator, and a node that follows it. Both run at the start of each test."""
    with kv_nodes(chain_id(NETWORK), 2) as nodes:
        yield nodes


def test_a_batch_is_answered_by_the_block_that_holds_it(node: KvNode) -> None:
    raws = [batch() for _ in range(40)]  # more than go at once
    with broadcasting(node) as broadcaster:
        futures = [broadcaster.submit(raw, 0, 0) for raw in raws]
        results = [future.result(WAIT_S) for future in futures]
    assert results == [result_of(raw, result) for raw, result in zip(raws, results, strict=True)]
    rpc = Rpc(node.url)
    assert all(raw in rpc.block(result.height).txs for raw, result in zip(raws, results, strict=True))
    rpc.close()


def test_the_same_batch_twice_is_one_and_executed_once(node: KvNode) -> None:
    raw = batch()
    with broadcasting(node) as broadcaster:
        first, second = broadcaster.submit(raw, 0, 0), broadcaster.submit(raw, 0, 0)
        assert first is second
        landed = first.result(WAIT_S)
        again = broadcaster.submit(raw, 8, 9).result(WAIT_S)
    assert again == BatchResult(key_of(raw), Replayed.code, 8, 9, ())
    assert landed == result_of(raw, landed)
    assert times_in_chain(node, raw) == 1


def test_two_who_send_the_same_batch_both_hear_of_the_one_that_was_executed(pair: list[KvNode]) -> None:
    raw = batch()
    with broadcasting(pair[0]) as one, broadcasting(pair[1]) as other:
        first, second = one.submit(raw, 0, 0), other.submit(raw, 0, 0)
        assert first.result(WAIT_S) == second.result(WAIT_S)
    assert times_in_chain(pair[0], raw) == 1


def test_the_check_of_the_application_refuses_a_batch_at_once(node: KvNode) -> None:
    raw = batch(taken=False)
    with broadcasting(node) as broadcaster:
        assert broadcaster.submit(raw, 3, 4).result(WAIT_S) == BatchResult(key_of(raw), REFUSED_BY_STORE, 3, 4, ())
    assert times_in_chain(node, raw) == 0


def test_what_is_no_batch_is_refused_and_sent_nowhere() -> None:
    broadcaster = Broadcaster(NETWORK, [Rpc("http://127.0.0.1:9")])
    found = broadcaster.submit(b"key=value", 3, 4).result(0)
    broadcaster.close()
    assert found == BatchResult(bytes(32), Malformed.code, 3, 4, ())


def test_a_batch_beyond_the_nodes_limit_is_refused_by_name() -> None:
    small = {"max_tx_bytes": "64"}
    with kv_nodes(chain_id(NETWORK), settings=small) as (node,), broadcasting(node) as broadcaster:
        future = broadcaster.submit(batch(), 0, 0)
        with pytest.raises(BeyondLimit):
            future.result(WAIT_S)


def test_another_network_is_sent_nothing(pair: list[KvNode]) -> None:
    raw = batch()
    with kv_nodes("another") as (other,):
        with broadcasting(other, tries_s=0.5) as broadcaster, pytest.raises(OtherChain):
            broadcaster.submit(raw, 0, 0).result(WAIT_S)
        assert times_in_chain(other, raw) == 0
        with broadcasting(other, pair[0], replica=pair[0]) as broadcaster:
            landed = broadcaster.submit(raw, 0, 0).result(WAIT_S)
        assert landed == result_of(raw, landed)
        assert times_in_chain(other, raw) == 0


def test_where_ones_own_node_is_dead_another_members_takes_it(pair: list[KvNode]) -> None:
    validator, own = pair
    raws = [batch() for _ in range(5)]
    with broadcasting(own, validator, replica=validator) as broadcaster:
        assert broadcaster.submit(raws[0], 0, 0).result(WAIT_S).code == 0
        own.stop()
        try:
            for raw in raws[1:]:
                landed = broadcaster.submit(raw, 0, 0).result(WAIT_S)
                assert landed == result_of(raw, landed)
        finally:
            own.start()
    assert [times_in_chain(validator, raw) for raw in raws] == [1] * 5


def test_where_no_node_is_there_a_batch_is_refused_and_may_be_sent_again(pair: list[KvNode]) -> None:
    validator, own = pair
    raw = batch()
    away = Broadcaster(NETWORK, [Rpc("http://127.0.0.1:9"), Rpc("http://127.0.0.1:9")], tries_s=0.3)
    with pytest.raises(NodeAway):
        away.submit(raw, 0, 0).result(WAIT_S)
    away.close()
    with broadcasting(own, validator) as broadcaster:
        assert broadcaster.submit(raw, 0, 0).result(WAIT_S).code == 0
    assert times_in_chain(validator, raw) == 1


def test_a_batch_that_its_node_took_along_into_death_is_sent_by_another(pair: list[KvNode]) -> None:
    """The node is cut off from all others when it takes the batch, and its mempool dies with it."""
    validator, own = pair
    raw = batch()
    own.stop()
    own.configure({"persistent_peers": '""'})
    try:
        own.start()
        with broadcasting(own, validator, replica=validator, again_s=2.0) as broadcaster:
            future = broadcaster.submit(raw, 0, 0)
            rpc = Rpc(own.url)
            until(lambda: rpc.mempool()[0] == 1)
            rpc.close()
            own.stop()
            landed = future.result(WAIT_S)
        assert landed == result_of(raw, landed)
        assert times_in_chain(validator, raw) == 1
    finally:
        own.stop()
        own.configure({"persistent_peers": f'"{validator.node_id}@127.0.0.1:{validator.p2p_port}"'})
        own.start()


def test_a_full_mempool_holds_up_who_brings_more_and_refuses_them_in_the_end() -> None:
    """The next block is seconds away, and one batch fills the mempool."""
    full = {"size": "1", "timeout_commit": '"3s"', "skip_timeout_commit": "false"}
    with kv_nodes(chain_id(NETWORK), settings=full) as (node,):
        rpc = Rpc(node.url)
        until(lambda: rpc.status().height >= 2)
        with broadcasting(node, tries_s=0.5) as hasty, broadcasting(node, tries_s=20.0) as patient:
            first, late = batch(), batch()
            taken = patient.submit(first, 0, 0)
            until(lambda: rpc.mempool()[0] == 1)
            refused, waiting = hasty.submit(batch(), 0, 0), patient.submit(late, 0, 0)
            with pytest.raises(Overloaded):
                refused.result(WAIT_S)
            assert taken.result(WAIT_S).height < waiting.result(WAIT_S).height
        rpc.close()


def test_beyond_what_may_wait_more_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "MOST_WAITING", 3)
    broadcaster = Broadcaster(NETWORK, [Rpc("http://127.0.0.1:9")])
    waiting = [broadcaster.submit(batch(), 0, 0) for _ in range(3)]
    with pytest.raises(Overloaded):
        broadcaster.submit(batch(), 0, 0)
    broadcaster.close()
    for future in waiting:
        with pytest.raises(LedgerStopped):
            future.result(WAIT_S)
    with pytest.raises(LedgerStopped):
        broadcaster.submit(batch(), 0, 0)


def test_a_batch_that_no_block_may_hold_any_more_is_known_to_have_expired(node: KvNode) -> None:
    """It is taken by a node whose blocks never come here; those that come are past its time."""
    raw = batch(not_after=1_000)
    made = Broadcaster(NETWORK, [Rpc(node.url)])
    future = made.submit(raw, 0, 0)
    until(lambda: times_in_chain(node, raw) == 1)
    made.executed(BlockResult(5, 999, b"", (), (), 0, ()))
    made.executed(BlockResult(6, 1_000, b"", (), (), 0, ()))
    assert future.result(WAIT_S) == BatchResult(key_of(raw), Expired.code, 6, 1_000, ())
    made.close()


def test_of_a_batch_that_a_node_knew_before_nobody_says_that_it_expired(
    node: KvNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was executed when another process had sent it, whose blocks are not told here."""
    monkeypatch.setattr(broadcast, "LANDS_S", 1.0)
    raw = batch(not_after=1_000)
    rpc = Rpc(node.url)
    rpc.broadcast(raw)
    until(lambda: times_in_chain(node, raw) == 1)
    made = Broadcaster(NETWORK, [rpc], again_s=0.1)
    future = made.submit(raw, 0, 0)
    with pytest.raises(TimeoutError):
        future.result(0.3)
    made.executed(BlockResult(6, 1_000, b"", (), (), 0, ()))
    with pytest.raises(AnswerLost):
        future.result(WAIT_S)
    made.close()


def test_where_blocks_do_not_come_the_answer_is_lost(node: KvNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "LANDS_S", 1.0)
    made = Broadcaster(NETWORK, [Rpc(node.url)], again_s=0.2)
    with pytest.raises(AnswerLost):
        made.submit(batch(), 0, 0).result(WAIT_S)
    made.close()


def test_closing_ends_the_waiting_of_what_was_taken(node: KvNode) -> None:
    made = Broadcaster(NETWORK, [Rpc(node.url)])
    raw = batch()
    future = made.submit(raw, 0, 0)
    until(lambda: times_in_chain(node, raw) == 1)
    made.close()
    with pytest.raises(LedgerStopped):
        future.result(WAIT_S)


def test_a_batch_that_revokes_goes_to_two_nodes_at_once_and_any_other_to_one() -> None:
    """Two networks of one name that do not know each other: what both have was sent to both."""
    with kv_nodes(chain_id(NETWORK)) as (own,), kv_nodes(chain_id(NETWORK)) as (other,):
        revoking, usual = batch(number=0x0402), batch()
        with broadcasting(own, other, again_s=60.0) as broadcaster:
            assert broadcaster.submit(revoking, 0, 0).result(WAIT_S).code == 0
            assert broadcaster.submit(usual, 0, 0).result(WAIT_S).code == 0
        until(lambda: times_in_chain(other, revoking) == 1)
        assert times_in_chain(other, usual) == 0
        assert (times_in_chain(own, revoking), times_in_chain(own, usual)) == (1, 1)


def test_a_refusal_by_a_second_node_does_not_count_once_a_first_may_have_taken_it() -> None:
    """The answer of the first is lost: it may be in a block. The second refuses it, which does not end the waiting."""
    with kv_nodes(chain_id(NETWORK)) as (own,), losing(own.url) as lost, broadcasting(own) as other:
        raw = batch(taken=False)
        made = Broadcaster(NETWORK, [Rpc(lost), Rpc(own.url)], again_s=0.2)
        future = made.submit(raw, 0, 0)
        with pytest.raises(TimeoutError):
            future.result(1.0)
        done = BatchOutcome(key_of(raw), 0, ())
        made.executed(BlockResult(9, 8, b"", (done,), (), 0, ()))
        assert future.result(WAIT_S) == BatchResult(key_of(raw), 0, 9, 8, ())
        assert other.submit(raw, 1, 2).result(WAIT_S).code == REFUSED_BY_STORE  # who never lost anything
        made.close()
