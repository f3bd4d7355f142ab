"""The harness itself: a cut stops real bytes, and the audit sees what it is there to see."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from network.chaos.audit import Ledger, nothing_lost, nothing_twice, one_history
from network.chaos.load import Load, Sent
from network.chaos.serving import read_faults
from network.chaos.wires import Wires

KEY, HANDLE = b"k" * 32, b"h" * 32


@contextmanager
def echoing() -> Iterator[int]:
    """Give the port of a server that sends back what it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=echo, args=(connection,), daemon=True).start()

        def echo(connection: socket.socket) -> None:
            with connection:
                while data := connection.recv(100):
                    connection.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wires() -> Iterator[Wires]:
    made = Wires()
    yield made
    made.close()


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_a_silent_cut_holds_bytes_back_until_it_is_healed(wires: Wires) -> None:
    with echoing() as port, dial(wires.lay("a", "b", port)) as one, dial(wires.lay("a", "c", port)) as other:
        one.sendall(b"before")
        assert one.recv(100) == b"before"
        wires.cut([("b", "a")], "silent")
        one.sendall(b"while cut")
        other.sendall(b"not cut")
        assert other.recv(100) == b"not cut"
        one.settimeout(0.5)
        with pytest.raises(TimeoutError):
            one.recv(100)
        wires.heal()
        one.settimeout(10)
        assert one.recv(100) == b"while cut"


def test_a_cut_by_reset_breaks_what_is_open_and_refuses_what_is_new(wires: Wires) -> None:
    with echoing() as port:
        laid = wires.lay("a", "b", port)
        with dial(laid) as one:
            one.sendall(b"before")
            assert one.recv(100) == b"before"
            wires.cut([("a", "b")], "reset")
            assert ended(one)
        with dial(laid) as again:
            assert ended(again)
        wires.heal()
        with dial(laid) as healed:
            healed.sendall(b"after")
            assert healed.recv(100) == b"after"


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def ledger(**other: object) -> Ledger:
    fields = {"height": 3, "app_hash": b"a", "pruned": None, "blocks": {1: b"1", 2: b"2", 3: b"3"}}
    held = {"places": {KEY: [2]}, "opened": [HANDLE]}
    return Ledger(**({"name": "one"} | fields | held | other))  # type: ignore[arg-type]


def load(height: int = 2) -> Load:
    made = Load(b"n" * 32, (), {}, 1)
    made.sent[KEY] = Sent(KEY, b"raw", HANDLE)
    made.acknowledged[KEY] = height
    return made


def test_the_audit_passes_what_is_sound() -> None:
    one_history(
        [ledger(), ledger(name="two"), ledger(name="three", height=2, app_hash=b"b", blocks={1: b"1", 2: b"2"})]
    )
    nothing_lost(ledger(), load())
    nothing_lost(ledger(), load(0))
    nothing_twice(ledger(), load())


@pytest.mark.parametrize(
    ("check", "found", "words"),
    [
        (nothing_lost, ledger(places={}), "lost an acknowledged"),
        (nothing_lost, ledger(places={KEY: [3]}), "not in block 2"),
        (nothing_lost, ledger(opened=[]), "acknowledged and not executed"),
        (nothing_twice, ledger(opened=[HANDLE, HANDLE]), "executed an envelope twice"),
        (nothing_twice, ledger(opened=[b"x" * 32]), "nobody asked for"),
        (nothing_twice, ledger(places={}), "no block holds"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_audit_sees_what_is_lost_or_done_twice(check: object, found: Ledger, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check(found, load())  # type: ignore[operator]


def test_the_audit_sees_a_fork() -> None:
    with pytest.raises(AssertionError, match="a fork at 2"):
        one_history([ledger(), ledger(name="two", blocks={1: b"1", 2: b"other"})])
    with pytest.raises(AssertionError, match="two"):
        one_history([ledger(), ledger(name="two", app_hash=b"other")])


def test_faults_are_read_with_their_numbers() -> None:
    assert read_faults("slow-sync=200,propose") == {"slow-sync": 200, "propose": 0}
    assert read_faults("clock=-120000") == {"clock": -120_000}
