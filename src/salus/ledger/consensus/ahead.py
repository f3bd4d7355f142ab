"""Batches that wait in the mempool, parsed and verified before their block comes, by a thread of its own.

Whatever it does or fails to do changes how fast a block is executed, and nothing else. It is a thread and no process
(as `verifier`): the interpreter is left while a signature is checked, and what was parsed here is not parsed again.
"""

from collections import deque
from threading import Condition, RLock, Thread

from salus.core.envelope import Batch
from salus.ledger.consensus.chain import DecidedChain
from salus.ledger.embedded.clock import Clock

PIECE = 64  # envelopes whose keys are looked up at once, under the lock
MOST_BATCHES = 1_024  # that wait here; of more, blocks verify what is left


class Ahead:
    """Owns the thread. `lock` guards the chain, and is held for short. Any thread may call the methods."""

    def __init__(self, chain: DecidedChain, lock: RLock, clock: Clock) -> None:
        self._chain, self._lock, self._clock = chain, lock, clock
        self._waiting: deque[Batch] = deque(maxlen=MOST_BATCHES)
        self._wake = Condition()
        self._closing = False
        self._thread = Thread(target=self._run, name="ledger-ahead", daemon=True)
        self._thread.start()

    def offer(self, batch: Batch) -> None:
        """Note a batch that waits for its block."""
        with self._wake:
            self._waiting.append(batch)
            self._wake.notify()

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                batch = self._waiting.popleft()
            self._verify(batch)

    def _verify(self, batch: Batch) -> None:
        machine = self._chain.machine
        parsed = machine.read(batch)
        for start in range(0, len(parsed), PIECE):
            with self._lock:
                if machine.seen.has(batch.id, batch.payload.not_after):  # its block came first
                    return
                signed = machine.signed(parsed[start : start + PIECE], self._clock.now_ms())
            for one in signed:
                machine.verify(one)
