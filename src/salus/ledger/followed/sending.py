"""Threads that carry batches to where they are ordered; what became of each, executed blocks say."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import NamedTuple

from salus.client.ledger import BatchResult
from salus.client.remote_errors import AnswerLost
from salus.core.envelope import parse_batch
from salus.core.errors import Refusal
from salus.ledger.errors import LedgerStopped, Overloaded
from salus.ledger.followed.sent import Sent
from salus.machine.machine import BlockResult

NO_ID = bytes(32)  # of a batch that cannot be parsed


class Job(NamedTuple):
    """A batch on its way. `height` and `time` are of the newest block when it was brought."""

    key: bytes  # its id
    batch: bytes
    height: int
    time: int
    done: "Future[BatchResult]"

    def refused(self, code: int) -> BatchResult:
        """Return what a batch came to that was refused before it stood in a block."""
        return BatchResult(self.key, code, self.height, self.time, ())


class Sending:
    """Threads begun with the first batch. Methods may be called from any thread.

    They are daemons: a process that ends does not wait for a node that hangs. `_carry` says how one goes.
    """

    def __init__(self, network: bytes, sent: Sent, threads: int, most: int) -> None:
        self._network, self._sent, self._threads, self._most = network, sent, threads, most
        self._lock = Lock()
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._begun = False
        self._closing = Event()

    def submit(self, batch: bytes, height: int, time: int) -> "Future[BatchResult]":
        """Send a batch; see the port. Raises LedgerStopped, Overloaded where `most` are waited for already."""
        try:
            parsed = parse_batch(self._network, batch)
        except Refusal as refusal:
            refused: Future[BatchResult] = Future()
            refused.set_result(BatchResult(NO_ID, refusal.code, height, time, ()))
            return refused
        if self._closing.is_set():
            raise LedgerStopped
        if len(self._sent) >= self._most:
            raise Overloaded
        key = parsed.id
        future, new = self._sent.expect(key, parsed.payload.not_after)
        if new:
            self._begin()
            self._queue.put(Job(key, batch, height, time, future))
            if self._closing.is_set():  # meanwhile
                self._sent.fail(key, LedgerStopped())
        return future

    def executed(self, result: BlockResult) -> None:
        """Take in what a block did, which is durable here."""
        self._sent.executed(result)

    def fail_all(self, refusal: Callable[[], Refusal]) -> None:
        """End the waiting for all that is under way."""
        self._sent.fail_all(refusal)

    def close(self) -> None:
        """Take no more; whoever still waits hears that the ledger has stopped."""
        self._closing.set()
        self._sent.fail_all(LedgerStopped)
        for _ in range(self._threads):
            self._queue.put(None)

    def _begin(self) -> None:
        with self._lock:
            begun, self._begun = self._begun, True
        for _ in range(0 if begun else self._threads):
            Thread(target=self._work, name="ledger-sender", daemon=True).start()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.done.done():
                continue
            try:
                self._carry(job)
            except Refusal as refusal:
                self._sent.fail(job.key, refusal)
            except Exception:  # noqa: BLE001 - a bug of the transport must leave nobody waiting for ever
                self._sent.fail(job.key, AnswerLost())

    def _carry(self, job: Job) -> None:
        """Carry one batch until its future is done; what it raises, that gets."""
        raise NotImplementedError
