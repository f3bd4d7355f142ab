"""Short menus for what a directive shows: a choice among few tells accounts less apart than a free one.

Times are whole days of UTC. A time of validity is rounded up to the menu, a number of uses down: what is
permitted may last longer than was asked and is never used more often.
"""

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000

DAYS = (1, 7, 30, 90, 365, 1826, 3653)
USES = (1, 3, 10, 30, 100)  # and 0, which is unlimited
STANDING_DAYS = 90  # of the permit that every appointment renews; the same for everybody


def validity(now: int, start: int | None, days: int) -> tuple[int, int]:
    """Return [start, end) in whole days: from the day of `start`, at least `days` days, by the menu."""
    first = (now if start is None else start) // DAY_MS
    length = next((entry for entry in DAYS if entry >= days), days)
    return first * DAY_MS, (first + length + 1) * DAY_MS


def uses(wanted: int) -> int:
    """Return the largest number of the menu that is not more than `wanted`; 0 stays 0, unlimited."""
    return max((entry for entry in USES if entry <= wanted), default=0)


def whole(time: int, grain: int) -> int:
    """Return `time` rounded up to a multiple of `grain`, so that it tells no clock and no moment."""
    return -(-time // grain) * grain
