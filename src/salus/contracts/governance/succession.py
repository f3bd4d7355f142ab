"""Who took over from whom: followed one after the other, with a bound."""

from salus.contracts.governance import keeper
from salus.state.overlay import Reader

MAX_SUCCESSIONS = 16  # that follow one another


def successor_of(state: Reader, member: bytes) -> bytes | None:
    """Return the member that stands for a succeeded one today, over all successions; None if it was not succeeded."""
    last = None
    for _ in range(MAX_SUCCESSIONS):
        entry = keeper.get_succession(state, member if last is None else last)
        if entry is None:
            break
        last = entry.successor
    return last


def longest_before(state: Reader, member: bytes) -> int:
    """Return how many successions follow one another up to `member`, at most."""
    entries = keeper.list_successions(state)
    reached, length = [member], 0
    while reached and length <= MAX_SUCCESSIONS:
        reached = [before for before, entry in entries if entry.successor in reached]
        length += bool(reached)
    return length
