"""The block file: the point of durability of every engine that keeps blocks.

A sequence of records, one per block from height 1:

| bytes | what                                                   |
|-------|--------------------------------------------------------|
| 4     | length of the body, big-endian                         |
| 4     | CRC-32C of those four bytes and the body, big-endian   |
| n     | body: dCBOR of `evidence.header.Block`                 |

Of a pruned block only the header is left: the highest bit of its length is set, and the body is the length
of the body it had (4 bytes) and the header. Pruned blocks stand before all others (`pruning`); places in
the file that outlast a pruning are counted as if nothing had been removed (`reach`).

A ledger that began with a state from elsewhere has neither bodies nor headers up to there. Its first record is no
block's: the second-highest bit of its length is set, and its body says where it began (`machine.base.Base`).

A record is written in one go, and the next only after it is durable. So a crash can leave one
record that runs past the end, and opening cuts exactly that off. Anything else that does not fit is
damage, and stops: to cut there would throw away blocks that were acknowledged.
"""

from array import array

from salus.cometbft.proto.types_pb2 import Header as HeaderMessage
from salus.cometbft.reading import read
from salus.core.checksum import crc32c
from salus.core.cose import parse
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, Refusal
from salus.evidence.committed import HEAD as COMMITTED
from salus.evidence.committed import Committed
from salus.evidence.decided import Decided, is_decided
from salus.evidence.header import Header, read_block
from salus.ledger.embedded.files import AppendFile
from salus.ledger.errors import DamagedFile, HeaderGone, PrunedBlock
from salus.machine.base import Base

NAME = "blocks"
HEAD_BYTES = 8
_BEGINNINGS = (b"\x82\x59", b"\x82\x58")  # of a body: an array of two; a header's length takes two bytes, decided one
PRUNED = 1 << 31  # in a length: of a pruned block
BEGUN = 1 << 30  # in a length: of no block, but of where the ledger began
LENGTH = BEGUN - 1  # the rest of it
BEFORE_BYTES = 4  # of the length that the body had
MAX_BODY_BYTES = 96 * 1024**2  # above any MAX_BLOCK_BYTES that members can vote for


def record(body: bytes) -> bytes:
    """Return the record of a block."""
    length = len(body).to_bytes(4, "big")
    return length + crc32c(length + body).to_bytes(4, "big") + body


def pruned_record(header: bytes, body_bytes: int) -> bytes:
    """Return the record of a pruned block whose body had `body_bytes`."""
    body = body_bytes.to_bytes(BEFORE_BYTES, "big") + header
    length = (PRUNED | len(body)).to_bytes(4, "big")
    return length + crc32c(length + body).to_bytes(4, "big") + body


def base_record(base: Base) -> bytes:
    """Return the record that a ledger begins with which has nothing of the blocks up to `base`."""
    body = encode(base)
    length = (BEGUN | len(body)).to_bytes(4, "big")
    return length + crc32c(length + body).to_bytes(4, "big") + body


