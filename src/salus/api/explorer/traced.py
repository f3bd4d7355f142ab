"""What came of the envelopes of a block: the log's events name the nonce of their envelope, and no other sign is kept.

An envelope without events was refused, or executed before. Where two different envelopes of a block have the same
nonce, which one it was cannot be told.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from salus.api.explorer.parsed import Kept, Parsed
from salus.api.explorer.view import EventView, Outcome, Phrase
from salus.api.explorer.words import EVENTS
from salus.client.ledger import Ledger
from salus.contracts.registry import EVENTS as BY_NUMBER
from salus.core.encoding import decode
from salus.core.envelope import Envelope
from salus.evidence.state import LOG_KEY, LogValue

NO_NONCE = bytes(16)  # of events that come of the height
_HEAD, _NONCE_AT = b"\x84\x19", 5  # [number of two bytes, nonce, ..: how each body of an event begins
MOST_EVENTS = 20  # of one envelope that are shown
KEPT = 8


class Trace(NamedTuple):
    """Events of one block: (log index, number) by the nonce of their envelope."""

    events: Mapping[bytes, tuple[tuple[int, int], ...]]
    envelopes: Mapping[bytes, int]  # how many different envelopes of the block have the nonce


class Traces:
    """The traces of blocks, the last few kept. Thread-safe."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kept: Kept[int, Trace] = Kept(KEPT)

    def of(self, parsed: Parsed) -> Trace:
        """Return the trace of a block."""
        return self._kept.get(parsed.header.header.height, lambda height: _trace(self._ledger, parsed, height))


def _trace(ledger: Ledger, parsed: Parsed, height: int) -> Trace:
    distinct = {placed.envelope.id: placed.envelope for placed in parsed.envelopes if placed.envelope is not None}
    nonces = Counter(envelope.payload.nonce for envelope in distinct.values())
    events: dict[bytes, list[tuple[int, int]]] = {}
    if parsed.batches:
        for logged in ledger.events(first_entry(ledger, height)):
            if logged.height != height:
                break
            body = logged.body
            if body[:2] == _HEAD:
                nonce = body[_NONCE_AT : _NONCE_AT + 16]
                events.setdefault(nonce, []).append((logged.index, int.from_bytes(body[2:4], "big")))
    return Trace({nonce: tuple(some) for nonce, some in events.items()}, nonces)


def first_entry(ledger: Ledger, height: int) -> int:
    """Return the index of the first entry of the log that is of this height or a later one, by halves."""
    gone = ledger.pruned()
    low, high = 0 if gone is None else gone.entries, log_size(ledger)
    while low < high:
        middle = (low + high) // 2
        found = next(ledger.events(middle), None)
        if found is None or found.height >= height:
            high = middle
        else:
            low = middle + 1
    return low


def log_size(ledger: Ledger) -> int:
    """Return how many entries the log has."""
    raw = ledger.view().get(LOG_KEY)
    return 0 if raw is None else decode(raw, LogValue).size


def outcome(trace: Trace, parsed: Parsed, place: int, envelope: Envelope) -> Outcome:
    """Return what became of the envelope at a place of the block, as far as the block itself tells."""
    nonce = envelope.payload.nonce
    if trace.envelopes.get(nonce, 0) > 1 or nonce == NO_NONCE:
        return Outcome.UNKNOWN
    if nonce not in trace.events:
        return Outcome.WITHOUT_EFFECT
    before = parsed.envelopes[:place]
    again = any(placed.envelope is not None and placed.envelope.id == envelope.id for placed in before)
    return Outcome.AGAIN if again else Outcome.ACCEPTED


def events_of(trace: Trace, nonce: bytes) -> tuple[EventView, ...]:
    """Return the events that name a nonce."""
    return tuple(_event(index, number) for index, number in trace.events.get(nonce, ())[:MOST_EVENTS])


def _event(index: int, number: int) -> EventView:
    shape = BY_NUMBER[number]
    title = EVENTS[shape]
    return EventView(index, shape.__name__, Phrase(title.en, title.zh))
