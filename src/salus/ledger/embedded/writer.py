"""The one writer: batches that gather while a block is being written make the next one.

A batch that finds the writer idle is written at once. When nothing came for a while an empty block
follows the last one, whose proofs are then complete, and a little later a checkpoint.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, RLock, Thread
from typing import NamedTuple

from salus.client.ledger import BatchResult, EnvelopeResult
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.checkpoints import Checkpoints
from salus.ledger.embedded.clock import Clock
from salus.ledger.errors import LedgerStopped, Overloaded, StorageFailed, StorageFull
from salus.machine.errors import ShareExceeded, UnknownRules
from salus.machine.machine import BlockResult
from salus.state.tables import StorageFailure
from salus.verifier.helper import Helper

MAX_WAITING_BYTES = 256 * 1024**2
EMPTY_AFTER_S = 0.05
CHECKPOINT_AFTER_S = 1.0
NO_ID = bytes(32)  # of a batch that cannot be parsed


class Waiting(NamedTuple):
    """A batch in the queue."""

    raw: bytes
    done: "Future[BatchResult]"


class Writer:
    """Owns the thread that makes blocks. `lock` guards the chain; methods may be called from any thread."""

    def __init__(self, chain: Chain, node: SigningKey, clock: Clock, lock: RLock, helper: Helper) -> None:
        self._chain, self._node, self._clock, self._lock, self._helper = chain, node, clock, lock, helper
        self._wake = Condition()  # guards the queue
        self._queue: list[Waiting] = []
        self._queue_bytes = 0
        self._closing = self._stopped = False
        self.trouble: Refusal | None = None  # why it stopped, where that is known
        self._checkpoints = Checkpoints(chain)
        self._thread = Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, raw: bytes) -> "Future[BatchResult]":
        """Queue a batch; its future completes once its block is durable.

        Raises Overloaded, LedgerStopped, or UnknownRules where that is why it stopped.
        """
        done: Future[BatchResult] = Future()
        done.set_running_or_notify_cancel()  # what may be on its way cannot be cancelled
        with self._wake:
            if self._closing or self._stopped:
                raise (self.trouble or LedgerStopped()).again()
            if self._queue_bytes + len(raw) > MAX_WAITING_BYTES:
                raise Overloaded
            self._helper.offer(raw)
            self._queue.append(Waiting(raw, done))
            self._queue_bytes += len(raw)
            self._wake.notify()
        return done

    def complete(self) -> None:
        """Make the empty block whose header covers the state as it is, unless the last block does.

        Raises StorageFull, StorageFailed or LedgerStopped, UnknownRules.
        """
        with self._lock:
            if self._chain.tip is not None and self._chain.empty:
                return
            if self._stopped:
                raise (self.trouble or LedgerStopped()).again()
            try:
                self._chain.make((), self._clock.now_ms(), self._node)
            except (StorageFull, StorageFailed):
                raise
            except UnknownRules as refusal:
                self._stop(refusal)
                raise
            except OSError:
                self._stop()
                raise LedgerStopped from None
            except BaseException:
                self._stop()
                raise

    def close(self) -> None:
        """Write what waits, complete the last block, take a checkpoint, end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._helper.close()
        try:
            with self._lock:
                if not self._stopped:
                    if not self._chain.empty:
                        self._try(self.complete)
                    self._try(self._checkpoints.now)
        finally:
            self._checkpoints.close()
            self._stop()

    def save(self) -> None:
        """Take a checkpoint now; raises StorageFailure."""
        with self._lock:
            self._checkpoints.now()

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except OSError:
            self._stop()  # the disk failed so that not even the file could be cut back
        except UnknownRules as refusal:
            self._stop(refusal)  # reads go on
        except BaseException:
            self._stop()  # whatever it is, nothing may wait for a writer that is gone
            raise

    def _step(self) -> bool:
        """Do one thing: a group of batches, or what idleness allows. False at the end."""
        group = self._take()
        if group is None:
            return False
        try:
            waiting = group
            while waiting:
                waiting = self._block(waiting)
        except BaseException as error:
            _fail(group, error if isinstance(error, UnknownRules) else LedgerStopped())
            raise
        with self._lock:
            if not group and not self._chain.empty:
                self._try(self.complete)
            else:
                self._try(lambda: self._checkpoints.look(idle=not group))
        return True

    def _take(self) -> list[Waiting] | None:
        """Return what waits; nothing after a time of idleness; None when closing and nothing waits."""
        with self._wake:
            if not self._queue and not self._closing and not self._stopped:
                self._wake.wait(self._idle_s())
            if not self._queue and (self._closing or self._stopped):
                return None
            group, self._queue, self._queue_bytes = self._queue, [], 0
            return group

    def _idle_s(self) -> float | None:
        """How long idleness must last until there is something to do; None: there is nothing."""
        if self._checkpoints.under_way or not self._chain.empty:
            return EMPTY_AFTER_S
        settled = self._chain.machine.store.height == self._chain.machine.height
        return None if settled else CHECKPOINT_AFTER_S

    def _block(self, group: list[Waiting]) -> list[Waiting]:
        """Refuse what cannot stand in a block, write one of the rest; return those it had no room for."""
        taken: list[Waiting] = []
        later: list[Waiting] = []
        with self._lock:
            machine, now = self._chain.machine, self._clock.now_ms()
            self._helper.hear()
            answers = machine.screen([waiting.raw for waiting in group], max(now, machine.time))
            for waiting, answer in zip(group, answers, strict=True):
                if not answer.code:
                    taken.append(waiting)
                elif answer.code == ShareExceeded.code:
                    later.append(waiting)
                else:
                    key = NO_ID if answer.batch is None else answer.batch.id
                    self._helper.settle((waiting.raw,))
                    waiting.done.set_result(BatchResult(key, answer.code, self._chain.height, machine.time, ()))
            if not taken:
                return later
            raws = [waiting.raw for waiting in taken]
            self._helper.take(raws)
            try:
                result = self._chain.make(raws, now, self._node)
            except (StorageFull, StorageFailed) as refusal:
                for waiting in taken:
                    waiting.done.set_exception(type(refusal)())
                return later
            finally:
                self._helper.settle(raws)
        _answer(taken, result)
        return later

    def _try(self, work: Callable[[], None]) -> None:
        """Do what can be done again later: the blocks are durable without it."""
        try:
            work()
        except (StorageFailure, StorageFull, StorageFailed, LedgerStopped, UnknownRules):
            return

    def _stop(self, why: Refusal | None = None) -> None:
        with self._wake:
            self._stopped = True
            self.trouble = why or self.trouble
            waiting, self._queue, self._queue_bytes = self._queue, [], 0
            self._wake.notify()
        _fail(waiting, self.trouble or LedgerStopped())


def _answer(taken: list[Waiting], result: BlockResult) -> None:
    for waiting, batch in zip(taken, result.batches, strict=True):
        outcomes = tuple([EnvelopeResult(*outcome) for outcome in batch.outcomes])
        waiting.done.set_result(BatchResult(batch.id, batch.code, result.height, result.time, outcomes))


def _fail(waiting: list[Waiting], why: Refusal) -> None:
    for one in waiting:
        if not one.done.done():
            one.done.set_exception(why.again())
