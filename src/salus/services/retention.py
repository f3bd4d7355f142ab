"""Retention: rules by number that bar destruction for a time; a record's header names its rule.

The numbers are part of what a leaf commits to and are never reused. A number that nobody here knows bars for ever.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from salus.core.record import LeafHeader, Status

YEAR_MS = 31_557_600_000  # 365.25 days
FOREVER_MS = 2**53 - 1


class Rule(NamedTuple):
    """Keep for so many years after the record's end, or after it was recorded where that is later."""

    text: str
    years: int


RULES: Mapping[int, Rule] = {
    1: Rule("6 years (as HIPAA has documentation kept, 45 CFR 164.530(j)(2); it sets no term for records)", 6),
    2: Rule("10 years after the end of treatment (BGB s. 630f)", 10),
    3: Rule("15 years for outpatient records (China, Regulations on medical records)", 15),
    4: Rule("30 years for inpatient records (China, Regulations on medical records)", 30),
    5: Rule("28 years: to the 28th birthday of whoever is a minor (StrlSchG s. 85)", 28),
    6: Rule("24 years: six from majority, of whoever is a minor", 24),
}


def kept_until(header: LeafHeader) -> int:
    """Return the moment from which the record may be destroyed; 0 where no rule holds it."""
    if header.retention is None or header.status == Status.TOMBSTONE:
        return 0
    rule = RULES.get(header.retention)
    if rule is None:
        return FOREVER_MS
    return max(header.recorded, header.end or 0) + rule.years * YEAR_MS


def all_kept_until(headers: Iterable[LeafHeader]) -> int:
    """Return the moment from which every one of the records may be destroyed."""
    return max(map(kept_until, headers), default=0)
