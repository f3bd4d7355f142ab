"""The only place that reads and writes the discovery namespace. Rows that nobody can need any more are dropped here."""

from salus.contracts.discovery.keys import answer_key, answers_prefix, hour_key, hours_prefix, locator_key
from salus.contracts.discovery.types import Answered, Asked, LocatorKey
from salus.core.encoding import decode_stored, encode
from salus.state.overlay import Overlay, Reader

HOUR_MS = 3_600_000
HOURS = 24  # of the day that ends now


def get_answer(state: Reader, requester: bytes, lookup: bytes) -> Answered | None:
    raw = state.get(answer_key(requester, lookup))
    return None if raw is None else decode_stored(raw, Answered)


def get_answers(state: Reader, requester: bytes) -> list[tuple[bytes, Answered]]:
    """Return (look-up, answer) of those that are kept, sorted by look-up."""
    return [(key[34:], decode_stored(raw, Answered)) for key, raw in state.scan(answers_prefix(requester))]


def put_answer(state: Overlay, requester: bytes, lookup: bytes, answer: Answered, ticket_ms: int) -> None:
    """Store an answer; those go that nobody can give again, and whose tickets are over."""
    for old, entry in get_answers(state, requester):
        if entry.not_after + ticket_ms <= answer.time:
            state.delete(answer_key(requester, old))
    state.put(answer_key(requester, lookup), encode(answer))


def get_hours(state: Reader, requester: bytes) -> list[tuple[int, int]]:
    """Return (hour, look-ups answered in it), oldest first."""
    rows = state.scan(hours_prefix(requester))
    return [(int.from_bytes(key[34:], "big"), decode_stored(raw, Asked).count) for key, raw in rows]


def count_lookup(state: Overlay, requester: bytes, time: int) -> None:
    """Count one look-up in the hour of `time`; hours of more than a day ago go."""
    hour = time // HOUR_MS
    counts = dict(get_hours(state, requester))
    for old in counts:
        if old <= hour - HOURS:
            state.delete(hour_key(requester, old))
    state.put(hour_key(requester, hour), encode(Asked(counts.get(hour, 0) + 1)))


def get_locator_key(state: Reader, group: bytes) -> LocatorKey | None:
    raw = state.get(locator_key(group))
    return None if raw is None else decode_stored(raw, LocatorKey)


def put_locator_key(state: Overlay, group: bytes, key: LocatorKey) -> None:
    state.put(locator_key(group), encode(key))
