"""What others may ask of the discovery contract."""

from typing import NamedTuple

from salus.contracts.discovery import keeper
from salus.contracts.discovery.keeper import HOUR_MS, HOURS
from salus.contracts.discovery.types import Answered, LocatorKey
from salus.state.overlay import Reader


class Rate(NamedTuple):
    """How many look-ups of a requester were answered: in the hour of the clock, in the 24 hours with it."""

    hour: int
    day: int


def answered(state: Reader, requester: bytes, lookup: bytes) -> Answered | None:
    """Return what became of a look-up; None where nobody answered it, or that is long ago."""
    return keeper.get_answer(state, requester, lookup)


def rate(state: Reader, requester: bytes, time: int) -> Rate:
    """Return the requester's rate at `time`: what the limits count, and everybody can watch."""
    hour = time // HOUR_MS
    counts = dict(keeper.get_hours(state, requester))
    day = sum(count for at, count in counts.items() if hour - HOURS < at <= hour)
    return Rate(counts.get(hour, 0), day)


def locator_key(state: Reader, group: bytes) -> LocatorKey | None:
    """Return the epoch of a group's locator tokens; None before the first."""
    return keeper.get_locator_key(state, group)
