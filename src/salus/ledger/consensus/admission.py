"""What stands before CometBFT's mempool: which batches are passed on; their envelopes are verified ahead of a block."""

from threading import RLock

from salus.client.figures import Tally
from salus.ledger.consensus.ahead import Ahead
from salus.ledger.consensus.chain import DecidedChain
from salus.ledger.embedded.clock import Clock
from salus.verifier.helper import Helper


class Mempool:
    """CheckTx. The lock, which guards the chain, is held for short, and no envelope is looked at.

    CometBFT commits a block only after all checks it asked for are answered, so that each of them delays a block.
    `ahead` takes what no process beside this one does, None: there is one.
    """

    def __init__(self, chain: DecidedChain, lock: RLock, helper: Helper, clock: Clock, ahead: Ahead | None) -> None:
        self._chain, self._lock, self._helper, self._clock, self._ahead = chain, lock, helper, clock, ahead
        self.checks = Tally()  # by (again, code)

    def check(self, raw: bytes, *, again: bool) -> int:
        """Return 0 if a batch may be passed on, or kept (`again`), else the code of its refusal."""
        now = self._clock.now_ms()
        with self._lock:
            admitted = self._chain.machine.admit(raw, now)
            if admitted.code:
                self._helper.settle((raw,))
        self.checks.add(again, admitted.code)
        if not (admitted.code or again or admitted.batch is None):
            self._helper.offer(raw)
            if self._ahead is not None:
                self._ahead.offer(admitted.batch)
        return admitted.code

    def close(self) -> None:
        """End what looks ahead."""
        if self._ahead is not None:
            self._ahead.close()
