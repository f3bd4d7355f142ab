"""What an engine over CometBFT says of itself in figures, for whoever watches it. None of it is about anybody."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from threading import Lock
from typing import NamedTuple


class Spread(NamedTuple):
    """How values were spread: for each upper bound, infinity last, how many were not above it; and their sum."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float


class SnapshotFigures(NamedTuple):
    """Snapshots that this node takes, and the one it begins with."""

    taken: int
    failed: int
    kept: int
    height: int  # of the newest, 0: none
    syncing: int  # height of the snapshot that is being taken over, 0: none
    chunks: int  # of that
    chunks_taken: int


class EngineFigures(NamedTuple):
    """The application of a member's node. Times in seconds, sizes in bytes, heights in blocks."""

    decided: int  # the newest height that CometBFT showed
    kept: int  # that is durable here
    votes: int  # up to which the votes are kept beside the blocks
    time: int  # of the last block that is kept, milliseconds
    batches: int  # in blocks that were kept since the process began
    executing: Spread
    keeping: Spread
    sizes: Spread
    checks: tuple[tuple[bool, int, int], ...]  # (again, code of the refusal or 0, how often)
    snapshots: SnapshotFigures | None


class SendingFigures(NamedTuple):
    """Batches on their way to the validators. Nodes have the number of their place, one's own 0 where it has one."""

    answers: tuple[tuple[int, str, int], ...]  # (node, what it answered, how often)
    shunned: tuple[bool, ...]  # of each node: it failed lately
    under_way: int
    resent: int  # sendings anew, because no block held the batch in time
    failovers: int  # batches that another node took than the one that was to be asked first
    doubled: int  # batches with a protective message that two nodes took at once


class CometFigures(NamedTuple):
    """A member's CometBFT, as it answers; of one that does not, nothing but that."""

    up: bool
    height: int = 0
    catching_up: bool = False
    power: int = 0  # of its validator now


class Tally:
    """Counts by key. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[int | str | bool, ...]] = Counter()

    def add(self, *key: int | str | bool) -> None:
        """Count one."""
        with self._lock:
            self._counts[key] += 1

    def read(self) -> dict[tuple[int | str | bool, ...], int]:
        """Return the counts as they are."""
        with self._lock:
            return dict(self._counts)


class Spreading:
    """Counts values by their size. Safe to use from any thread."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._lock = Lock()
        self._bounds, self._counts, self._total = tuple(bounds), [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        """Count one."""
        with self._lock:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._total += value

    def read(self) -> Spread:
        """Return the counts as they are."""
        with self._lock:
            return Spread(self._bounds, tuple(accumulate(self._counts)), self._total)
