"""Signed notes over the log, and the cosignatures that outside witnesses gave on the last one they saw."""

from pathlib import Path

from salus.core.errors import Malformed
from salus.core.signatures import SigningKey
from salus.evidence.format import origin
from salus.ledger.embedded.files import Files
from salus.merkle.checkpoint import MAX_SIGNATURES, Checkpoint, SignedCheckpoint, parse, sign

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
        plain = sign(Checkpoint(self._origin, size, root), self._origin, node)
        if self._witnessed is not None and self._witnessed.checkpoint == plain.checkpoint:
            return _together(plain, self._witnessed).note().encode()
        return plain.note().encode()

    def witnessed(self) -> bytes | None:
        """Return the last note with cosignatures."""
        return None if self._witnessed is None else self._witnessed.note().encode()

    def keep(self, note: SignedCheckpoint, size: int, root: bytes) -> None:
        """Keep a cosigned note, durably, beside what others signed on the same; one over a shorter log is let go.

        Raises Malformed unless it is over the log of `size` and `root`, or where there are too many signatures.
        """
        if note.checkpoint != Checkpoint(self._origin, size, root):
            raise Malformed
        if self._witnessed is not None:
            if size < self._witnessed.checkpoint.size:
                return
            if note.checkpoint == self._witnessed.checkpoint:
                note = _together(self._witnessed, note)
        self._files.write(self._path, note.note().encode())
        self._witnessed = note


def _together(first: SignedCheckpoint, second: SignedCheckpoint) -> SignedCheckpoint:
    """Return one note with the signatures of both; a signer's later line takes the place of its earlier one."""
    lines = {(line.name, line.key_id): line for line in (*first.signatures, *second.signatures)}
    if len(lines) > MAX_SIGNATURES:
        raise Malformed
    return first._replace(signatures=tuple(lines.values()))
