"""Executes what CometBFT decides: the two steps of a block, checkpoints behind them, and when to stop.

`decide` computes and writes nothing, `keep` makes the block durable. While one is between the two, readers are shown
the state before it. A disk that is full holds a block up until there is room; what cannot become good again stops all.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from time import perf_counter
from typing import NamedTuple

from salus.client.figures import Spreading
from salus.core.envelope import MAX_BATCH_BYTES
from salus.core.errors import Refusal
from salus.evidence.header import SignedHeader
from salus.ledger.consensus.chain import DecidedBlock, DecidedChain
from salus.ledger.consensus.errors import OutOfOrder
from salus.ledger.consensus.ports import Snapshots
from salus.ledger.embedded.checkpoints import Checkpoints
from salus.ledger.embedded.views import View, Views
from salus.ledger.errors import LedgerStopped, StorageFailed, StorageFull
from salus.machine.errors import UnknownRules
from salus.machine.machine import BlockResult
from salus.merkle.smt import Proof
from salus.state.tables import StorageFailure
from salus.verifier.helper import Helper

LOG = logging.getLogger("salus.consensus")
AGAIN_S = 1.0  # before a block that the disk did not take is written again
IDLE_S = 1.0  # without a block: then what is pending becomes a checkpoint
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BLOCK_S = 0.4  # which a block should take to execute: a proposer puts in as much as took so long lately
LEAST_BYTES = 64 * 1024  # that are put in all the same
LATELY = 0.2  # weight of the last block in what blocks took lately
BYTES = tuple(4.0**power for power in range(4, 12))  # 256 bytes to 4 MiB


class Told(NamedTuple):
    """Who is called: with a header, under the lock, before its block is executed; with what a durable block did."""

    covered: Callable[[SignedHeader], None]
    kept: Callable[[BlockResult], None]


class Last(NamedTuple):
    """The last block that is kept."""

    height: int
    time: int
    app_hash: bytes  # after it


class Proved(NamedTuple):
    """A value, None for none, and its proof under the app hash after the block of a height that was decided."""

    height: int
    value: bytes | None
    proof: Proof


class Measured:
    """What blocks took since the process began."""

    def __init__(self) -> None:
        self.executing, self.keeping, self.sizes = Spreading(SECONDS), Spreading(SECONDS), Spreading(BYTES)
        self.batches = 0  # in blocks that were kept


class Executor:
    """Owns the chain's next block. `lock` guards the chain; methods may be called from any thread."""

    def __init__(self, chain: DecidedChain, lock: RLock, views: Views, helper: Helper, told: Told) -> None:
        self._chain, self._lock, self._views, self._helper, self._told = chain, lock, views, helper, told
        self._checkpoints = Checkpoints(chain)
        self.measured = Measured()
        self._byte_s = 0.0  # what a byte of batches took to execute lately, in seconds
        self._before: View | None = None  # the state before a block that is executed and not kept
        self._closing, self._busy = Event(), Event()
        self.trouble: type[Refusal] | None = None
        self.snapshots: Snapshots | None = None
        self._busy.set()  # with what opening replayed
        self._thread = Thread(target=self._idle, name="ledger-idle", daemon=True)
        self._thread.start()

    def decide(self, shown: DecidedBlock) -> BlockResult:
        """Execute the next block. Raises OutOfOrder, UnknownRules, LedgerStopped; whatever else is a bug, and stops."""
        with self._lock, self._stopping(OutOfOrder, UnknownRules):
            damage = None if self.snapshots is None else self.snapshots.trouble()
            if damage is not None:
                raise damage
            self._helper.hear()
            self._helper.take(shown.batches)
            begun = perf_counter()
            try:
                result = self._chain.decide(shown, self._cover)
            finally:
                self._helper.settle(shown.batches)
            took_s, size = perf_counter() - begun, sum(map(len, shown.batches))
            self.measured.executing.add(took_s)
            if size >= LEAST_BYTES:
                self._byte_s = (1 - LATELY) * (self._byte_s or took_s / size) + LATELY * took_s / size
            return result

    def room(self) -> int:
        """Return how many bytes of batches a block should have, so that it is executed in BLOCK_S."""
        return max(LEAST_BYTES, int(BLOCK_S / self._byte_s)) if self._byte_s else MAX_BATCH_BYTES

    def keep(self) -> BlockResult:
        """Make the block durable; waits while the disk has no room. Raises OutOfOrder, LedgerStopped."""
        while True:
            with self._lock, self._stopping(OutOfOrder, StorageFull, StorageFailed):
                begun, ahead = perf_counter(), self._chain.ahead
                try:
                    result = self._chain.keep()
                except (StorageFull, StorageFailed) as refusal:
                    self.trouble = type(refusal)
                    LOG.error("a block was not stored; tried again", extra={"code": refusal.code})
                else:
                    if self.trouble is not None:
                        LOG.warning("a block was stored after all", extra={"height": result.height})
                    self.trouble = self._before = None
                    self._measure(perf_counter() - begun, 0 if ahead is None else len(ahead.raw), result)
                    self._after()
                    break
            if self._closing.wait(AGAIN_S):
                raise LedgerStopped
        self._busy.set()
        self._told.kept(result)
        return result

    def view(self) -> View:
        """Return the state after the last block that is kept."""
        with self._lock:
            if self._chain.executed and self._before is not None:
                return self._before
            return self._views.open(self._chain.height, self._chain.machine.time)

    def last(self) -> Last:
        """Return the last block that is kept."""
        with self._lock:
            chain = self._chain
            return Last(chain.height, chain.time, chain.kept_app_hash)

    def proved(self, key: bytes) -> Proved:
        """Return the value of a key after the block that was decided last, be it kept by now or not."""
        with self._lock:
            self._alive()
            ((value, proof),) = self._chain.machine.query((key,))
            return Proved(self._chain.machine.height, value, proof)

    @contextmanager
    def at_rest(self) -> Iterator[DecidedChain]:
        """Give the chain with its machine at the last block that is kept, under the lock; raises LedgerStopped."""
        with self._lock:
            self._alive()
            self._chain.rewind()
            yield self._chain

    @contextmanager
    def exchanging(self) -> Iterator[None]:
        """Let the chain be exchanged, under the lock; what is raised stops it. Raises LedgerStopped, StorageFailure."""
        with self._lock:
            self.save()
            with self._stopping():
                yield
            self._before = None

    def save(self) -> None:
        """Take a checkpoint now; raises StorageFailure, LedgerStopped."""
        with self._lock:
            self._alive()
            self._chain.rewind()
            self._checkpoints.now()

    def stop(self) -> None:
        """Let no block wait for the disk any more."""
        self._closing.set()

    def close(self) -> None:
        """Keep nothing more, take a checkpoint, end the thread. Never raises for the disk: blocks are durable."""
        self._closing.set()
        self._busy.set()
        self._thread.join()
        try:
            with self._lock:
                if self.trouble is not LedgerStopped:  # after a bug nothing in memory is to be made durable
                    self._keep(self.save)
                self.trouble = LedgerStopped
        finally:
            self._checkpoints.close()
            self._helper.close()

    def _measure(self, took_s: float, size: int, result: BlockResult) -> None:
        self.measured.keeping.add(took_s)
        self.measured.sizes.add(size)
        self.measured.batches += len(result.batches)

    def _after(self) -> None:
        """Go on with checkpoints; a snapshot is taken of one at its very height, or left out where the disk fails."""
        height, snapshots = self._chain.height, self.snapshots
        if snapshots is None or not snapshots.due(height):
            self._keep(lambda: self._checkpoints.look(idle=False))
            return
        self._keep(lambda: self._checkpoints.mark(lambda: snapshots.begin(height)))

    def _cover(self, header: SignedHeader) -> None:
        self._before = self._views.open(self._chain.height, self._chain.machine.time)
        self._told.covered(header)

    def _idle(self) -> None:
        """Once no block has come for a while, let what is pending become a checkpoint."""
        while not self._closing.is_set():
            self._busy.wait()
            while self._busy.is_set() and not self._closing.is_set():
                self._busy.clear()
                self._closing.wait(IDLE_S)
            with self._lock:
                if self._closing.is_set() or self.trouble is not None or self._chain.executed:
                    continue
                self._keep(lambda: self._checkpoints.look(idle=True))
                if self._checkpoints.under_way:
                    self._busy.set()  # to settle it

    def _keep(self, work: Callable[[], None]) -> None:
        """Do what can be done again later: the blocks are durable without it."""
        try:
            work()
        except StorageFailure:
            return

    def _alive(self) -> None:
        if self.trouble is LedgerStopped:
            raise LedgerStopped

    @contextmanager
    def _stopping(self, *expected: type[Refusal]) -> Iterator[None]:
        """Stop at whatever is raised but what is `expected`."""
        self._alive()
        try:
            yield
        except expected:
            raise
        except BaseException:
            self.trouble = LedgerStopped
            raise
