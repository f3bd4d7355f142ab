"""Checkpoints behind the blocks: sealed and settled by the writer, written by a thread of its own.

Blocks are durable without them. One that fails is tried again with what came since.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from salus.ledger.embedded.chain import Chain
from salus.state.tables import Changes, StorageFailure

CHECKPOINT_KEYS = 2_048  # pending (`Chain.pending`): then the next one begins. Opening after a kill executes them again
MOST_KEYS = 65_536  # pending: then blocks wait for the one that is being written


class Checkpoints:
    """The checkpoints of one chain. Every method is called under the lock that guards the chain."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger-checkpoint")
        self._writing: Future[None] | None = None

    @property
    def under_way(self) -> bool:
        """True from `begin` until it is settled."""
        return self._writing is not None

    def look(self, *, idle: bool) -> None:
        """Settle what has been written; begin what is due: with enough keys, or any where nothing else is to do."""
        if self._writing is not None:
            if not self._writing.done() and self._chain.pending < MOST_KEYS:
                return
            self._settle()
        if self._chain.pending >= CHECKPOINT_KEYS or (idle and not self._chain.settled):
            self._writing = self._thread.submit(self._chain.machine.store.write, self._chain.seal())

    def mark(self, durable: Callable[[], None]) -> None:
        """Begin one of the state exactly as it is. Once it is, `durable` is called in the thread that wrote it, and
        until it returns no other is written; it is not called where writing fails.

        Waits for one that is being written.
        """
        self.rest()
        self._writing = self._thread.submit(self._write, self._chain.seal(), durable)

    def rest(self) -> None:
        """Wait for one that is being written."""
        if self._writing is not None:
            self._settle()

    def _write(self, changes: Changes, durable: Callable[[], None]) -> None:
        self._chain.machine.store.write(changes)
        durable()

    def now(self) -> None:
        """Make everything durable before this returns; raises StorageFailure."""
        self.rest()
        self._chain.checkpoint()

    def close(self) -> None:
        """Wait for the thread; what it wrote is found at the next opening."""
        self._thread.shutdown()

    def _settle(self) -> None:
        """Wait until it is written. A failure is no harm: the same is pending again."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.result()
        except StorageFailure:
            self._chain.settle(written=False)
        else:
            self._chain.settle(written=True)
