"""The executor: opens an embedded ledger, takes batches, tells of each block, answers what only it can answer.

    python -m salus.ledger.apart.serve DESCRIPTOR

DESCRIPTOR is a socket; what goes over it stands in `wire`. It ends when it is told to, and at once when the server at
the other end is gone: what is durable is found at the next opening, and nobody is left who waits for the rest. Signals
that ask a process to end are the server's affair.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import msgspec

from salus.client.ledger import BatchResult, LoggedEvent
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.ledger.apart.wire import (
    Answer,
    Ask,
    Close,
    Damaged,
    Executed,
    Landed,
    Open,
    Opened,
    Release,
    Saved,
    Submit,
    ToExecutor,
    Wire,
    failed,
)
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.ledger.embedded.lock import LOCK, say_whose
from salus.ledger.embedded.readmodel import PAGE
from salus.ledger.embedded.tuning import tune_process
from salus.verifier.helper import Alone
from salus.verifier.process import VerifierProcess

THREADS = 4  # that answer
_KEY = 32
_LEFT = 1  # exit status
_STILL = "still"


class Executor:
    """One ledger at a wire. `run` returns True once it was closed, False where the other end is gone."""

    def __init__(self, wire: Wire, ledger: EmbeddedLedger) -> None:
        self._wire, self._ledger = wire, ledger
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="answers")
        self._lock = Lock()
        self._held: dict[int, tuple[Thread, Event]] = {}
        self._answers: dict[str, Callable[..., Any]] = {
            "prove": ledger.prove,
            "prove_event": ledger.prove_event,
            "prove_growth": ledger.prove_growth,
            "events": self._page,
            "checkpoint": ledger.checkpoint,
            "block": ledger.block,
            "header": ledger.header,
            "blocks": ledger.blocks,
            "headers": ledger.headers,
            "pruned": ledger.pruned,
            "start_file": ledger.start_file,
            "tip": ledger.tip,
            "witnessed": ledger.witnessed,
            "keep_cosigned": ledger.keep_cosigned,
            "publish": lambda: ledger.publish().note().encode(),
            "export": ledger.export,
        }

    def run(self) -> bool:
        """Serve until the end."""
        self._ledger.shadow(self._begun, self._executed, lambda: self._wire.send(Saved()))
        while (message := self._wire.receive()) is not None:
            match message:
                case Submit():
                    self._submit(message)
                case Ask(number, name) if name == _STILL:
                    self._hold(number)
                case Ask():
                    self._pool.submit(self._answer, message)
                case Release(number):
                    self._release(number)
                case Close():
                    self._close()
                    return True
                case _:
                    raise Damaged
        self._let_go()
        return False

    def _begun(self, height: int, time: int, writes: Mapping[bytes, bytes | None]) -> None:
        self._wire.send(Opened(self._ledger.network, height, time, dict(writes)))

    def _executed(self, height: int, time: int, writes: Mapping[bytes, bytes | None]) -> None:
        self._wire.send(Executed(height, time, dict(writes)))

    def _submit(self, message: Submit) -> None:
        number, good = message.number, message.good
        self._ledger.learn([good[at : at + _KEY] for at in range(0, len(good), _KEY)])
        try:
            self._ledger.submit(message.batch).add_done_callback(lambda done: self._landed(number, done))
        except Refusal as refusal:
            self._wire.send(failed(number, refusal))

    def _landed(self, number: int, done: "Future[BatchResult]") -> None:
        error = done.exception()
        self._wire.send(Landed(number, done.result()) if error is None else failed(number, error))

    def _answer(self, message: Ask) -> None:
        try:
            value = msgspec.msgpack.encode(self._answers[message.name](*message.arguments))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who asked
            self._wire.send(failed(message.number, error))
        else:
            self._wire.send(Answer(message.number, msgspec.Raw(value)))

    def _page(self, start: int, subject: bytes | None) -> list[LoggedEvent]:
        return list(islice(self._ledger.events(start, subject), PAGE))

    def _hold(self, number: int) -> None:
        """Let nothing be written until that is released; in a thread of its own, which has the ledger's lock."""
        over = Event()

        def held() -> None:
            try:
                with self._ledger.still():
                    self._wire.send(Answer(number, msgspec.Raw(msgspec.msgpack.encode(None))))
                    over.wait()
            except Refusal as refusal:
                self._wire.send(failed(number, refusal))
            finally:
                with self._lock:
                    self._held.pop(number, None)

        thread = Thread(target=held, name="still")
        with self._lock:
            self._held[number] = thread, over
        thread.start()

    def _release(self, number: int) -> None:
        with self._lock:
            held = self._held.get(number)
        if held is not None:
            held[1].set()

    def _close(self) -> None:
        self._let_go()
        self._pool.shutdown()
        self._ledger.close()

    def _let_go(self) -> None:
        with self._lock:
            held = list(self._held.values())
        for thread, over in held:
            over.set()
            thread.join()


def open_ledger(wanted: Open) -> EmbeddedLedger:
    """Open the ledger as the server asks; raises what `EmbeddedLedger.open` does."""
    tune_process()
    folder = Path(wanted.folder)
    helper = VerifierProcess(eager=True) if wanted.verifier else Alone()
    tiles = None if wanted.tiles is None else Path(wanted.tiles)
    ledger = EmbeddedLedger.open(folder, SigningKey.from_seed(wanted.seed), helper=helper, tiles=tiles)
    say_whose(folder / LOCK)
    return ledger


def serve(connection: socket.socket, opening: Callable[[Open], EmbeddedLedger] = open_ledger) -> bool:
    """Serve one server; True if it was brought to its end in order. Raises Damaged."""
    wire = Wire(connection, ToExecutor)
    try:
        wanted = wire.receive()
        if not isinstance(wanted, Open):
            return False
        try:
            ledger = opening(wanted)
        except Refusal as refusal:
            wire.send(failed(0, refusal))
            return True
        return Executor(wire, ledger).run()
    finally:
        wire.close()


def main(descriptor: str) -> None:
    """Serve the socket of that number."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    try:
        ended = serve(socket.socket(fileno=int(descriptor)))
    except Damaged:
        ended = False
    if not ended:
        os._exit(_LEFT)  # at once, whatever its threads do


if __name__ == "__main__":
    main(*sys.argv[1:])
