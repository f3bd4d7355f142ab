"""Handlers that wait for something to come, and are not waited for when the server ends."""

from collections.abc import Callable
from itertools import count

MOST = 512  # at once; fewer than requests that may be under way, so that who waits keeps nobody out


class Waiting:
    """What wakes the handlers that wait now. Used from the event loop's thread alone."""

    def __init__(self) -> None:
        self.ended = False  # once it is set nobody should wait any more
        self._wake: dict[int, Callable[[], None]] = {}
        self._numbers = count()

    @property
    def closed(self) -> bool:
        """True if nobody more should wait: the server ends, or enough do."""
        return self.ended or len(self._wake) >= MOST

    def add(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called when the server ends; return what takes that back."""
        number = next(self._numbers)
        self._wake[number] = wake

        def remove() -> None:
            self._wake.pop(number, None)

        return remove

    def end(self) -> None:
        """Wake everybody."""
        self.ended = True
        for wake in tuple(self._wake.values()):
            wake()
