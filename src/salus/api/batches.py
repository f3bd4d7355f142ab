"""Batches that came to a process lately, and what becomes of each."""

from collections import OrderedDict
from concurrent.futures import Future

from salus.client.ledger import BatchResult

MOST, MOST_BYTES = 1_024, 64 * 1024**2  # remembered, by the size of what was sent


class Batches:
    """What came lately. Used from the event loop's thread alone."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[int, Future[BatchResult]]] = OrderedDict()
        self._bytes = 0

    def get(self, key: bytes) -> "Future[BatchResult] | None":
        """Return what becomes of a batch: None where it is not known, or was refused or failed and may come again."""
        found = self._known.get(key)
        return None if found is None or _failed(found[1]) else found[1]

    def add(self, key: bytes, size: int, done: "Future[BatchResult]") -> None:
        """Remember a batch that was sent."""
        self._drop(key)
        self._known[key] = size, done
        self._bytes += size
        while len(self._known) > MOST or self._bytes > MOST_BYTES:
            self._drop(next(iter(self._known)))

    def _drop(self, key: bytes) -> None:
        size, _ = self._known.pop(key, (0, None))
        self._bytes -= size


def _failed(done: "Future[BatchResult]") -> bool:
    return done.done() and (done.exception() is not None or done.result().code != 0)
