"""The lock of a ledger's folder, and who may be waited for that holds it.

It ends with the process that took it. An executor apart says in the file whose it is: where its server was killed it
is about to end by itself, and is waited for, since whoever killed the server finds the lock held for a moment more.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from salus.disk import take_lock

LOCK = "lock"
LEAVING_S = 10.0  # no executor takes so long to end, unless its disk does not answer
_LOOK_S = 0.02


def take_ledger(path: Path, *, shared: bool = False) -> Callable[[], None]:
    """Take the lock of a ledger and return what releases it; BlockingIOError if another holds it who stays."""
    until = monotonic() + LEAVING_S
    while True:
        try:
            return take_lock(path, shared=shared)
        except BlockingIOError:
            if monotonic() > until or not is_leaving(path):
                raise
            sleep(_LOOK_S)


def say_whose(path: Path) -> None:
    """Say in the lock's file that this process has it for the one that started it, and ends with that."""
    with suppress(OSError):  # then nobody waits
        path.write_text(f"{os.getpid()} {os.getppid()}\n")


def is_leaving(path: Path) -> bool:
    """True if a lock was last taken by an executor that is there still, and whose server is not."""
    try:
        executor, server = map(int, path.read_text().split())
        status = Path(f"/proc/{executor}/stat").read_text()
    except (OSError, ValueError):
        return False
    return int(status.rpartition(")")[2].split()[1]) != server  # a process whose parent ends gets another
