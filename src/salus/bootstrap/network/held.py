"""network.lock: who runs a home's node. Held while it does; says its processes, so that none is left over.

A process is named by its id and the moment it was started (proc(5)): an id may be another's by now.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from salus.bootstrap.network.errors import AlreadyUp
from salus.disk import take_lock
from salus.shapes import made

FILE = "network.lock"
GRACE_S, LOOK_S = 20.0, 0.05


class Process(msgspec.Struct, frozen=True):
    """A process; `born` in clock ticks since the machine started."""

    pid: int
    born: int


class Holding(msgspec.Struct, frozen=True):
    """What the file says."""

    keeper: Process
    children: tuple[Process, ...] = ()  # in the order in which they are to end


def hold(home: Path) -> Callable[[], None]:
    """Take the home's lock and end what an earlier keeper, which was killed, left; return what releases it.

    Raises AlreadyUp.
    """
    release = _taken(home / FILE)
    try:
        left = holding(home)
        end_all([] if left is None else left.children)
        say(home, ())
    except BaseException:
        release()
        raise
    return release


def _taken(path: Path) -> Callable[[], None]:
    """Take the lock; who only looks whether it is taken has it for a moment, so it is tried again."""
    until = time.monotonic() + 1.0
    while True:
        try:
            return take_lock(path)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise AlreadyUp from None
            time.sleep(LOOK_S)


def say(home: Path, children: Sequence[int]) -> None:
    """Write down the processes of a home that is held."""
    known = [process for process in map(process_of, children) if process is not None]
    keeper = process_of(os.getpid())
    if keeper is not None:
        (home / FILE).write_bytes(msgspec.json.encode(Holding(keeper, tuple(known))))


def holding(home: Path) -> Holding | None:
    """Return what the home's file says, of whoever held it last."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=made(Holding))
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def is_held(home: Path) -> bool:
    """True if somebody runs the home's node."""
    try:
        take_lock(home / FILE)()
    except BlockingIOError:
        return True
    return False


def process_of(pid: int) -> Process | None:
    """Return a process by its id; None where there is none, or it has ended already."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else Process(pid, int(fields[19]))


def end_all(processes: Sequence[Process], grace_s: float = GRACE_S) -> None:
    """End processes that are still there, one after the other, each with some grace."""
    for process in processes:
        _signal(process, signal.SIGTERM)
        if not gone([process], grace_s):
            _signal(process, signal.SIGKILL)
            gone([process], grace_s)


def gone(processes: Sequence[Process], within_s: float) -> bool:
    """Wait until none of them is there; return whether that is so."""
    until = time.monotonic() + within_s
    while any(process_of(one.pid) == one for one in processes):
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_S)
    return True


def _signal(process: Process, number: signal.Signals) -> None:
    if process_of(process.pid) == process:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
