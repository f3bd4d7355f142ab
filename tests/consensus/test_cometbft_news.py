"""Hints that there are new blocks: from a real node, from the next one where it dies, and from one that floods."""

import json
import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from consensus.kvstore_nodes import KvNode, kv_nodes, until
from salus.client.cometbft import news
from salus.client.cometbft.news import News
from salus.client.cometbft.rpc import Rpc

WAIT_S = 30.0


@pytest.fixture(scope="module")
def pair() -> Iterator[list[KvNode]]:
    """A validator, and a node that follows it."""
    with kv_nodes("news", 2) as nodes:
        yield nodes


def test_each_block_wakes_who_waits(pair: list[KvNode]) -> None:
    rpc = Rpc(pair[0].url)
    heard = News([rpc])
    until(lambda: heard.hearing)
    heights = set()
    while len(heights) < 4:
        assert heard.wait(WAIT_S)
        heights.add(rpc.status().height)
    heard.close()
    rpc.close()


def test_where_a_node_dies_the_next_one_tells(pair: list[KvNode], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "PAUSE_S", 0.05)
    validator, follower = pair
    heard = News([Rpc(follower.url), Rpc(validator.url)])
    until(lambda: heard.hearing)
    follower.stop()
    try:
        told = 0  # the first may still be of the node that died, and one says that another is heard now
        until(lambda: heard.hearing)
        while told < 4:
            told += heard.wait(WAIT_S)
    finally:
        heard.close()
        follower.start()


def test_where_nobody_tells_who_waits_is_to_look_by_itself() -> None:
    heard = News([Rpc("http://127.0.0.1:9")])
    assert not heard.wait(WAIT_S)
    assert not heard.hearing
    heard.close()
    assert heard.wait(WAIT_S)


def test_a_node_that_is_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "SILENT_S", 0.1)
    monkeypatch.setattr(news, "STEP_S", 0.05)
    asked = [threading.Event(), threading.Event()]

    def silent(number: int, connection: ServerConnection) -> None:
        connection.recv()
        asked[number].set()
        connection.send(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}}))
        with pytest.raises(ConnectionClosed):
            connection.recv()

    with (
        serve(lambda connection: silent(0, connection), "127.0.0.1", 0) as one,
        serve(lambda connection: silent(1, connection), "127.0.0.1", 0) as other,
    ):
        threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in (one, other)]
        for thread in threads:
            thread.start()
        heard = News([Rpc(f"http://127.0.0.1:{server.socket.getsockname()[1]}") for server in (one, other)])
        assert all(each.wait(WAIT_S) for each in asked)
        heard.close()
        for server in (one, other):
            server.shutdown()
        for thread in threads:
            thread.join()


def test_a_node_that_floods_is_passed_on_at_a_bounded_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of events at once; between two hints lies a pause, which is longer here than the test."""
    monkeypatch.setattr(news, "APART_S", 60.0)
    told = {"query": "q", "data": {"type": "tendermint/event/NewBlockHeader", "value": {}}, "events": {}}
    event = json.dumps({"jsonrpc": "2.0", "id": 1, "result": told})

    def flood(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}}))
        try:
            for _ in range(10_000):
                connection.send(event)
        except ConnectionClosed:
            return

    with serve(flood, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        heard = News([Rpc(f"http://127.0.0.1:{server.socket.getsockname()[1]}")])
        hints = 0
        while heard.wait(1.0) or not hints:
            hints += 1
        assert hints <= 4
        heard.close()
        server.shutdown()
        thread.join()
