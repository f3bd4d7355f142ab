"""Batches that were sent to be ordered, and wait until they have been executed here."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from salus.client.ledger import BatchResult, EnvelopeResult
from salus.core.errors import Refusal
from salus.ledger.errors import NotInBlock
from salus.machine.errors import Expired
from salus.machine.machine import BlockResult


class Sent:
    """What is on its way. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[bytes, Future[BatchResult]] = {}
        self._promised: dict[bytes, int] = {}  # id -> height at which the node says it was executed
        self._until: dict[bytes, int] = {}  # id -> block time from which on it can be executed no more

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, key: bytes, not_after: int) -> tuple["Future[BatchResult]", bool]:
        """Return what a batch will come to, and whether it is new here; `not_after` is the batch's own."""
        with self._lock:
            known = self._waiting.get(key)
            if known is not None:
                return known, False
            made: Future[BatchResult] = Future()
            made.set_running_or_notify_cancel()  # what may be on its way cannot be cancelled
            self._waiting[key], self._until[key] = made, not_after
            return made, True

    def promise(self, key: bytes, height: int) -> None:
        """Note at which height the node says that it executed a batch."""
        with self._lock:
            if key in self._waiting:
                self._promised[key] = height

    def doubt(self, key: bytes) -> None:
        """Never say of a batch that it is too late: it may have been executed before it was expected here."""
        with self._lock:
            self._until.pop(key, None)

    def executed(self, result: BlockResult) -> None:
        """Answer what was executed in a block; refuse what was promised up to there and is not in it, or is too late.

        A block from its `not_after` on may not hold a batch: what has not been executed until then never will be.
        """
        done: list[tuple[Future[BatchResult], BatchResult]] = []
        with self._lock:
            for batch in result.batches if self._waiting else ():
                future = self._take(batch.id)
                if future is not None:
                    outcomes = tuple(EnvelopeResult(*outcome) for outcome in batch.outcomes)
                    done.append((future, BatchResult(batch.id, batch.code, result.height, result.time, outcomes)))
            broken = [self._take(key) for key, height in list(self._promised.items()) if height <= result.height]
            for key in [key for key, until in self._until.items() if until <= result.time]:
                future = self._take(key)
                if future is not None:
                    done.append((future, BatchResult(key, Expired.code, result.height, result.time, ())))
        for future, answer in done:
            future.set_result(answer)
        for future in broken:
            if future is not None:
                future.set_exception(NotInBlock())

    def refuse(self, key: bytes, answer: BatchResult) -> None:
        """Answer a batch that the node did not take."""
        self._end(key, lambda future: future.set_result(answer))

    def fail(self, key: bytes, refusal: Refusal) -> None:
        """End the waiting for one batch."""
        self._end(key, lambda future: future.set_exception(refusal))

    def fail_all(self, refusal: Callable[[], Refusal]) -> None:
        """End the waiting for all, each with a fresh refusal."""
        with self._lock:
            keys = list(self._waiting)
        for key in keys:
            self.fail(key, refusal())

    def _end(self, key: bytes, end: Callable[["Future[BatchResult]"], None]) -> None:
        with self._lock:
            future = self._take(key)
        if future is not None:
            end(future)

    def _take(self, key: bytes) -> "Future[BatchResult] | None":
        self._promised.pop(key, None)
        self._until.pop(key, None)
        return self._waiting.pop(key, None)
