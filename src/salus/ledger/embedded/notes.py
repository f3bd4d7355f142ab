"""Signed notes over the log, and the cosignatures that outside witnesses gave on the last one they saw."""

from pathlib import Path

from salus.core.errors import Malformed
from salus.core.signatures import SigningKey
from salus.evidence.format import origin
from salus.ledger.embedded.files import Files
from salus.merkle.checkpoint import Checkpoint, SignedCheckpoint, parse, sign

FILE = "witnessed"


class Notes:
    """The notes of one ledger folder. Not thread-safe."""

    def __init__(self, folder: Path, files: Files, network: bytes) -> None:
        self._path, self._files = folder / FILE, files
        self._origin = origin(network)
        raw = files.read(self._path)
        self._witnessed = None if raw is None else parse(raw)

    def current(self, size: int, root: bytes, node: SigningKey) -> bytes:
        """Return the note over the log as it stands, with the cosignatures if witnesses saw just that."""
        plain = Checkpoint(self._origin, size, root)
        if self._witnessed is not None and self._witnessed.checkpoint == plain:
            return self._witnessed.note().encode()
        return sign(plain, self._origin, node).note().encode()

    def witnessed(self) -> bytes | None:
        """Return the last note with cosignatures."""
        return None if self._witnessed is None else self._witnessed.note().encode()

    def keep(self, note: SignedCheckpoint, size: int, root: bytes) -> None:
        """Keep a cosigned note, durably; raises Malformed unless it is over the log of `size` and `root`."""
        if note.checkpoint != Checkpoint(self._origin, size, root):
            raise Malformed
        self._files.write(self._path, note.note().encode())
        self._witnessed = note
