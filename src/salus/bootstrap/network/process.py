"""One process that is watched: started anew with growing pauses, ended in two steps."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

FIRST_S, LONGEST_S = 0.5, 30.0  # before it is started again, each time twice as long
SETTLED_S = 60.0  # after which it counts as running well, and the pause is short again
LOG_BYTES = 16 * 1024**2  # of what it printed; the older half is kept beside it


class Watched:
    """A process with a log. `command` is asked at each start. Not thread-safe.

    It has a session of its own, so that a terminal's Ctrl-C reaches who watches, who knows the order of ending.
    """

    def __init__(
        self,
        command: Callable[[], Sequence[str]],
        log: Path,
        grace_s: float,
        environment: Mapping[str, str] | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command, self._log, self._grace_s = command, log, grace_s
        self._environment, self._now_s = environment, now_s
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = self._next_s = 0.0
        self._pause_s = FIRST_S
        self._kill_s: float | None = None  # when it is killed, once it was told to end
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """Return the id of the running process."""
        return self._process.pid if self.alive() and self._process is not None else None

    @property
    def log(self) -> Path:
        """Return the file of what it printed."""
        return self._log

    def alive(self) -> bool:
        """True while it runs. One that has ended is taken note of: it may be started again after a pause."""
        if self._process is None:
            return False
        if self._process.poll() is None:
            return True
        self._process, self._kill_s = None, None
        now = self._now_s()
        if now - self._started_s >= SETTLED_S:
            self._pause_s = FIRST_S
        self._next_s, self._pause_s = now + self._pause_s, min(2 * self._pause_s, LONGEST_S)
        return False

    def is_due(self) -> bool:
        """True if it does not run and the pause is over."""
        return not self.alive() and self._now_s() >= self._next_s

    def start(self) -> None:
        """Start it; raise OSError."""
        self._log.parent.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            if self._log.stat().st_size > LOG_BYTES:
                self._log.replace(self._log.with_name(f"{self._log.name}.1"))
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._process = subprocess.Popen(
                list(self._command()),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=None if self._environment is None else dict(self._environment),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        self._started_s, self._kill_s = self._now_s(), None
        self.starts += 1

    def end(self) -> None:
        """Tell it to end; `press` kills it once its grace is over. Nothing where it was told already."""
        if self.alive() and self._kill_s is None and self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._kill_s = self._now_s() + self._grace_s

    def press(self) -> None:
        """Kill it if it was told to end and its grace is over."""
        if self.alive() and self._kill_s is not None and self._process is not None and self._now_s() >= self._kill_s:
            self._process.kill()

    @property
    def ending(self) -> bool:
        """True if it was told to end and still runs."""
        return self.alive() and self._kill_s is not None
