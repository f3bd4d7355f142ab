"""Batches that were sent to the node, and wait until the replica itself has executed them."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from salus.client.ledger import BatchResult, EnvelopeResult
from salus.core.errors import Refusal
from salus.ledger.errors import NotInBlock
from salus.machine.machine import BlockResult


class Sent:
    """What is on its way. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[bytes, Future[BatchResult]] = {}
        self._promised: dict[bytes, int] = {}  # id -> height at which the node says it was executed

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, key: bytes) -> tuple["Future[BatchResult]", bool]:
        """Return what a batch will come to, and whether it is new here."""
        with self._lock:
            known = self._waiting.get(key)
            if known is not None:
                return known, False
            made: Future[BatchResult] = Future()
            made.set_running_or_notify_cancel()  # what may be on its way cannot be cancelled
            self._waiting[key] = made
            return made, True

    def promise(self, key: bytes, height: int) -> None:
        """Note at which height the node says that it executed a batch."""
        with self._lock:
            if key in self._waiting:
                self._promised[key] = height

    def executed(self, result: BlockResult) -> None:
        """Answer what the replica executed in a block; refuse what was promised up to there and is not in it."""
        done: list[tuple[Future[BatchResult], BatchResult]] = []
        with self._lock:
            for batch in result.batches if self._waiting else ():
                future = self._take(batch.id)
                if future is not None:
                    outcomes = tuple(EnvelopeResult(*outcome) for outcome in batch.outcomes)
                    done.append((future, BatchResult(batch.id, batch.code, result.height, result.time, outcomes)))
            broken = [self._take(key) for key, height in list(self._promised.items()) if height <= result.height]
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
        return self._waiting.pop(key, None)
