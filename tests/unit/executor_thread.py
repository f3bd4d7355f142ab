"""An executor in a thread of the test's own process, by a clock that stands: all of `ledger.apart` but the process."""

import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from salus.core.signatures import SigningKey
from salus.ledger.apart import ApartLedger
from salus.ledger.apart.serve import serve
from salus.ledger.apart.wire import Open, ToServer, Wire
from salus.ledger.embedded import EmbeddedLedger
from salus.state.lmdb import LmdbTables
from salus.testing.clock import FakeClock
from salus.testing.region import Region

Serve = Callable[[socket.socket], object]


class Threaded:
    """What `Child` is, with a thread in the place of the process; implements `Executing`."""

    def __init__(self, work: Serve) -> None:
        ours, self._theirs = socket.socketpair()
        self.wire, self.pid = Wire(ours, ToServer), 0
        self._work = work
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work(self._theirs)
        finally:
            self.cut()
            self._theirs.close()

    def cut(self) -> None:
        """Break the connection, as the end of the process would."""
        try:
            self._theirs.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def end(self, patience_s: float) -> bool:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return True


class Second(LmdbTables):
    """A reader of what is open already."""

    def __init__(self, first: Any) -> None:
        self._env = first._env
        self._values, self._buckets, self._meta, self._rows = first._values, first._buckets, first._meta, first._rows
        self._begin()

    def close(self) -> None:
        self._cursor.close()
        self._txn.abort()


class Inside:
    """Starts executors over ledgers that the test can look into."""

    def __init__(self, region: Region, clock: FakeClock | None = None, **opening: Any) -> None:
        self.region, self.clock, self.opening = region, clock or FakeClock(), opening
        self.ledger: EmbeddedLedger | None = None
        self.child: Threaded | None = None

    def __call__(self) -> Threaded:
        self.child = Threaded(self._serve)
        return self.child

    def _serve(self, connection: socket.socket) -> None:
        try:
            serve(connection, self._opened)
        finally:
            if self.ledger is not None:
                self.ledger.close()  # whatever a process holds goes with it

    def _opened(self, wanted: Open) -> EmbeddedLedger:
        node, tiles = SigningKey.from_seed(wanted.seed), None if wanted.tiles is None else Path(wanted.tiles)
        self.ledger = EmbeddedLedger.open(Path(wanted.folder), node, self.clock, tiles=tiles, **self.opening)
        return self.ledger

    def open(self, folder: Path, tiles: Path | None = None) -> ApartLedger:
        """Open the ledger in a folder with such an executor."""
        return ApartLedger.open(folder, self.region.node, self.clock, tiles, start=self, read=self.read)

    def read(self, folder: Path) -> LmdbTables:
        """Read the state as another process would: LMDB opens no file twice in one."""
        assert self.ledger is not None
        return Second(self.ledger._chain.machine.store._tables)


def saying(*messages: bytes) -> Callable[[], Threaded]:
    """Start what reads one message and says these bytes instead of an answer."""

    def say(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        for message in messages:
            connection.sendall(message)

    return partial(Threaded, say)
