"""The server's side: listens in the home, and runs the commands of the home's own user one at a time."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Thread, current_thread

from salus import __version__
from salus.bootstrap import Region
from salus.cli.beside.place import (
    NAME,
    OtherRelease,
    ServerGone,
    TooManyCommands,
    listen,
    peer_user,
)
from salus.cli.beside.session import Session, Slot
from salus.cli.beside.wire import Ended, Run, Stand, Standing, Wire
from salus.cli.status import INTERRUPTED, status_of
from salus.cli.terminal import use_terminal
from salus.config import use_environment
from salus.core.errors import Refusal

MOST = 32  # commands that run or wait
FIRST_S = 10.0  # in which a client must have said what it wants
_HOSTED: ContextVar[Region | None] = ContextVar("hosted", default=None)


def hosted() -> Region | None:
    """Return the open region that the command of this thread works on; None where it opens one itself."""
    return _HOSTED.get()


@contextmanager
def hosting(region: Region, run: Callable[[list[str]], int]) -> Iterator[None]:
    """Run commands (`run` gives an exit status) on an open region while the block runs."""
    host = _Host(region, run)
    try:
        yield
    finally:
        host.close()


class _Host:
    def __init__(self, region: Region, run: Callable[[list[str]], int]) -> None:
        self._region, self._run_command = region, run
        self._slot = Slot()
        self._lock = Lock()
        self._under_way: dict[Thread, socket.socket] = {}
        self._listening = listen(region.home)
        self._thread = Thread(target=self._accept, name="commands")
        self._thread.start()

    def close(self) -> None:
        """Take no more, let go of the clients, wait for what runs: it stops at its next step."""
        (self._region.home / NAME).unlink(missing_ok=True)
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._thread.join()
        self._listening.close()
        with self._lock:
            under_way = list(self._under_way.items())
        for _, connection in under_way:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread, _ in under_way:
            thread.join()
        self._slot.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            if peer_user(connection) != os.geteuid():
                connection.close()
                continue
            thread = Thread(target=self._serve, args=(connection,), name="command")
            with self._lock:
                full = len(self._under_way) >= MOST
                if not full:
                    self._under_way[thread] = connection
            if full:
                _refuse(Wire(connection), TooManyCommands())
                connection.close()
            else:
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        wire = Wire(connection)
        try:
            connection.settimeout(FIRST_S)
            asked = wire.read_from_client()
            connection.settimeout(None)
            if isinstance(asked, Run | Stand) and asked.release != __version__:
                raise OtherRelease
            if isinstance(asked, Run):
                wire.send(Ended(self._run(wire, asked)))
            elif isinstance(asked, Stand):
                self._stand(wire)
        except Refusal as refusal:
            _refuse(wire, refusal)
        except BrokenPipeError:
            pass
        finally:
            with self._lock:
                del self._under_way[current_thread()]
            connection.close()

    def _run(self, wire: Wire, asked: Run) -> int:
        session = Session(wire, asked, self._slot)
        use_terminal(session)
        use_environment(session.environment)
        _HOSTED.set(self._region)
        try:
            with self._slot.held(session):
                return self._run_command([os.fsdecode(argument) for argument in asked.arguments])
        except KeyboardInterrupt:
            return INTERRUPTED

    def _stand(self, wire: Wire) -> None:
        with self._region.still():
            wire.send(Standing())
            wire.wait_until_gone(None)


def _refuse(wire: Wire, refusal: Refusal) -> None:
    if not isinstance(refusal, ServerGone):
        with suppress(BrokenPipeError):
            wire.send(Ended(status_of(refusal), str(refusal)))
