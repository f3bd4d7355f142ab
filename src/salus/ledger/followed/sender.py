"""Sends batches to the node. What became of each, the replica's own execution says."""

from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import NamedTuple

from salus.client.ledger import BatchResult
from salus.client.remote_errors import AnswerLost
from salus.core.envelope import parse_batch
from salus.core.errors import Refusal
from salus.ledger.errors import LedgerStopped, Overloaded
from salus.ledger.followed.sent import Sent
from salus.ledger.followed.upstream import Upstream

THREADS, MOST_WAITING = 8, 1_024
LANDS_S = 60.0  # how long a batch that the node may have taken is waited for
NO_ID = bytes(32)  # of a batch that cannot be parsed


class _Job(NamedTuple):
    key: bytes
    batch: bytes
    done: "Future[BatchResult]"


class Sender:
    """Threads that carry batches, begun with the first. Methods may be called from any thread.

    They are daemons: a process that ends does not wait for a node that hangs.
    """

    def __init__(self, network: bytes, upstream: Upstream, sent: Sent) -> None:
        self._network, self._upstream, self._sent = network, upstream, sent
        self._lock = Lock()
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._begun = False
        self._closing = Event()

    def submit(self, batch: bytes, height: int, time: int) -> "Future[BatchResult]":
        """Send a batch; see the port. Raises LedgerStopped, Overloaded."""
        try:
            key = parse_batch(self._network, batch).id
        except Refusal as refusal:
            refused: Future[BatchResult] = Future()
            refused.set_result(BatchResult(NO_ID, refusal.code, height, time, ()))
            return refused
        if self._closing.is_set():
            raise LedgerStopped
        if len(self._sent) >= MOST_WAITING:
            raise Overloaded
        future, new = self._sent.expect(key)
        if new:
            self._begin()
            self._queue.put(_Job(key, batch, future))
            if self._closing.is_set():  # meanwhile
                self._sent.fail(key, LedgerStopped())
        return future

    def close(self) -> None:
        """Take no more; whoever still waits hears that the ledger has stopped."""
        self._closing.set()
        self._sent.fail_all(LedgerStopped)
        for _ in range(THREADS):
            self._queue.put(None)

    def _begin(self) -> None:
        with self._lock:
            begun, self._begun = self._begun, True
        for _ in range(0 if begun else THREADS):
            Thread(target=self._work, name="ledger-sender", daemon=True).start()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if not job.done.done():
                self._send(*job)

    def _send(self, key: bytes, batch: bytes, future: "Future[BatchResult]") -> None:
        try:
            answer = self._upstream.submit(batch, lambda: not (future.done() or self._closing.is_set()))
        except AnswerLost:
            pass  # it may be in a block all the same
        except Refusal as refusal:
            self._sent.fail(key, refusal)
            return
        except Exception:  # noqa: BLE001 - a bug of the transport must leave nobody waiting for ever
            self._sent.fail(key, AnswerLost())
            return
        else:
            if answer.code:
                self._sent.refuse(key, answer)
                return
            self._sent.promise(key, answer.height)
        wait([future], LANDS_S)
        self._sent.fail(key, AnswerLost())
