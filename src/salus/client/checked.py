"""Read the ledger without trusting who runs it: values with proofs, headers with signatures, a log that only grows."""

import threading
from collections.abc import Sequence
from typing import NamedTuple

from salus.client.ledger import Proving, StateProof
from salus.core.errors import Kind, Refusal
from salus.core.genesis import read_genesis, validator_keys
from salus.evidence.follow import Remembered, follow
from salus.evidence.header import read_header
from salus.evidence.state import LOG_KEY, LogValue, read
from salus.merkle.log import EMPTY_ROOT
from salus.merkle.smt import Proof, verify_absence, verify_membership


class Unproved(Refusal):
    """The ledger's answer is not proved by what came with it."""

    code, kind, text = 0x5003, Kind.UNAVAILABLE, "The ledger's answer does not come with its proof."


class Checked(NamedTuple):
    """Values proved under one signed header."""

    height: int
    time: int  # of the header, milliseconds
    values: tuple[bytes | None, ...]  # in the order asked for


class CheckedLedger:
    """A reader of one ledger that believes proofs only. Safe to use from several threads.

    `remembered` is where an earlier reader stopped, and afterwards where this one is: keep it, and a
    ledger that was rolled back or forked in between is found at the next look.
    """

    def __init__(self, ledger: Proving, genesis: bytes, remembered: Remembered | None = None) -> None:
        """Raises Malformed or InvalidKey for the genesis, and Unproved if the ledger is another network's."""
        self._ledger = ledger
        self._network, document = read_genesis(genesis)
        if ledger.network != self._network:
            raise Unproved
        self._validators = validator_keys(self._network, document)
        self._lock = threading.Lock()
        self.remembered = remembered

    def values(self, keys: Sequence[bytes]) -> Checked:
        """Return the present values of `keys`. Raises Unproved, RolledBack, Forked, or a header's refusal."""
        with self._lock:  # what is remembered must never go backwards
            asked = [*keys, LOG_KEY]
            proof = self._ledger.prove(asked)
            signed = read_header(self._network, proof.header, self._validators)
            if not _proved(signed.header.app_hash, asked, proof):
                raise Unproved
            log = _log(proof.values[-1])
            self.remembered = follow(self.remembered, signed, log.size, log.root, self._growth(log))
            return Checked(signed.header.height, signed.header.time, proof.values[:-1])

    def value(self, key: bytes) -> bytes | None:
        """Return the present value of `key`. Raises as `values`."""
        return self.values([key]).values[0]

    def _growth(self, log: LogValue) -> tuple[bytes, ...]:
        before = self.remembered
        if before is None or before.log_size == 0 or before.log_size >= log.size:
            return ()
        return self._ledger.prove_growth(before.log_size, log.size)


def _log(raw: bytes | None) -> LogValue:
    """Return the log that the state holds; before the first block with anything in it there is none."""
    if raw is None:
        return LogValue(0, EMPTY_ROOT)
    log = read(raw, LogValue)
    if log is None:
        raise Unproved
    return log


def _proved(root: bytes, keys: Sequence[bytes], proof: StateProof) -> bool:
    if not len(keys) == len(proof.values) == len(proof.proofs):
        return False
    return all(_holds(root, *fact) for fact in zip(keys, proof.values, proof.proofs, strict=True))


def _holds(root: bytes, key: bytes, value: bytes | None, proof: Proof) -> bool:
    return verify_absence(root, key, proof) if value is None else verify_membership(root, key, value, proof)
