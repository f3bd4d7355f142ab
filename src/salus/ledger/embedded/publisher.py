"""The log as static files, for anybody to copy, check and witness: C2SP tlog-tiles in one folder.

| path                          | what                                                     |
|-------------------------------|----------------------------------------------------------|
| `checkpoint`                  | the signed note, with cosignatures; always written last  |
| `tile/<level>/<number>`       | 256 hashes of the level; `.p/<width>` while it is partial |
| `tile/entries/<number>`       | the entries under a tile of level 0, 32 bytes each        |

All of it is derived from the log, which is derived from the durable blocks: delete the folder and it
is made anew. What a checkpoint needs is durable before it is; so one that is there can be trusted
with its tiles after any crash, and says where to go on. https://c2sp.org/tlog-tiles
"""

from collections.abc import Callable
from pathlib import Path
from threading import Condition, Lock, RLock, Thread
from typing import NamedTuple

from salus.core.errors import Malformed, Refusal
from salus.ledger.embedded.files import Files
from salus.ledger.errors import EntryGone, PublishedOther, StorageFailed
from salus.merkle.checkpoint import SignedCheckpoint, parse
from salus.merkle.log import leaf_hash
from salus.merkle.tiles import ENTRIES, ENTRY_BYTES, WIDTH, TileName, bundle, tile_names
from salus.state.events import EventLog
from salus.state.tables import StorageFailure

NAME = "checkpoint"
GATHER_S = 1.0  # from the first batch that is not published yet to publishing


class Source(NamedTuple):
    """Where the files come from: the log, the note over it as it stands, and the lock of both."""

    log: EventLog
    note: Callable[[], bytes]
    lock: RLock


class Publisher:
    """Owns the thread that publishes. Methods may be called from any thread; none holds up the ledger's writer.

    What fails is tried again with the next batch, at closing, and by `publish`, which says so; the ledger goes on.
    """

    def __init__(self, folder: Path, files: Files, source: Source) -> None:
        self._folder, self._files, self._source = folder, files, source
        self._turn = Lock()  # one publishes at a time
        self._wake = Condition()
        self._due, self._closing = True, False  # at opening, what an earlier process left undone
        self._thread = Thread(target=self._run, name="ledger-publisher", daemon=True)
        self._thread.start()

    def source(self, source: Source) -> None:
        """Publish from elsewhere from now on: another log, of which what is published is a beginning."""
        self._source = source

    def wake(self) -> None:
        """Say that the log may have grown."""
        with self._wake:
            self._due = True
            self._wake.notify()

    def close(self) -> None:
        """Publish what is left, as far as the disk lets it, and end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def publish(self) -> SignedCheckpoint:
        """Bring the folder up to the log as it stands; return the checkpoint that is published then.

        Raises StorageFailed; PublishedOther where the folder holds a log that this one does not continue; EntryGone
        where it lacks hashes that are older than the ledger here.
        """
        with self._turn:
            try:
                return self._publish()
            except (OSError, StorageFailure):
                raise StorageFailed from None

    def _run(self) -> None:
        left = False  # something to publish, after a failure
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._due or self._closing)
                self._wake.wait_for(lambda: self._closing, GATHER_S)
                due, closing, self._due = self._due, self._closing, False
            if due or (closing and left):
                left = not self._try()
            if closing:
                return

    def _try(self) -> bool:
        """Publish; False where that failed: `publish` tells why who asks, and nothing of the ledger depends on it."""
        try:
            self.publish()
        except Refusal:
            return False
        return True

    def _publish(self) -> SignedCheckpoint:
        with self._source.lock:
            note = parse(self._source.note())
            known = self._known()
        if known == note:
            return note
        older, newer = 0 if known is None else known.checkpoint.size, note.checkpoint.size
        names = list(tile_names(older, newer))
        for name in names:
            self._files.publish(self._folder / name.path(), self._content(name))
        self._files.publish(self._folder / NAME, note.note().encode())
        for name in names:
            if name.width == WIDTH:  # what was partial of it serves nobody any more
                self._files.withdraw(self._folder / f"{name.path()}.p")
        return note

    def _known(self) -> SignedCheckpoint | None:
        """Return what is published; raises PublishedOther where that is no beginning of the log."""
        raw = self._files.read(self._folder / NAME)
        if raw is None:
            return None
        log = self._source.log
        try:
            known = parse(raw)
        except Malformed:
            raise PublishedOther from None
        size = known.checkpoint.size
        origin = parse(self._source.note()).checkpoint.origin
        try:
            root = log.root_at(size) if size <= log.size else b""
        except ValueError:  # it takes hashes of before the ledger here
            raise EntryGone from None
        if (known.checkpoint.origin, known.checkpoint.root) != (origin, root):
            raise PublishedOther
        return known

    def _content(self, name: TileName) -> bytes:
        with self._source.lock:
            raw = self._source.log.tile(max(name.level, 0), name.number)[: name.width * ENTRY_BYTES]
        if len(raw) != name.width * ENTRY_BYTES:  # it is older than the ledger here: copy the folder of another member
            raise EntryGone
        if name.level == ENTRIES:
            return bundle(raw)
        if name.level == 0:
            return b"".join(leaf_hash(raw[at : at + ENTRY_BYTES]) for at in range(0, len(raw), ENTRY_BYTES))
        return raw
