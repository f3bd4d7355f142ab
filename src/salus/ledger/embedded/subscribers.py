"""Who is told of each new block."""

from collections.abc import Callable
from itertools import count
from threading import Lock

Told = Callable[[int], None]


class Subscribers:
    """Functions that are called with the height of each block, under the lock that guards the chain. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._told: dict[int, Told] = {}
        self._numbers = count()

    def add(self, told: Told) -> Callable[[], None]:
        """Call `told` from now on; return what ends that. It may be called once more while it is being ended."""
        with self._lock:
            number = next(self._numbers)
            self._told[number] = told

        def end() -> None:
            with self._lock:
                self._told.pop(number, None)

        return end

    def tell(self, height: int) -> None:
        """Tell all of them."""
        with self._lock:
            everybody = tuple(self._told.values())
        for told in everybody:
            told(height)
