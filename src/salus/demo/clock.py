"""The clock of the story: it begins weeks ago, so that steps can let days pass, and ends at the present."""

import time

WEEKS_MS = 21 * 86_400_000  # all that the steps together let pass


class StoryClock:
    """The machine's own clock, set back by what is left to pass. Implements `ledger.embedded.clock.Clock`."""

    def __init__(self) -> None:
        self._left_ms = WEEKS_MS

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 - self._left_ms

    def let_pass(self, days: int) -> None:
        """Go on by some days, never past the present: the region is opened by the machine's clock afterwards."""
        self._left_ms = max(0, self._left_ms - days * 86_400_000)
