"""The state in the server: what the executor told of, block after block, over the last checkpoint on disk.

It reads the executor's LMDB file beside it. A checkpoint there may already be of a block that is not told of yet;
such a one is not gone over to: the state is that of the last block that was told of, never of a later one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import RLock

from salus.ledger.embedded.views import View, Views
from salus.state.lmdb import LmdbTables
from salus.state.overlay import Overlay

ROOM = 1 << 40  # bytes of address space: the file never outgrows it, so that nothing must be opened anew under a view


def beside(folder: Path) -> LmdbTables:
    """Open the state in `folder`, which another process writes, for reading; raises StorageFailure."""
    return LmdbTables(folder, ROOM, readonly=True, beside_writer=True)


class Shadow:
    """The state as of `height`, `time`. Every method may be called from any thread; `executed` and `saved` by one."""

    def __init__(self, tables: LmdbTables, height: int, time: int, writes: Mapping[bytes, bytes | None]) -> None:
        self.height, self.time = height, time
        self._tables = tables
        self._older = Overlay(tables)  # of blocks up to `_up_to`
        self._newer = Overlay(self._older)
        self._up_to = height
        for key, value in writes.items():
            self._older.put(key, value)
        self.get, self.scan = self._newer.get, self._newer.scan
        self._lock = RLock()
        self._views = Views(self, self._lock)
        self._behind = False  # a checkpoint was ahead of what had been told

    def view(self) -> View:
        """Return a view of the state as it is."""
        with self._lock:
            return self._views.open(self.height, self.time)

    def executed(self, height: int, time: int, writes: Mapping[bytes, bytes | None]) -> None:
        """Go on to the next block."""
        with self._lock:
            self._views.keep(writes)
            put = self._newer.put
            for key, value in writes.items():
                put(key, value)
            self.height, self.time = height, time
            if self._behind:
                self._renew()

    def saved(self) -> None:
        """Go over to a new checkpoint, and let go of what it holds. Raises StorageFailure."""
        with self._lock:
            self._renew()

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        with self._lock:
            self._tables.close()

    def keys(self) -> Sequence[bytes]:
        """Return the keys that are held over the checkpoint."""
        with self._lock:
            return [*self._older.writes, *self._newer.writes]

    def _renew(self) -> None:
        found = self._tables.renew_to(self.height)
        self._behind = found is None
        if found is not None and found >= self._up_to:
            self._older.drop()
            self._newer.merge()
            self._up_to = self.height
