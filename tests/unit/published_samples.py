"""A log of entries made from numbers, published into a folder, and what an operator could do to it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import RLock

from salus.evidence.format import origin
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.embedded.publisher import Publisher, Source
from salus.merkle.checkpoint import Checkpoint, NoteKey, sign
from salus.state.events import EventLog
from salus.state.store import Store
from salus.testing.region import Region

REGION = Region()
GENESIS, NETWORK, NODE = REGION.genesis_file, REGION.network, REGION.node
ORIGIN = origin(NETWORK)
LOG_KEY = NoteKey(ORIGIN, NODE.public)


def entry(number: int, history: str = "") -> bytes:
    """An entry as the log has it; those of another history are others."""
    return sha256(f"{history}{number}".encode()).digest()


class Written:
    """A log that grows as it is told, with its publisher."""

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        self.log = EventLog(Store.in_memory())
        self.lock = RLock()
        self.publisher = Publisher(folder, files or LocalFiles(), Source(self.log, self.note, self.lock))

    def note(self) -> bytes:
        return sign(Checkpoint(ORIGIN, self.log.size, self.log.root), ORIGIN, NODE).note().encode()

    def grow(self, size: int, name: Callable[[int], bytes] = entry) -> "Written":
        """Append what is missing up to `size`, and publish."""
        with self.lock:
            self.log.append([name(number) for number in range(self.log.size, size)])
        self.publisher.publish()
        return self

    def close(self) -> None:
        self.publisher.close()


def published(folder: Path, size: int, fork_at: int | None = None) -> Path:
    """Publish a log of `size` whose entries from `fork_at` on are of another history."""
    log = Written(folder)
    log.grow(size, lambda number: entry(number, "other " if fork_at is not None and number >= fork_at else ""))
    log.close()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return every file by its path."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
