"""The clock that blocks are dated by: a port, since the machine has none and tests need their own."""

import time
from typing import Protocol


class Clock(Protocol):
    """May go back; a block's time is the later of it and of the block before."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970. Safe to call from any thread."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000
