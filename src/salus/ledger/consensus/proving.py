"""Questions for proofs, which are answered under the app hash that a decided header names.

The app hash after a block stands in the header of the next one. So a question is answered at once where the last block
changed nothing, and else when the next one is shown, which CometBFT makes by itself.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from threading import RLock
from typing import NamedTuple

from salus.evidence.header import SignedHeader
from salus.ledger.consensus.chain import DecidedChain
from salus.ledger.errors import LedgerStopped, NotCovered, ReadOnly
from salus.merkle.smt import Proof

COVERS_S = 10.0  # how long the block that covers the state is waited for


class Found(NamedTuple):
    """Values and proofs under the app hash in the header of a height."""

    height: int
    values: tuple[bytes | None, ...]
    proofs: tuple[Proof, ...]


class _Asked(NamedTuple):
    keys: Sequence[bytes]
    done: "Future[Found]"


class Proving:
    """Owns the questions that wait. `lock` guards the chain; `alive` raises LedgerStopped where no block will come."""

    def __init__(self, chain: DecidedChain, lock: RLock, alive: Callable[[], None]) -> None:
        self._chain, self._lock, self._alive = chain, lock, alive
        self._asked: list[_Asked] = []

    def find(self, keys: Sequence[bytes], *, waiting: bool) -> Found:
        """Return values and proofs; raise LedgerStopped, NotCovered, and ReadOnly unless `waiting` helps."""
        with self._lock:
            self._alive()
            found = self._now(keys)
            if found is not None:
                return found
            if not waiting:
                raise ReadOnly
            asked = _Asked(keys, Future())
            self._asked.append(asked)
        try:
            return asked.done.result(COVERS_S)
        except FutureTimeout:
            with self._lock:
                self._asked = [one for one in self._asked if one is not asked]
            self._alive()
            raise NotCovered from None

    def covered(self, header: SignedHeader) -> None:
        """Answer with a header what was asked for before its block is executed. Call under the lock."""
        asked, self._asked = self._asked, []
        for one in asked:
            one.done.set_result(self._find(header.header.height, one.keys))

    def fail(self) -> None:
        """Let who still waits have LedgerStopped. Call under the lock."""
        asked, self._asked = self._asked, []
        for one in asked:
            one.done.set_exception(LedgerStopped())

    def _now(self, keys: Sequence[bytes]) -> Found | None:
        """Return values and proofs if there is a header with the app hash of the state as it is."""
        chain, ahead = self._chain, self._chain.ahead
        if ahead is not None:
            same = ahead.result is None or not ahead.batches
            return self._find(ahead.header.header.height, keys) if same else None
        return self._find(chain.height, keys) if chain.tip is not None and chain.empty else None

    def _find(self, height: int, keys: Sequence[bytes]) -> Found:
        found = self._chain.machine.query(keys)
        return Found(height, tuple(value for value, _ in found), tuple(proof for _, proof in found))
