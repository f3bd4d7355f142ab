"""Where envelopes stand, and what governance did: read from the ledger at the first question, and on from there.

Both are kept in memory alone, and made anew by reading the ledger again. Who asks waits a moment, beside the event
loop and the server's threads, and is then told to come again.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import NamedTuple

from salus.api.explorer.errors import StillReading
from salus.api.explorer.parsed import parse
from salus.client.ledger import Ledger
from salus.core.types import Message
from salus.services.history import read_event

WAIT_S, LOOK_S = 3.0, 0.02
PAGE = 256  # entries of the log per step
_TABLE = "create table envelope (prefix integer, at integer, primary key (prefix, at)) without rowid"
_GOVERNANCE = 0x01  # first byte of the numbers of its events


class Reader:
    """Runs `step` in a thread of its own until it says that it has caught up; again whenever somebody asks."""

    def __init__(self, step: Callable[[], bool]) -> None:
        self._step = step
        self._ending = Event()
        self._thread: Thread | None = None
        self._failed: Exception | None = None

    async def caught_up(self) -> None:
        """Wait until all was read that was there when this was called; raise StillReading, or what reading raised."""
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_S
        while self._thread is not None and self._thread.is_alive():  # it may have looked for the end just before
            await self._look(loop.time() < until)
        self._thread = Thread(target=self._run, name="explorer", daemon=True)
        self._thread.start()
        while self._thread.is_alive():
            await self._look(loop.time() < until)
        if self._failed is not None:
            raise self._failed

    async def _look(self, in_time: bool) -> None:
        if not in_time:
            raise StillReading
        await asyncio.sleep(LOOK_S)

    def _run(self) -> None:
        self._failed = None
        try:
            while not self._ending.is_set() and not self._step():
                pass
        except Exception as error:  # noqa: BLE001 - it is raised again to who waits
            self._failed = error

    def close(self) -> None:
        """End the thread; the ledger may be closed then."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()


class Place(NamedTuple):
    """Where an envelope stands: in which block, the how manieth."""

    height: int
    place: int


class EnvelopeIndex:
    """Places of envelopes by the first eight bytes of their ids, which is all that is kept. Thread-safe."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._lock = ledger, Lock()
        self._opened: sqlite3.Connection | None = None
        self._height = 0
        self.reader = Reader(self._step)

    def find(self, prefix: str, most: int = 8) -> list[Place]:
        """Return where ids stand whose first hex digits are those of `prefix`, of which sixteen count."""
        head = prefix[:16]
        low, high = int(head.ljust(16, "0"), 16), int(head.ljust(16, "f"), 16)
        with self._lock:
            rows = self._rows.execute(
                "select at from envelope where prefix between ? and ? order by prefix, at limit ?",
                (_signed(low), _signed(high), most),
            ).fetchall()
        return [Place(at >> 20, at & 0xFFFFF) for (at,) in rows]

    @property
    def _rows(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = sqlite3.connect(":memory:", check_same_thread=False)
            self._opened.execute(_TABLE)
        return self._opened

    def close(self) -> None:
        """End the thread that reads, forget what it read."""
        self.reader.close()
        if self._opened is not None:
            self._opened.close()

    def _step(self) -> bool:
        gone = self._ledger.pruned()
        height = max(self._height + 1, 1 if gone is None else gone.height)
        if height > self._ledger.height():
            return True
        placed = parse(self._ledger, height).envelopes
        rows = [
            (_signed(int.from_bytes(one.envelope.id[:8], "big")), height << 20 | place)
            for place, one in enumerate(placed)
            if one.envelope is not None
        ]
        with self._lock:
            self._rows.executemany("insert into envelope values (?, ?)", rows)
        self._height = height
        return False


def _signed(number: int) -> int:
    """Return 64 bits as SQLite orders them: shifted, so that the order stays."""
    return number - (1 << 63)


class Decided(NamedTuple):
    """An event of governance, with its place in the log."""

    index: int  # type: ignore[assignment]  # tuple.index is not used
    height: int
    time: int
    event: Message


class Chronicle:
    """All events of governance, oldest first: there are few. Thread-safe."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._found: list[Decided] = []
        self._next = 0
        self.reader = Reader(self._step)

    def events(self) -> list[Decided]:
        """Return what was read so far."""
        return list(self._found)

    def _step(self) -> bool:
        for read, logged in enumerate(self._ledger.events(self._next), start=1):
            if logged.body[2:3] == bytes((_GOVERNANCE,)):
                event = read_event(logged.body)
                if event is not None:
                    self._found.append(Decided(logged.index, logged.height, logged.time, event))
            self._next = logged.index + 1
            if read == PAGE:
                return False
        return True
