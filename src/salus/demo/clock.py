"""The clocks of the story, which needs weeks to pass: one begins weeks ago, the other waits.

Blocks of one operator are dated by the operator's clock, so that the story may begin in the past and end at the
present. Blocks of a network are dated by the clocks of its validators; there the network's delays are short, and pass.
"""

import time
from collections.abc import Callable
from typing import Protocol

WEEKS_MS = 21 * 86_400_000  # all that the steps together let pass


class Passing(Protocol):
    """A clock of the story. `delay` and `over` are what it tells of the delays of a recovery."""

    @property
    def delay(self) -> str: ...
    @property
    def over(self) -> str: ...
    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        ...

    def let_pass(self, days: int) -> None:
        """Let some days of the story pass."""
        ...


class StoryClock:
    """The machine's own clock, set back by what is left to pass. Implements `ledger.embedded.clock.Clock`."""

    delay, over = "For a week", "The story began three weeks ago, so the delays are over"

    def __init__(self) -> None:
        self._left_ms = WEEKS_MS

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 - self._left_ms

    def let_pass(self, days: int) -> None:
        """Go on by some days, never past the present: the region is opened by the machine's clock afterwards."""
        self._left_ms = max(0, self._left_ms - days * 86_400_000)


class WaitingClock:
    """The machine's own clock, of a network whose delays are a minute for every week of the story."""

    delay, over = "For a minute, the delay of this network,", "The delays of this network were waited for"

    def __init__(self, slack_s: float, progress: Callable[[str, int, int | None], None]) -> None:
        """`slack_s`: how far the time of an idle network's next block may lie behind."""
        self._slack_s, self._progress = slack_s, progress

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def let_pass(self, days: int) -> None:
        """Wait."""
        seconds = round(days / 7 * 60 + self._slack_s)
        for second in range(seconds):
            self._progress("Waiting for the network's delay", second, seconds)
            time.sleep(1)
