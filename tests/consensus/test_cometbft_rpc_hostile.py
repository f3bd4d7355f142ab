"""What a CometBFT node may answer that it must not: each form is refused by name, in bounded time and size."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from salus.client.cometbft import calls
from salus.client.cometbft.errors import BeyondLimit, CatchingUp, MempoolFull, SubscriptionEnded
from salus.client.cometbft.forms import read_time
from salus.client.cometbft.rpc import BroadcastAnswer, Rpc
from salus.client.cometbft.subscription import NEW_HEADER, Subscription, new_height
from salus.client.remote_errors import AnswerLost, NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer
from vectors.cometbft_facts import FACTS

TX = b"a=b"
HASH = sha256(TX).hexdigest().upper()
ZERO = "0" * 64
PARTS = {"total": 1, "hash": ZERO}
HASHES = (
    *("last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash", "app_hash"),
    *("last_results_hash", "evidence_hash"),
)
HEADER = {
    "version": {"block": "11", "app": "1"},
    "chain_id": "salus",
    "height": "7",
    "time": "2026-01-02T03:04:05.000000006Z",
    "last_block_id": {"hash": ZERO, "parts": PARTS},
    **dict.fromkeys(HASHES, ZERO),
    "proposer_address": "0" * 40,
}
VOTE = {"block_id_flag": 2, "validator_address": "0" * 40, "timestamp": HEADER["time"], "signature": "AAAA"}
COMMIT = {"height": "7", "round": 0, "block_id": {"hash": ZERO, "parts": PARTS}, "signatures": [VOTE]}
KEY = {"type": "tendermint/PubKeyEd25519", "value": "A" * 43 + "="}
VALIDATOR = {"address": "0" * 40, "pub_key": KEY, "voting_power": "10", "proposer_priority": "-5"}
Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(reply: Reply) -> Iterator[Rpc]:
    """Give a client of a server on a real port that answers every request by `reply`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            reply(self)

        def log_message(self, *_: object) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    rpc = Rpc(f"http://127.0.0.1:{server.server_address[1]}", read_s=1.0)
    try:
        yield rpc
    finally:
        rpc.close()
        server.shutdown()
        server.server_close()
        thread.join()


