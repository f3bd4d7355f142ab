"""Peers that trickle, idle, go on without end, do not read: each is ended, and nobody else is kept out by them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from api_sockets import GET, HOST, QUICK, WAIT_S, Running, answer, everything, running, status, statuses

from salus.api import body as body_reading
from salus.api import connection as bounded
from salus.api.limits import Limits

POST = b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def quick_bodies() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body_reading, "FIRST_S", 0.6)
        patch.setattr(bounded, "LINGER_S", 0.3)
        yield


@pytest.fixture(scope="module")
def server(quick_bodies: None) -> Iterator[Running]:
    with running() as made:
        yield made


def serves_others(server: Running) -> bool:
    return status(server.ask(GET, "127.0.0.9")) == 200


def settled(server: Running) -> bool:
    """Return whether every place comes free while others are served."""
    until = time.monotonic() + WAIT_S
    while serves_others(server) and time.monotonic() < until:
        if server.guard.places.under_way == 0:
            return True
    return False


def test_a_connection_that_sends_nothing_ends(server: Running) -> None:
    assert server.exchange(b"") == b""


def test_a_head_that_trickles_is_refused(server: Running) -> None:
    with server.connect() as peer:
        stop = threading.Event()

        def trickle() -> None:
            peer.sendall(b"GET /fast HTTP/1.1\r\n")
            while not stop.wait(0.05):
                try:
                    peer.sendall(b"X-More: 1\r\n")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        found = everything(peer)
        stop.set()
        thread.join(WAIT_S)
    assert status(found) == 408 and b'"code":32796' in found
    assert serves_others(server)


def test_empty_lines_before_a_request_are_no_request(server: Running) -> None:
    with server.connect() as peer:
        peer.sendall(b"\r\n" * 5)
        assert status(everything(peer)) == 408


def test_a_body_that_does_not_come_is_refused(server: Running) -> None:
    found = server.exchange(POST + b'Content-Length: 100\r\n\r\n{"a":')
    assert status(found) == 408 and b'"code":32772' in found


def test_a_chunked_body_without_end_is_refused_by_its_size(server: Running) -> None:
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    with server.connect() as peer:
        peer.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(400):
                peer.sendall(chunk)
        except OSError:
            pass  # it was ended while sending
        found = everything(peer)
    assert found == b"" or (status(found) == 413 and b'"code":32771' in found)
    assert serves_others(server)


@pytest.mark.parametrize("length", [1_000_001, 10**15, 2**63 - 1])
def test_a_body_larger_than_taken_is_refused_before_it_comes(server: Running, length: int) -> None:
    with server.connect() as peer:
        peer.sendall(POST + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % length)
        found = everything(peer)
    assert status(found) == 413 and b"100 Continue" not in found


def test_what_was_sent_of_a_refused_body_does_not_take_the_answer_away(server: Running) -> None:
    found = server.exchange(POST + b"Content-Length: 3000000\r\n\r\n" + bytes(300_000))
    assert status(found) == 413


def test_a_refusal_ends_a_connection_that_wants_to_end_in_good_order(server: Running) -> None:
    found = server.exchange(POST + b"Connection: close\r\nContent-Length: 3000000\r\n\r\n" + bytes(300_000))
    assert status(found) == 413


def test_an_idle_connection_ends_after_its_answer(server: Running) -> None:
    assert statuses(server.exchange(GET)) == [200]


def test_a_connection_serves_one_request_after_another(server: Running) -> None:
    with server.connect() as peer:
        for _ in range(3):
            peer.sendall(GET)
            assert status(answer(peer)) == 200


def test_pipelined_requests_are_answered_in_order(server: Running) -> None:
    found = server.exchange(GET * 3 + GET.replace(b"/fast", b"/none") + GET)
    assert statuses(found) == [200, 200, 200, 404, 200]


def test_too_many_pipelined_requests_end_the_connection(server: Running) -> None:
    with server.connect() as peer:
        peer.sendall(GET.replace(b"/fast", b"/slow") + GET * 100)
        assert everything(peer) == b""
    assert server.gate.waiting.acquire(timeout=WAIT_S)
    server.gate.open()
    assert serves_others(server)


def test_what_is_no_request_behind_one_does_not_write_into_its_answer(server: Running) -> None:
    with server.connect() as peer:
        peer.sendall(GET.replace(b"/fast", b"/slow"))
        assert server.gate.waiting.acquire(timeout=WAIT_S)
        peer.sendall(b"\x00\x01nonsense\r\n\r\n")
        assert everything(peer) == b""
    server.gate.open()


def test_a_peer_that_does_not_read_is_ended(server: Running) -> None:
    while server.gate.waiting.acquire(blocking=False):
        pass
    with server.connect() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.sendall(b"GET /endless HTTP/1.1\r\n" + HOST + b"\r\n")
        assert server.gate.waiting.acquire(timeout=WAIT_S)  # the handler was ended: nobody took what it gave
    assert settled(server)


def test_a_peer_that_goes_away_leaves_nothing(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    with server.connect() as peer:
        peer.sendall(b"GET /endless HTTP/1.1\r\n" + HOST + b"\r\n")
        assert peer.recv(10)
    assert server.gate.waiting.acquire(timeout=WAIT_S)
    assert serves_others(server)
    assert [one.name for one in caplog.records if one.name == "salus.api"] == []  # it is no bug


def test_idle_connections_make_room_for_who_asks(server: Running) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(server.connect(f"127.0.0.{2 + n % 3}")) for n in range(200)]
        assert all(serves_others(server) for _ in range(10))
        assert len(server.server.server_state.connections) <= QUICK.connections
        assert all(everything(one) == b"" for one in idle)


def test_a_thousand_idle_connections_keep_nobody_out(quick_bodies: None) -> None:
    limits = Limits(head_s=60, connections=500, connections_of_address=400)
    with running(limits) as server, ExitStack() as stack:
        idle = [stack.enter_context(server.connect(f"127.0.0.{2 + n % 4}")) for n in range(1_000)]
        for n in range(20):
            assert status(server.ask(GET, f"127.0.1.{n + 1}")) == 200
        assert len(idle) == 1_000


def test_one_address_does_not_take_every_connection(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(QUICK.connections_of_address):
            peer = stack.enter_context(server.connect("127.0.0.7"))
            peer.sendall(GET.replace(b"/fast", b"/slow"))
            assert server.gate.waiting.acquire(timeout=WAIT_S)
        refused = server.ask(b"", "127.0.0.7")
        assert status(refused) == 503 and b'"code":32798' in refused and b"retry-after: 1\r\n" in refused.lower()
        assert serves_others(server)
        server.gate.open()


def test_bodies_held_at_once_are_bounded_and_others_are_told_to_wait(quick_bodies: None) -> None:
    big = b"POST /hold HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 600000\r\n\r\n"
    with running(Limits(bodies_mib=1)) as server, server.connect() as first:
        first.sendall(big + bytes(600_000))
        assert server.gate.waiting.acquire(timeout=WAIT_S)
        refused = server.ask(big + bytes(600_000))
        assert status(refused) == 503 and b'"code":32781' in refused and b"retry-after: 1" in refused
        server.gate.stays_open = True
        assert status(answer(first)) == 200
        assert status(server.ask(big + bytes(600_000))) == 200
        assert settled(server) and server.guard.places.bytes_held == 0


def test_requests_under_way_are_bounded_of_one_address_and_of_all(quick_bodies: None) -> None:
    slow = GET.replace(b"/fast", b"/slow")
    with running(Limits(under_way=3, under_way_of_address=2)) as server, ExitStack() as stack:
        for source in ("127.0.0.1", "127.0.0.1"):
            stack.enter_context(server.connect(source)).sendall(slow)
            assert server.gate.waiting.acquire(timeout=WAIT_S)
        assert b'"code":32769' in server.ask(GET, "127.0.0.1")
        assert status(server.ask(GET, "127.0.0.2")) == 200
        stack.enter_context(server.connect("127.0.0.2")).sendall(slow)
        assert server.gate.waiting.acquire(timeout=WAIT_S)
        refused = server.ask(GET, "127.0.0.3")
        assert status(refused) == 429 and b'"code":32770' in refused
