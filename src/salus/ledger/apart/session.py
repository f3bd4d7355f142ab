"""The server's questions to its executor, and what comes back: one thread takes in all that the executor says."""

from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from threading import Lock, Thread
from typing import Any, TypeVar

import msgspec

from salus.core.errors import Refusal
from salus.ledger.apart.child import Executing
from salus.ledger.apart.wire import Answer, Ask, Close, Damaged, Failed, Landed, Said, raised
from salus.ledger.errors import ExecutorGone, LedgerStopped
from salus.shapes import made
from salus.state.tables import StorageFailure

CLOSING_S = 60.0  # so long the executor has to write what waits
ENDING_S = 5.0  # and so long to end, with nothing left to do

Result = TypeVar("Result")


class Session:
    """One executor from `begin` to `close`; between the two, every method may be called from any thread.

    `told` is called by the session's thread with each message that answers no question, in the order in which they
    came, and before answers that came after them. What is damaged, and StorageFailure, end the session.
    """

    def __init__(self, child: Executing) -> None:
        self.child, self._wire = child, child.wire
        self._numbers = count(1)
        self._lock = Lock()  # guards what follows
        self._waiting: dict[int, Future[Any]] = {}
        self._over = self._closing = False
        self._gone: list[Callable[[], None]] = []

    def begin(self, told: Callable[[Said], None]) -> None:
        """Take in what comes."""
        self._told = told
        self._thread = Thread(target=self._run, name="ledger-told", daemon=True)
        self._thread.start()

    def call(self, kind: type[Result], name: str, *arguments: object) -> Result:
        """Return what a method of the executor's ledger returns, and raise what it raises; as `ask` too."""
        done: Future[msgspec.Raw] = Future()
        self.ask(done, lambda number: Ask(number, name, list(arguments)))
        return msgspec.msgpack.decode(done.result(), type=made(kind))

    def ask(self, done: "Future[Any]", message: Callable[[int], Said]) -> int:
        """Send a message whose answer completes `done`; return its number. Raises ExecutorGone, LedgerStopped."""
        number = next(self._numbers)
        with self._lock:
            if self._over:
                raise self._why()
            self._waiting[number] = done
        self._wire.send(message(number))  # where the other end is gone, `_end` completes it
        return number

    def say(self, message: Said) -> None:
        """Send a message that has no answer."""
        self._wire.send(message)

    def trouble(self) -> Refusal | None:
        """Return why nothing can be asked any more, None where it can."""
        return self._why() if self._over else None

    def when_gone(self, gone: Callable[[], None]) -> None:
        """Have `gone` called, in any thread, once the executor is gone without having been closed."""
        with self._lock:
            if not self._over:
                self._gone.append(gone)
                return
        gone()

    def close(self) -> bool:
        """Let what is under way land, have the ledger closed, end the process; False where that was done before."""
        with self._lock:
            if self._closing:
                return False
            self._closing = True
        Thread(target=self._wire.send, args=(Close(),), daemon=True).start()  # which waits if nothing is taken
        self._thread.join(CLOSING_S)
        self.child.end(0.0 if self._thread.is_alive() else ENDING_S)
        self._thread.join()
        self._wire.close()
        return True

    def _run(self) -> None:
        try:
            while (message := self._wire.receive()) is not None:
                self._take(message)
        except (Damaged, StorageFailure):
            self._wire.end()  # the executor ends when it sees that
        finally:
            self._end()

    def _take(self, message: Said) -> None:
        match message:
            case Landed(number, value) | Answer(number, value):
                self._done(number).set_result(value)
            case Failed(number):
                self._done(number).set_exception(raised(message))
            case _:
                self._told(message)

    def _done(self, number: int) -> "Future[Any]":
        with self._lock:
            found = self._waiting.pop(number, None)
        if found is None:
            raise Damaged
        return found

    def _why(self) -> Refusal:
        return LedgerStopped() if self._closing else ExecutorGone()

    def _end(self) -> None:
        with self._lock:
            self._over = True
            waiting, self._waiting = list(self._waiting.values()), {}
            gone = [] if self._closing else self._gone
        for future in waiting:
            future.set_exception(self._why())
        for one in gone:
            one()
