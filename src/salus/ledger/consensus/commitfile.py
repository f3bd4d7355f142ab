"""The file `commits`: CometBFT's headers with the votes for them, height by height, kept where it forgets its own.

A sequence of records, as in the block file:

| bytes | what                                                                              |
|-------|-----------------------------------------------------------------------------------|
| 4     | length of the body, big-endian; the highest bit is set where validators are in it |
| 4     | CRC-32C of those four bytes and the body, big-endian                              |
| n     | body: dCBOR `[height, header, commit, validators]`; empty: those of the one before |

Nothing waits for it but proofs. Records of several blocks may be written in one go; a crash leaves some of them, and
opening cuts off the one that is torn. Anything else that does not fit is damage, and stops.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.checksum import crc32c
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.types import Height, Message
from salus.ledger.consensus.errors import DamagedCommits
from salus.ledger.embedded.files import AppendFile

NAME = "commits"
HEAD_BYTES = 8
WITH_SET = 1 << 31  # in a length: validators are in the body
MAX_BODY_BYTES = 4 * 1024**2
_BEGINNING = b"\x84"  # of every body: an array of four

Part = Annotated[bytes, Meta(max_length=MAX_BODY_BYTES)]


class Kept(Message, frozen=True):
    """The body of a record; header, commit and validators as `evidence.header` has them in a committed header."""

    height: Height
    header: Part
    commit: Part
    validators: Part


class Step(NamedTuple):
    """What one committed header is made of, whole."""

    header: bytes
    commit: bytes
    validators: bytes


class NoFile:
    """An AppendFile that is not there: empty, and for reading only."""

    def append(self, data: bytes) -> None:
        """See the port."""
        raise OSError("reading only")

    def sync(self) -> None:
        """See the port."""

    def truncate(self, size: int) -> None:
        """See the port."""

    def size(self) -> int:
        """See the port."""
        return 0

    def read(self, at: int, length: int) -> bytes:
        """See the port."""
        return b""

    def close(self) -> None:
        """See the port."""


class CommitFile:
    """Commits of consecutive heights over an AppendFile. Used by one thread at a time; methods raise OSError."""

    def __init__(self, file: AppendFile) -> None:
        self._file = file
        self._starts = array("Q")
        self._sets = array("Q")  # heights with validators in their record
        self._end = 0
        self.first = 0  # height of the first record, 0 for none

    @property
    def height(self) -> int:
        """The height of the last record, 0 for none."""
        return self.first + len(self._starts) - 1 if self._starts else 0

    def scan(self, *, readonly: bool = False) -> None:
        """Find the records and cut off a torn end (not when `readonly`); raises DamagedCommits."""
        size = self._file.size()
        while self._end < size:
            start = self._end
            head = self._file.read(start, HEAD_BYTES)
            length = int.from_bytes(head[:4], "big")
            after = start + HEAD_BYTES + length % WITH_SET
            if len(head) < HEAD_BYTES or after > size:
                self._check_torn(start, size)
                if not readonly:
                    self._file.truncate(start)
                return
            self._add(start, after, with_set=bool(length & WITH_SET))
            if len(self._starts) == 1:
                self.first = self._body(start, after).height
                self._sets[0] = self.first

    def append(self, steps: Sequence[tuple[int, Step]]) -> None:
        """Add the next heights, durably; if it raises, call `cut` before the next."""
        data, ends = bytearray(), []
        known = self._last_set()
        for height, step in steps:
            fresh = step.validators != known
            known = step.validators
            data += record(Kept(height, step.header, step.commit, step.validators if fresh else b""))
            ends.append((height, self._end + len(data), fresh))
        self._file.append(bytes(data))
        self._file.sync()
        for height, after, fresh in ends:
            if not self._starts:
                self.first = height
            self._add(self._end, after, with_set=fresh)

    def cut(self) -> None:
        """Remove what a failed `append` may have left; durable once it returns."""
        self._file.truncate(self._end)

    def get(self, height: int) -> Step:
        """Return what is kept of a height; raises LookupError, DamagedCommits."""
        kept = self._at(height)
        validators = kept.validators
        if not validators:
            place = bisect_right(self._sets, height)
            validators = self._at(self._sets[place - 1]).validators if place else b""
        return Step(kept.header, kept.commit, validators)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _last_set(self) -> bytes:
        return self._at(self._sets[-1]).validators if self._sets else b""

    def _add(self, start: int, after: int, *, with_set: bool) -> None:
        self._starts.append(start)
        self._end = after
        if with_set:
            self._sets.append(self.height)

    def _at(self, height: int) -> Kept:
        if not self._starts or not self.first <= height <= self.height:
            raise LookupError(height)
        place = height - self.first
        after = self._starts[place + 1] if place + 1 < len(self._starts) else self._end
        kept = self._body(self._starts[place], after)
        if kept.height != height:
            raise DamagedCommits(self._starts[place], "another height than follows")
        return kept

    def _body(self, start: int, after: int) -> Kept:
        raw = self._file.read(start, after - start)
        try:
            return body(raw)
        except Malformed:
            raise DamagedCommits(start, "wrong checksum, or not the encoding of a commit") from None

    def _check_torn(self, start: int, size: int) -> None:
        """Raise DamagedCommits if a whole record follows: then it is a changed length, and no end that a crash tore."""
        rest = self._file.read(start, size - start)
        if whole_after(rest):
            raise DamagedCommits(start, "a changed length")


def record(kept: Kept) -> bytes:
    """Return the record of a commit."""
    content = encode(kept)
    length = (len(content) | (WITH_SET if kept.validators else 0)).to_bytes(4, "big")
    return length + crc32c(length + content).to_bytes(4, "big") + content


def body(raw: bytes) -> Kept:
    """Return what a record holds; raise Malformed."""
    length = int.from_bytes(raw[:4], "big")
    content = raw[HEAD_BYTES:]
    if len(content) != length % WITH_SET or crc32c(raw[:4] + content) != int.from_bytes(raw[4:HEAD_BYTES], "big"):
        raise Malformed
    kept = decode(content, Kept)
    if bool(kept.validators) != bool(length & WITH_SET):
        raise Malformed
    return kept


def whole_after(rest: bytes) -> bool:
    """True if `rest`, whose first record runs past its end, holds a whole one: that one, or a later."""
    if len(rest) >= HEAD_BYTES:
        for flag in (0, WITH_SET):
            head = (len(rest) - HEAD_BYTES | flag).to_bytes(4, "big")
            if crc32c(head + rest[HEAD_BYTES:]) == int.from_bytes(rest[4:HEAD_BYTES], "big"):
                return True
    at = rest.find(_BEGINNING, HEAD_BYTES + 1)
    while at >= 0:
        length = int.from_bytes(rest[at - HEAD_BYTES : at - 4], "big") % WITH_SET
        if length <= len(rest) - at:
            try:
                body(rest[at - HEAD_BYTES : at + length])
            except Malformed:
                pass
            else:
                return True
        at = rest.find(_BEGINNING, at + 1)
    return False