def body(raw: bytes, status: int = 200) -> Reply:
    """Return what answers with a body."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("content-length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return reply


def result(value: object) -> Reply:
    """Return what answers with a result."""
    return body(json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


def error(data: str) -> Reply:
    """Return what answers with an error."""
    said = {"code": -32603, "message": "Internal error", "data": data}
    return body(json.dumps({"jsonrpc": "2.0", "id": 1, "error": said}).encode())


def changed(whole: Any, value: object, *path: str | int) -> Any:
    """Return JSON with one value changed, or taken out where it is `...`."""
    copy = json.loads(json.dumps(whole))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"result":',
        b'{"error":"no"}',
        b'{"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"result":{"node_info":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}}",
        b'{"result":"\xff"}',
        b'{"result":[]}',
        b'{"result":{}}',
        b'{"result":7}',
    ],
    ids=range(12),
)
def test_what_is_no_status_is_unreadable(raw: bytes) -> None:
    with answering(body(raw)) as rpc, pytest.raises(UnreadableAnswer):
        rpc.status()


SIGNED = {"signed_header": {"header": HEADER, "commit": COMMIT}, "canonical": True}


def test_header_and_commit_are_read_as_they_are() -> None:
    with answering(result(SIGNED)) as rpc:
        header, commit = rpc.commit(7)
    assert (header.height, header.version.block, header.version.app, header.chain_id) == (7, 11, 1, "salus")
    assert (header.time.seconds, header.time.nanos) == (1767323045, 6)
    assert commit.signatures[0].signature == bytes(3)
    assert commit.block_id.part_set_header.total == 1


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("8", ("header", "height")),
        ("-7", ("header", "height")),
        ("9223372036854775808", ("header", "height")),
        ("1" + "0" * 400, ("header", "height")),
        (True, ("header", "height")),
        (..., ("header", "height")),
        ("0" * 63, ("header", "app_hash")),
        ("zz", ("header", "app_hash")),
        ("00" * 65, ("header", "app_hash")),
        (None, ("header", "app_hash")),
        ("2026-01-02T03:04:05+01:00", ("header", "time")),
        ("2026-13-02T03:04:05Z", ("header", "time")),
        ("0000-01-01T00:00:00Z", ("header", "time")),
        ("2026-01-02T03:04:05.0000000001Z", ("header", "time")),
        ("２026-01-02T03:04:05Z", ("header", "time")),
        ("x" * 257, ("header", "chain_id")),
        (4, ("commit", "signatures", 0, "block_id_flag")),
        ("!", ("commit", "signatures", 0, "signature")),
        ("A" * 400, ("commit", "signatures", 0, "signature")),
        (-1, ("commit", "round")),
        (2**31, ("commit", "round")),
        (2**32, ("commit", "block_id", "parts", "total")),
        ([VOTE] * 10_001, ("commit", "signatures")),
    ],
    ids=range(23),
)
def test_a_header_or_commit_that_is_out_of_form_is_unreadable(value: object, path: tuple[str | int, ...]) -> None:
    with answering(result(changed(SIGNED, value, "signed_header", *path))) as rpc, pytest.raises(UnreadableAnswer):
        rpc.commit(7)


def page(validators: object, total: object = 1, height: object = "7") -> object:
    """Return a page of validators."""
    return {"block_height": height, "validators": validators, "count": "1", "total": total}


def test_validators_are_read_as_they_are() -> None:
    with answering(result(page([VALIDATOR, VALIDATOR], "2"))) as rpc:
        found = rpc.validators(7)
    assert [one.proposer_priority for one in found.validators] == [-5, -5]
    assert found.total_voting_power == 20


@pytest.mark.parametrize(
    "said",
    [
        page([]),
        page([VALIDATOR], "2"),  # a page that is not full, of more than it has
        page([VALIDATOR] * 100, "101"),  # the same page again and again
        page([VALIDATOR] * 100, "10001"),
        page([VALIDATOR] * 101, "101"),
        page([VALIDATOR, VALIDATOR], "1"),
        page([VALIDATOR], height="8"),
        page([changed(VALIDATOR, "-1", "voting_power")]),
        page([changed(VALIDATOR, str(2**62), "voting_power")] * 2, "2"),
        page([changed(VALIDATOR, "tendermint/PubKeyBls12381", "pub_key", "type")]),
        page([changed(VALIDATOR, None, "pub_key")]),
        page([None]),
    ],
    ids=range(12),
)
def test_validators_that_are_out_of_form_are_unreadable(said: object) -> None:
    with answering(result(said)) as rpc, pytest.raises(UnreadableAnswer):
        rpc.validators(7)


BLOCK = {
    "block_id": {"hash": ZERO, "parts": PARTS},
    "block": {"header": HEADER, "data": {"txs": None}, "evidence": {"evidence": []}, "last_commit": None},
}
PIECES = json.loads(FACTS.read_text())["evidence"][-1]["shown"]  # of both kinds

GUILTY = changed(BLOCK, PIECES, "block", "evidence")


def test_a_block_with_misbehaviour_is_read() -> None:
    with answering(result(GUILTY)) as rpc:
        assert [one.WhichOneof("sum") for one in rpc.block(7).evidence.evidence] == [
            "light_client_attack_evidence", "duplicate_vote_evidence", "duplicate_vote_evidence",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        changed(BLOCK, ["!"], "block", "data", "txs"),
        changed(BLOCK, [7], "block", "data", "txs"),
        changed(BLOCK, "8", "block", "header", "height"),
        changed(BLOCK, ..., "block", "data"),
        {"block_id": None, "block": None},
        changed(BLOCK, ..., "block", "evidence"),
        changed(GUILTY, "tendermint/Other", "block", "evidence", "evidence", 0, "type"),
        changed(GUILTY, ..., "block", "evidence", "evidence", 0, "value", "CommonHeight"),
        changed(GUILTY, 3, "block", "evidence", "evidence", 1, "value", "vote_a", "type"),
        changed(GUILTY, "now", "block", "evidence", "evidence", 1, "value", "Timestamp"),
        changed(GUILTY, None, "block", "evidence", "evidence", 1, "value", "vote_b"),
    ],
    ids=range(11),
)
def test_a_block_that_is_out_of_form_is_unreadable(said: object) -> None:
    with answering(result(said)) as rpc, pytest.raises(UnreadableAnswer):
        rpc.block(7)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"response": {"value": "!"}},
        {"response": {"code": -1}},
        {"response": {"height": "-1"}},
        {"response": {"proofOps": {"ops": [{}] * 65}}},
        {"response": {"proofOps": {"ops": [{"type": 7}]}}},
    ],
    ids=range(6),
)
def test_an_applications_answer_that_is_out_of_form_is_unreadable(said: object) -> None:
    with answering(result(said)) as rpc, pytest.raises(UnreadableAnswer):
        rpc.abci_query("/key", b"")


def test_an_acceptance_of_another_batch_is_unreadable() -> None:
    with answering(result({"code": 0, "hash": ZERO})) as rpc, pytest.raises(UnreadableAnswer):
        rpc.broadcast(TX)
    with answering(result({"code": 9, "hash": HASH})) as rpc:
        assert rpc.broadcast(TX) == BroadcastAnswer(9, known=False)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        ("mempool is full: number of txs 1 (max: 1), total txs bytes 9 (max: 9)", MempoolFull),
        ("mempool is still rechecking after a new committed block, so it is considered as full", MempoolFull),
        ("Tx too large. Max size is 1, but got 2", BeyondLimit),
        ("endpoint is closed while node is catching up", CatchingUp),
        ("appConn mempool: EOF", NodeBusy),
        ("something <script> that nobody expects", NodeRefused),
        ("height 9 must be less than or equal to the current blockchain height 8", NodeRefused),
        ("", NodeRefused),
    ],
)
def test_an_error_of_a_broadcast_is_refused_by_name_and_none_of_its_words_kept(
    data: str, refusal: type[Exception]
) -> None:
    with answering(error(data)) as rpc, pytest.raises(refusal) as caught:
        rpc.broadcast(TX)
    assert not data or data not in str(caught.value)


def test_a_batch_in_the_cache_is_known() -> None:
    with answering(error("tx already exists in cache")) as rpc:
        assert rpc.broadcast(TX) == BroadcastAnswer(0, known=True)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        ("height 9 must be less than or equal to the current blockchain height 8", LookupError),
        ("height 1 is not available, lowest height is 5", PrunedThere),
        ("could not find validator set for height #3", PrunedThere),
    ],
)
def test_a_height_that_is_not_there_says_why(data: str, refusal: type[Exception]) -> None:
    with answering(error(data)) as rpc, pytest.raises(refusal):
        rpc.validators(9)


def test_a_result_that_is_null_is_a_look_up_error() -> None:
    with answering(result(None)) as rpc, pytest.raises(LookupError):
        rpc.commit(3)
    with answering(result(changed(BLOCK, None, "block"))) as rpc, pytest.raises(LookupError):
        rpc.block(3)


@pytest.mark.parametrize(
    ("status", "asked", "sent"),
    [
        (500, NodeBusy, AnswerLost),
        (429, NodeBusy, NodeBusy),
        (404, NodeRefused, NodeRefused),
        (302, NodeRefused, NodeRefused),
    ],
)
def test_a_status_that_is_none_of_an_answer(status: int, asked: type[Exception], sent: type[Exception]) -> None:
    with answering(body(b"{}", status)) as rpc:
        with pytest.raises(asked):
            rpc.status()
        with pytest.raises(sent):
            rpc.broadcast(TX)


def test_an_answer_without_end_is_cut_off_by_size() -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            try:
                handler.wfile.write(b" " * 2**20)
            except OSError:
                return

    with answering(endless) as rpc, pytest.raises(UnreadableAnswer):
        rpc.status()


def test_an_answer_that_drips_is_cut_off_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "WHOLE_S", 0.3)
    stopped = threading.Event()

    def dripping(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not stopped.wait(0.02):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return

    with answering(dripping) as rpc:
        try:
            with pytest.raises(AnswerLost):
                rpc.broadcast(TX)
            with pytest.raises(NodeAway):
                rpc.status(tries=1)
        finally:
            stopped.set()


def test_an_answer_that_breaks_off_leaves_open_whether_a_batch_was_taken() -> None:
    def broken(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")

    with answering(broken) as rpc:
        with pytest.raises(AnswerLost):
            rpc.broadcast(TX)
        with pytest.raises(NodeAway):
            rpc.status()


@contextmanager
def telling(tell: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Give the URL of a websocket server on a real port."""
    with serve(tell, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


@contextmanager
def hearing(tell: Callable[[ServerConnection], None]) -> Iterator[Subscription]:
    """Give a subscription at such a server."""
    with telling(tell) as url, Rpc(url).subscribe(NEW_HEADER) as events:
        yield events


def event(height: object = "5", kind: str = "tendermint/event/NewBlockHeader") -> str:
    """Return what a node tells of a header."""
    told = {"query": NEW_HEADER, "data": {"type": kind, "value": {"header": {"height": height}}}, "events": {}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": told})


ACKNOWLEDGED = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}})