class BlockFile:
    """Blocks by height over an AppendFile. Used by one thread at a time; methods raise OSError."""

    def __init__(self, file: AppendFile) -> None:
        self._file = file
        self._starts = array("Q")  # of the record of height i + 1, counted from the base
        self._base: Base | None = None
        self._begin = 0  # of the first block's record
        self._end = 0
        self._pruned = 0
        self._removed = 0  # bytes, by all prunings

    @property
    def height(self) -> int:
        """The height of the last block, 0 for none."""
        return self.gone + len(self._starts)

    @property
    def base(self) -> Base | None:
        """Where the ledger began, if not with the first block."""
        return self._base

    @property
    def gone(self) -> int:
        """The height up to which not even headers are here, 0 for none."""
        return 0 if self._base is None else self._base.height

    @property
    def end(self) -> int:
        """Where the next record begins."""
        return self._end

    @property
    def reach(self) -> int:
        """Where the next record would begin if nothing had been pruned."""
        return self._end + self._removed

    @property
    def pruned(self) -> int:
        """The height up to which only headers are left, or nothing, 0 for none."""
        return self.gone + self._pruned

    @property
    def pruned_reach(self) -> int:
        """How far the blocks reached that are pruned."""
        return self._removed + (self._starts[self._pruned] if self._pruned < len(self._starts) else self._end)

    def scan(self, height: int, end: int, readonly: bool = False) -> None:
        """Find the records and cut off one that runs past the end (not when `readonly`).

        Up to `height`, to which the file reaches `end`, a checkpoint vouches: there only the lengths are
        followed, and sums are checked when a block is read. Raises DamagedFile.
        """
        size = self._file.size()
        while self._end < size:
            start = self._end
            head = self._file.read(start, HEAD_BYTES + BEFORE_BYTES)
            length = int.from_bytes(head[:4], "big")
            after = start + HEAD_BYTES + (length & LENGTH)
            if len(head) < HEAD_BYTES or after > size:
                self._check_torn(start, size)
                if not readonly:
                    self._file.truncate(start)
                break
            if length & BEGUN:
                self._begun(start, after)
                continue
            if self.height >= height:
                self._body(start, after)
            if length & PRUNED:
                if self._pruned < len(self._starts):
                    raise DamagedFile(NAME, start, "a pruned block after a whole one")
                self._pruned += 1
                self._removed += int.from_bytes(head[HEAD_BYTES:], "big") - (length & LENGTH)
            self._starts.append(start)
            self._end = after
            if self.height == height and self.reach != end:
                raise DamagedFile(NAME, start, "records are not where the checkpoint says")
        if self.height < height:
            raise DamagedFile(NAME, self._end, "blocks are missing that the checkpoint holds")

    def _begun(self, start: int, after: int) -> None:
        """Take in where the ledger began; the places of its blocks are checked from there on."""
        if start:
            raise DamagedFile(NAME, start, "a beginning after a block")
        try:
            self._base = decode(self._body(start, after), Base)
        except Malformed:
            raise DamagedFile(NAME, start, "a beginning that cannot be read") from None
        self._begin = self._end = after

    def start(self, height: int) -> int:
        """Return where the record of a block begins in the file; of one that is not here, where the first does."""
        return self._starts[height - 1 - self.gone] if self.gone < height <= self.height else self._begin

    def append(self, body: bytes) -> None:
        """Add the next block; durable once it returns. If it raises, call `cut` before the next."""
        if len(body) > MAX_BODY_BYTES:
            raise ValueError("block")
        data = record(body)
        self._file.append(data)
        self._file.sync()
        self._starts.append(self._end)
        self._end += len(data)

    def cut(self) -> None:
        """Remove what a failed `append` may have left; durable once it returns."""
        self._file.truncate(self._end)

    def read(self, height: int) -> bytes:
        """Return the body of a block.

        Raises LookupError outside 1 to `height`, HeaderGone, PrunedBlock, DamagedFile.
        """
        start, after = self.span(height)
        if height <= self.pruned:
            raise PrunedBlock
        return self._body(start, after)

    def header(self, height: int) -> bytes:
        """Return the signed header of a block, pruned or not.

        Raises LookupError, HeaderGone, Malformed, or DamagedFile.
        """
        body = self._body(*self.span(height))
        return body[BEFORE_BYTES:] if height <= self.pruned else read_block(body).header

    def span(self, height: int) -> tuple[int, int]:
        """Return where a block's record begins and ends in the file; raises LookupError, HeaderGone."""
        if not 1 <= height <= self.height:
            raise LookupError(height)
        at = height - 1 - self.gone
        if at < 0:
            raise HeaderGone
        return self._starts[at], self._starts[at + 1] if height < self.height else self._end

    def piece(self, at: int, length: int) -> bytes:
        """Return bytes of the file as they are."""
        return self._file.read(at, length)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _body(self, start: int, after: int) -> bytes:
        raw = self._file.read(start, after - start)
        if crc32c(raw[:4] + raw[HEAD_BYTES:]) != int.from_bytes(raw[4:HEAD_BYTES], "big"):
            raise DamagedFile(NAME, start, "wrong checksum")
        if len(raw) != HEAD_BYTES + (int.from_bytes(raw[:4], "big") & LENGTH):
            raise DamagedFile(NAME, start, "wrong length")
        return raw[HEAD_BYTES:]

    def _check_torn(self, start: int, size: int) -> None:
        """Raise DamagedFile if what follows `start` can be no single record that a crash tore.

        A changed length must not pass for a torn end: it would take good blocks with it. So none
        may begin in the rest, and the rest may not be whole under another length.
        """
        rest = self._file.read(start, size - start)
        if len(rest) < HEAD_BYTES:
            return
        if int.from_bytes(rest[:4], "big") > MAX_BODY_BYTES:
            raise DamagedFile(NAME, start, "a length beyond all bounds")
        length = (len(rest) - HEAD_BYTES).to_bytes(4, "big")
        if crc32c(length + rest[HEAD_BYTES:]) == int.from_bytes(rest[4:HEAD_BYTES], "big"):
            raise DamagedFile(NAME, start, "a changed length")
        for beginning in _BEGINNINGS:
            at = rest.find(beginning, HEAD_BYTES + 1)
            while at >= 0:
                if self._is_later(rest[at - HEAD_BYTES :]):
                    raise DamagedFile(NAME, start, "a changed length before a whole block")
                at = rest.find(beginning, at + 1)

    def _is_later(self, raw: bytes) -> bool:
        """True if `raw` begins with a whole record of a block later than the one that was torn."""
        length = int.from_bytes(raw[:4], "big")
        body = raw[HEAD_BYTES : HEAD_BYTES + length]
        if len(body) != length or crc32c(raw[:4] + body) != int.from_bytes(raw[4:HEAD_BYTES], "big"):
            return False
        try:
            return _height(read_block(body).header) > self.height + 1
        except Refusal:
            return False


def _height(raw: bytes) -> int:
    """Return the height that a header says, in whatever form; raise Malformed."""
    if is_decided(raw):
        return decode(raw, Decided).height
    if raw.startswith(COMMITTED):
        return read(decode(raw, Committed).steps[-1][0], HeaderMessage).height
    return decode(parse("header", raw).payload, Header).height
