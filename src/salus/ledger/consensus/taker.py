"""Has snapshots taken by a process of their own: the executor shares no interpreter with them, and waits for none."""

import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from select import select
from threading import Lock, Thread

from salus.core.errors import Refusal
from salus.ledger.consensus.taking import DAMAGED, READING, TAKEN
from salus.ledger.errors import StateDamaged

LOG = logging.getLogger("salus.consensus")
COMMAND = (sys.executable, "-m", "salus.ledger.consensus.taking")
START_S = 60.0  # so long a checkpoint waits for the process to see the one before
END_S = 5.0


class TakerProcess:
    """The `Taker` of a ledger's folder. One snapshot at a time: a node that falls behind leaves one out."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        self._folder, self._command = folder, list(command)
        self._lock = Lock()  # guards what follows
        self._closed = False
        self.failed = 0  # an orderly end is no failure
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: Thread | None = None

    def begin(self, height: int, ended: Callable[[type[Refusal] | None], None]) -> None:
        """See the port."""
        with self._lock:
            if self._closed or self._process is not None:
                return
            try:
                self._process = process = subprocess.Popen(
                    [*self._command, str(self._folder), str(height)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    bufsize=0,
                )
            except OSError:
                self._fail(height)
                return
        if not _reads(process):
            process.kill()
        self._thread = Thread(target=self._wait, args=(process, height, ended), name="ledger-snapshot", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """See the port."""
        with self._lock:
            self._closed = True
            process, thread = self._process, self._thread
        if process is not None and process.stdin is not None:
            process.stdin.close()
        if thread is not None:
            thread.join(END_S)
            if thread.is_alive() and process is not None:
                process.kill()
                thread.join()

    def _fail(self, height: int) -> None:
        self.failed += 1
        LOG.warning("a snapshot was not taken", extra={"height": height})

    def _wait(
        self, process: "subprocess.Popen[bytes]", height: int, ended: Callable[[type[Refusal] | None], None]
    ) -> None:
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            if status == TAKEN:
                ended(None)
            elif status == DAMAGED:
                ended(StateDamaged)
        finally:
            with self._lock:
                self._process = None
                if status != TAKEN and not self._closed:
                    self._fail(height)


def _reads(process: "subprocess.Popen[bytes]") -> bool:
    """Wait until the process sees the checkpoint; False where it does not come to that."""
    if process.stdout is None:
        return False
    ready, _, _ = select((process.stdout,), (), (), START_S)
    return bool(ready) and process.stdout.read(len(READING)) == READING
