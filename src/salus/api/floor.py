"""The time up to which signatures may have been used before this process began, over restarts and clocks set back.

Nonces are remembered in memory. So that none is used again after a restart, the file holds a second beyond which no
signature was taken: it is written ahead, durably, before one that is newer counts.
"""

from collections.abc import Callable
from pathlib import Path

from salus.api.errors import DiskFailed, SignedBeforeStart
from salus.disk import replace_file

AHEAD_S = 2  # after a crash clients wait so long, and as long as the fastest one's clock was ahead


class Floor:
    """Without a path nothing is remembered. Used by one thread; `take` waits for the disk every few seconds."""

    def __init__(self, path: Path | None, now_s: Callable[[], float], skew_s: int) -> None:
        self._path = path
        self._before = self._written = _read(path, int(now_s()) + skew_s)
        self._newest = self._before

    def check(self, created_s: int) -> None:
        """Raise SignedBeforeStart for what may have been used before this process began."""
        if created_s <= self._before:
            raise SignedBeforeStart

    def take(self, created_s: int) -> None:
        """Note that a signature of that second is used; durable once it returns. Raises DiskFailed."""
        newest = max(self._newest, created_s)
        if newest > self._written:
            self._write(newest + AHEAD_S)
        self._newest = newest

    def close(self) -> None:
        """Write down the newest second itself, so that nobody waits after an orderly end."""
        if self._newest < self._written:
            self._write(self._newest)

    def _write(self, second: int) -> None:
        try:
            if self._path is not None:
                replace_file(self._path, f"{second}\n".encode())
        except OSError:
            raise DiskFailed from None
        self._written = second


def _read(path: Path | None, unreadable: int) -> int:
    """Return the file's second; what cannot be read counts as everything up to now."""
    if path is None or not path.exists():
        return 0
    try:
        return int(path.read_bytes().decode("ascii"))
    except (OSError, ValueError):
        return unreadable
