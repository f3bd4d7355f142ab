"""Token buckets of callers, as the generic cell rate algorithm keeps them: one number for each caller.

https://www.itu.int/rec/T-REC-I.371 (Annex A)
"""

import math
from collections import OrderedDict
from collections.abc import Hashable
from itertools import islice

from salus.api.errors import TooManyRequests

FORGOTTEN_AT_ONCE = 16


class Rates:
    """One bucket for each caller: `rate` units a second, `burst` units at once. Used by one thread.

    At most `most` callers are remembered. Those whose bucket is full again are forgotten first, since they
    have nothing to remember; while none is, all who are new share one bucket.
    """

    def __init__(self, rate: float, burst: float, most: int) -> None:
        self._unit_s, self._burst_s, self._most = 1 / rate, burst / rate, most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()  # second at which each is full again, by last use

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, caller: Hashable, units: float, now_s: float) -> None:
        """Take units; raise TooManyRequests, which takes none, where they are not there.

        What costs more than a whole bucket holds is let in where the bucket is full.
        """
        caller = self._place(caller, now_s)
        start = max(self._full_at.get(caller, now_s), now_s)
        full_at = start + units * self._unit_s
        over_s = full_at - now_s - max(self._burst_s, units * self._unit_s)
        if over_s > 1e-9:
            raise TooManyRequests(max(1, math.ceil(over_s)))
        self._full_at[caller] = full_at
        self._full_at.move_to_end(caller)

    def give_back(self, caller: Hashable, units: float) -> None:
        """Put back what was taken in another's name."""
        if caller in self._full_at:
            self._full_at[caller] -= units * self._unit_s

    def _place(self, caller: Hashable, now_s: float) -> Hashable:
        """Return whose bucket is meant: the caller's, or None for the one that newcomers share."""
        if caller in self._full_at:
            return caller
        for known in list(islice(self._full_at, FORGOTTEN_AT_ONCE)):
            if self._full_at[known] > now_s:
                break
            del self._full_at[known]
        return caller if len(self._full_at) < self._most else None
