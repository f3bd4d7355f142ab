"""A clock that stands still until it is told."""


class FakeClock:
    """Milliseconds since 1970, as set."""

    def __init__(self, time_ms: int = 1_700_000_000_000) -> None:
        self.time_ms = time_ms

    def now_ms(self) -> int:
        return self.time_ms

    def advance(self, step_ms: int) -> int:
        """Go on by `step_ms`, or back; return the new time."""
        self.time_ms += step_ms
        return self.time_ms
