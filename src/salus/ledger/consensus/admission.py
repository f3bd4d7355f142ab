"""What stands before CometBFT's mempool: which batches are passed on; signatures are verified ahead of a block."""

from threading import RLock

from salus.client.figures import Tally
from salus.core.envelope import Batch, Envelope, parse_envelope
from salus.core.errors import Refusal
from salus.ledger.consensus.chain import DecidedChain
from salus.ledger.embedded.clock import Clock
from salus.verifier.helper import Helper

PIECE = 64  # envelopes whose keys are looked up at once


class Mempool:
    """CheckTx. The lock, which guards the chain, is held for short: no block that was decided waits for signatures.

    `ahead`: verify here what no process beside this one does.
    """

    def __init__(self, chain: DecidedChain, lock: RLock, helper: Helper, clock: Clock, *, ahead: bool) -> None:
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
        if admitted.code or again or admitted.batch is None:
            return admitted.code
        self._helper.offer(raw)
        if self._ahead:
            self._verify(admitted.batch, now)
        return 0

    def _verify(self, batch: Batch, now: int) -> None:
        """Have the signatures of its envelopes remembered; what they come to shows when they are executed."""
        machine, parsed = self._chain.machine, _parsed(self._chain.network, batch)
        for start in range(0, len(parsed), PIECE):
            with self._lock:
                checks = machine.checks(parsed[start : start + PIECE], now)
            for check in checks:
                machine.verified.verify(*check)


def _parsed(network: bytes, batch: Batch) -> list[Envelope]:
    found: list[Envelope] = []
    for raw in batch.payload.envelopes:
        try:
            found.append(parse_envelope(network, raw))
        except Refusal:
            continue
    return found