def saying(*messages: str | bytes) -> Callable[[ServerConnection], None]:
    """Return a server's part: it hears one request, says this, and ends."""

    def tell(connection: ServerConnection) -> None:
        assert json.loads(connection.recv())["params"] == {"query": NEW_HEADER}
        for message in messages:
            connection.send(message)

    return tell


@pytest.mark.parametrize("messages", [(ACKNOWLEDGED, event()), (event(), ACKNOWLEDGED)], ids=["after", "before"])
def test_an_event_may_come_before_the_acknowledgement(messages: tuple[str, ...]) -> None:
    with telling(saying(*messages)) as url, Rpc(url).subscribe(NEW_HEADER) as events:
        assert new_height(next(iter(events))) == 5
        with pytest.raises(NodeAway):
            next(iter(events))


@pytest.mark.parametrize(
    "message",
    ["", "[]", "{", b"\xff", '{"result":{"data":7}}', '{"result":{"data":{"type":"a"}}}', "[" * 50_000],
    ids=range(7),
)
def test_an_event_that_is_none_is_unreadable(message: str | bytes) -> None:
    with hearing(saying(ACKNOWLEDGED, message)) as events, pytest.raises(UnreadableAnswer):
        next(iter(events))


@pytest.mark.parametrize("told", [event("-1"), event("x"), event(kind="tendermint/event/Vote")])
def test_an_event_of_no_header_has_no_height(told: str) -> None:
    with hearing(saying(ACKNOWLEDGED, told)) as events, pytest.raises(UnreadableAnswer):
        new_height(next(iter(events)))


