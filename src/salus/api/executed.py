"""Where envelopes stand that were executed lately: what a gateway that began anew answers to who asks once more.

The ledger's seen ids say no more than that an envelope was executed. The events of the log name the nonce of theirs,
and the block that they are of is looked at for the envelope itself. Of one without events, of one of longer ago, of one
that shares its block with another of the same nonce nothing more can be told: the ledger's answer, Replayed, stands.
"""

from threading import Lock

from salus.client.ledger import Ledger
from salus.client.submission import Outcome
from salus.core.encoding import decode
from salus.core.envelope import parse_batch, parse_envelope
from salus.core.errors import Refusal
from salus.evidence.header import read_block
from salus.evidence.state import LOG_KEY, LogValue
from salus.services.carry import Carrying

REPLAYED = 0x0007
MOST = 65_536  # entries of the log that are remembered
_NO_NONCE = bytes(16)  # of events that come of the height
_HEAD, _NONCE_AT = b"\x84\x19", 5  # [number of two bytes, nonce, ..: how each body of an event begins


class Executed:
    """Reads the log where it is asked, on from where it had read. Thread-safe."""

    def __init__(self, ledger: Ledger, most: int = MOST) -> None:
        self._ledger, self._most = ledger, most
        self._lock = Lock()
        self._next = 0
        self._first: dict[bytes, tuple[int, int, int]] = {}  # nonce -> index, height, time of its first event

    def told(self, one: Carrying, outcome: Outcome) -> Outcome:
        """Return where a replayed envelope was executed, as far as that can be told; any other outcome as it is."""
        if outcome.code != REPLAYED:
            return outcome
        return self._find(one.id, one.nonce) or outcome

    def _find(self, envelope: bytes, nonce: bytes) -> Outcome | None:
        with self._lock:
            self._read()
            place = self._first.get(nonce)
        if place is None:
            return None
        index, height, time = place
        if _of_nonce(self._ledger, height, nonce) != {envelope}:
            return None
        events = []
        for logged in self._ledger.events(index):
            if logged.height != height:
                break
            if _nonce(logged.body) == nonce:
                events.append(logged.body)
        return Outcome(envelope, 0, height, time, tuple(events))

    def _read(self) -> None:
        raw = self._ledger.view().get(LOG_KEY)
        size = 0 if raw is None else decode(raw, LogValue).size
        for logged in self._ledger.events(max(self._next, size - self._most)):
            nonce = _nonce(logged.body)
            if nonce not in (b"", _NO_NONCE):
                self._first.setdefault(nonce, (logged.index, logged.height, logged.time))
            self._next = logged.index + 1
        while len(self._first) > self._most:
            del self._first[next(iter(self._first))]


def _nonce(body: bytes) -> bytes:
    return body[_NONCE_AT : _NONCE_AT + 16] if body[:2] == _HEAD else b""


def _of_nonce(ledger: Ledger, height: int, nonce: bytes) -> set[bytes]:
    """Return the ids of the envelopes of a block that have a nonce; none where the block is gone."""
    try:
        batches = read_block(ledger.block(height)).batches
    except (LookupError, Refusal):
        return set()
    raws = (raw for batch in batches for raw in parse_batch(ledger.network, batch).payload.envelopes)
    envelopes = (parse_envelope(ledger.network, raw) for raw in raws)
    return {envelope.id for envelope in envelopes if envelope.payload.nonce == nonce}
