"""The client of CometBFT's RPC against a real node, whose application is the key-value store built into it."""

from collections.abc import Callable
from hashlib import sha256
from itertools import count

import pytest

from consensus.kvstore_nodes import KvNode, kv_nodes, until
from salus.client.cometbft.errors import BeyondLimit, SubscriptionEnded
from salus.client.cometbft.forms import milliseconds
from salus.client.cometbft.rpc import BroadcastAnswer, Rpc
from salus.client.cometbft.subscription import NEW_HEADER, new_height
from salus.client.remote_errors import BadUpstream, NodeAway, NodeRefused
from salus.cometbft import chain_id

NETWORK = bytes(range(32))
WAIT_S = 20.0
_numbers = count()


def fresh_tx() -> bytes:
    """Return a transaction that was never sent: the store takes key=value."""
    return f"key{next(_numbers)}=value".encode()


def landed(rpc: Rpc, tx: bytes) -> int:
    """Return the height of the block with a transaction, once there is one."""
    found: list[int] = []

    def look() -> bool:
        newest = rpc.status().height
        found[:] = [height for height in range(1, newest + 1) if tx in rpc.block(height).txs]
        return bool(found)

    until(look, WAIT_S)
    return found[0]


def test_the_status_says_network_version_and_how_far_the_node_is(node: KvNode, rpc: Rpc) -> None:
    status = rpc.status()
    assert status.chain_id == chain_id(NETWORK)
    assert status.node_id == node.node_id
    assert status.version.startswith("0.")
    assert status.height >= status.earliest == 1
    assert not status.catching_up
    assert status.power == 10
    assert status.public is not None and status.validator == sha256(status.public.ed25519).digest()[:20]


def test_a_batch_is_taken_and_stands_in_a_block(rpc: Rpc) -> None:
    tx = fresh_tx()
    assert rpc.broadcast(tx) == BroadcastAnswer(0, known=False)
    block = rpc.block(landed(rpc, tx))
    assert block.txs == (tx,)
    header, commit = rpc.commit(block.header.height)
    assert header == block.header
    assert header.chain_id == chain_id(NETWORK)
    assert commit.height == header.height
    assert commit.block_id.hash == block.hash
    until(lambda: rpc.status().height > header.height)
    assert rpc.block(header.height + 1).header.last_block_id == commit.block_id
    assert milliseconds(header.time) > milliseconds(rpc.block(header.height - 1).header.time)


def test_the_same_batch_again_is_known_and_stands_in_one_block(rpc: Rpc) -> None:
    tx = fresh_tx()
    assert [rpc.broadcast(tx) for _ in range(3)] == [
        BroadcastAnswer(0, known=False),
        BroadcastAnswer(0, known=True),
        BroadcastAnswer(0, known=True),
    ]
    height = landed(rpc, tx)
    assert rpc.broadcast(tx) == BroadcastAnswer(0, known=True)  # after it was committed too
    until(lambda: rpc.status().height >= height + 3)
    assert [tx in rpc.block(one).txs for one in range(height, height + 4)] == [True, False, False, False]


def test_the_code_of_the_applications_check_is_given(rpc: Rpc) -> None:
    assert rpc.broadcast(b"not a pair") == BroadcastAnswer(2, known=False)  # CodeTypeInvalidTxFormat


@pytest.mark.parametrize("size", [1024**2, 3 * 1024**2], ids=["of a transaction", "of a request"])
def test_a_batch_beyond_the_nodes_limit_is_refused_by_name(rpc: Rpc, size: int) -> None:
    with pytest.raises(BeyondLimit):
        rpc.broadcast(b"a=" + bytes(size))


def test_validators_are_those_of_the_height_and_their_power(rpc: Rpc) -> None:
    found = rpc.validators(1)
    assert found == rpc.validators()
    (one,) = found.validators
    assert one.voting_power == found.total_voting_power == 10
    assert one.address == rpc.status().validator
    assert rpc.commit(1)[1].signatures[0].validator_address == one.address


def test_the_application_is_asked(rpc: Rpc) -> None:
    tx = fresh_tx()
    rpc.broadcast(tx)
    landed(rpc, tx)
    key, value = tx.split(b"=")
    until(lambda: rpc.abci_query("/key", key).value == value)
    answer = rpc.abci_query("/key", key)
    assert (answer.code, answer.key, answer.ops) == (0, key, ())
    assert answer.height >= 1


@pytest.mark.parametrize(
    "ask",
    [lambda rpc: rpc.commit(10**9), lambda rpc: rpc.block(10**9), lambda rpc: rpc.validators(10**9)],
    ids=["commit", "block", "validators"],
)
def test_a_height_that_is_not_there_yet_is_a_look_up_error(rpc: Rpc, ask: Callable[[Rpc], object]) -> None:
    with pytest.raises(LookupError):
        ask(rpc)


@pytest.mark.parametrize("method", ["commit", "no_such_method"])
def test_a_question_that_is_refused_is_refused_by_name(rpc: Rpc, method: str) -> None:
    with pytest.raises(NodeRefused):
        rpc.call(method, {"height": "0"})


def test_new_headers_are_told_in_order(rpc: Rpc) -> None:
    with rpc.subscribe(NEW_HEADER) as events:
        heights = [new_height(event) for event, _ in zip(events, range(3), strict=False)]
    assert heights == [heights[0], heights[0] + 1, heights[0] + 2]


def test_an_event_of_a_transaction_names_its_hash_and_height(rpc: Rpc) -> None:
    tx = fresh_tx()
    digest = sha256(tx).hexdigest().upper()
    with rpc.subscribe(f"tm.event='Tx' AND tx.hash='{digest}'") as events:
        assert events.next(0.01) is None
        rpc.broadcast(tx)
        event = next(iter(events))
    assert event.type == "tendermint/event/Tx"
    assert event.tags["tx.hash"] == [digest]
    assert int(event.tags["tx.height"][0]) == landed(rpc, tx)


def test_a_query_that_is_none_is_given_no_subscription(rpc: Rpc) -> None:
    with pytest.raises(SubscriptionEnded):
        rpc.subscribe("((")


def test_a_node_that_dies_ends_its_subscriptions_and_is_away() -> None:
    with kv_nodes("dies") as (node,):
        rpc = Rpc(node.url)
        events = rpc.subscribe(NEW_HEADER)
        node.stop()
        with pytest.raises(NodeAway):
            while True:
                events.next(WAIT_S)
        for ask in (rpc.status, rpc.commit, lambda: rpc.broadcast(b"a=b"), lambda: rpc.subscribe(NEW_HEADER)):
            with pytest.raises(NodeAway):
                ask()
        rpc.close()


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a", "tcp://127.0.0.1:26657", "http://", "http://a/?x=1", "http://a:99999", "http://a:b", "http://[::1"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadUpstream):
        Rpc(url)