def test_a_subscription_that_is_cancelled_has_ended() -> None:
    said = {"code": -32000, "message": "Server error", "data": "subscription was canceled (reason: slow client)"}
    cancelled = json.dumps({"jsonrpc": "2.0", "id": 1, "error": said})
    with hearing(saying(ACKNOWLEDGED, cancelled)) as events, pytest.raises(SubscriptionEnded):
        next(iter(events))


def test_a_node_with_too_many_subscriptions_is_busy() -> None:
    said = {"code": -32603, "message": "Internal error", "data": "max_subscription_clients 100 reached"}
    with telling(saying(json.dumps({"jsonrpc": "2.0", "id": 1, "error": said}))) as url, pytest.raises(NodeBusy):
        Rpc(url).subscribe(NEW_HEADER)


def test_an_event_beyond_the_bound_ends_the_connection() -> None:
    with hearing(saying(ACKNOWLEDGED, " " * (17 * 1024**2))) as events, pytest.raises(NodeAway):
        next(iter(events))


def test_a_redirect_is_not_followed() -> None:
    with telling(saying(ACKNOWLEDGED)) as elsewhere:

        def redirect(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("location", elsewhere.replace("http", "ws") + "/websocket")
            handler.send_header("content-length", "0")
            handler.end_headers()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                redirect(self)

            def log_message(self, *_: object) -> None:
                """Be silent."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            with pytest.raises(NodeAway):
                Rpc(f"http://127.0.0.1:{server.server_address[1]}").subscribe(NEW_HEADER)
            server.shutdown()
            thread.join()


def test_year_one_is_the_time_of_an_absent_vote() -> None:
    assert read_time("0001-01-01T00:00:00Z").seconds == -62_135_596_800
    assert read_time("2026-01-02T03:04:05.12Z").nanos == 120_000_000
