"""Read the block file with code of its own, and go on after damage where that can be done.

Records are `length (4, big-endian), CRC-32C of length and body (4, big-endian), body`; the body is
dCBOR [header, [batch...]]. Of a pruned block, which has the highest bit of its length set, the body is
the length that the body had (4, big-endian), and the header. A first record with the second-highest bit set is no
block: its body is the `Base` that the ledger began with.
"""

from collections.abc import Iterator
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

from salus.cometbft.errors import WrongValidators
from salus.cometbft.validators import set_hash
from salus.cometbft.validators import validators as in_order
from salus.core.checksum import crc32c
from salus.core.encoding import decode
from salus.core.envelope import parse_batch
from salus.core.errors import Refusal
from salus.evidence.committed import HEAD as COMMITTED
from salus.evidence.committed import read_steps, verify_steps
from salus.evidence.decided import is_decided
from salus.evidence.header import FORMAT as SIGNED
from salus.evidence.header import Block, SignedHeader, Validators, parse_header, read_block, read_header
from salus.fsck.plainlog import plain_log_root
from salus.fsck.report import Finding, Severity
from salus.machine.base import UNKNOWN, Base

HEAD_BYTES = 8
PRUNED = 1 << 31
BEGUN = 1 << 30
LENGTH = BEGUN - 1
BEFORE_BYTES = 4
BEGINNINGS = (b"\x82\x59", b"\x82\x58")  # of a body, whose header is signed or decided


class Record(NamedTuple):
    """A record of the file; `block` is None where its bytes are damaged, or the block is pruned."""

    number: int  # from 1: the height it must have
    start: int
    end: int
    block: Block | None
    what: str  # why `block` is None
    header: bytes = b""  # of a pruned block
    removed: int = 0  # bytes that pruning took from it
    cut: bool = False  # it says that it is of a pruned block, be its bytes damaged or not
    base: Base | None = None  # no block at all: where the ledger began, after block `number`

    @property
    def place(self) -> str:
        return f"block {self.number}, bytes {self.start} to {self.end - 1}"


class Linked(NamedTuple):
    """A block whose header is signed and follows the one before; its batches are those of the header."""

    record: Record
    header: SignedHeader
    batches: tuple[bytes, ...]
    envelopes: int
    root: bytes  # of the RFC 9162 tree over the batches' ids


def read_records(path: Path) -> Iterator[Record | Finding]:
    """Yield the records of the file in order; a Finding where it cannot be followed, or ends in a torn record."""
    size = path.stat().st_size
    if size == 0:
        return
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
        start, number = 0, 1
        while start < size:
            length = int.from_bytes(raw[start : start + 4], "big")
            end = start + HEAD_BYTES + (length & LENGTH)
            if end > size and length & (PRUNED | BEGUN):
                yield Finding(path.name, f"block {number}, bytes {start} to {size - 1}", "a changed length")
                return
            if end > size:
                yield _overrun(raw, start, size, number, path.name)
                return
            if length & BEGUN:
                begun = _beginning(raw[start:end], start, end)
                if begun is None:
                    yield Finding(path.name, f"bytes {start} to {end - 1}", "a beginning that cannot be read, or moved")
                    return
                yield begun
                number = begun.number
            else:
                yield _record(raw[start:end], number, start, end)
            start, number = end, number + 1


def _record(raw: bytes, number: int, start: int, end: int) -> Record:
    body, cut = raw[HEAD_BYTES:], bool(int.from_bytes(raw[:4], "big") & PRUNED)
    if crc32c(raw[:4] + body) != int.from_bytes(raw[4:HEAD_BYTES], "big"):
        return Record(number, start, end, None, "wrong checksum", cut=cut)
    if cut:
        removed = int.from_bytes(body[:BEFORE_BYTES], "big") - len(body)
        return Record(number, start, end, None, "a pruned block after a whole one", body[BEFORE_BYTES:], removed, cut)
    try:
        return Record(number, start, end, read_block(body), "")
    except Refusal:
        return Record(number, start, end, None, "not the encoding of a block")


def _beginning(raw: bytes, start: int, end: int) -> Record | None:
    body = raw[HEAD_BYTES:]
    if start or crc32c(raw[:4] + body) != int.from_bytes(raw[4:HEAD_BYTES], "big"):
        return None
    try:
        base = decode(body, Base)
    except Refusal:
        return None
    return Record(base.height, start, end, None, "", base=base)


def _overrun(raw: mmap, start: int, size: int, number: int, name: str) -> Finding:
    """The last record of a crash is torn and was never acknowledged; a changed length is damage."""
    place = f"block {number}, bytes {start} to {size - 1}"
    rest = raw[start:size]
    length = (len(rest) - HEAD_BYTES).to_bytes(4, "big") if len(rest) >= HEAD_BYTES else b""
    if length and crc32c(length + rest[HEAD_BYTES:]) == int.from_bytes(rest[4:HEAD_BYTES], "big"):
        return Finding(name, place, "a changed length")
    for at in range(HEAD_BYTES + 1, len(rest) - HEAD_BYTES):
        after = at + HEAD_BYTES + int.from_bytes(rest[at : at + 4], "big")
        if rest[at + HEAD_BYTES : at + HEAD_BYTES + 2] in BEGINNINGS and after <= len(rest):
            inner = rest[at:after]
            if crc32c(inner[:4] + inner[HEAD_BYTES:]) == int.from_bytes(inner[4:HEAD_BYTES], "big"):
                return Finding(name, place, "a changed length: whole blocks follow")
    return Finding(name, place, "a torn end, which opening the ledger cuts off", Severity.NOTE)


class Chain:
    """Follows the headers from the first; a damaged block breaks it for good."""

    def __init__(self, network: bytes, file: str) -> None:
        self._network, self._file = network, file
        self._height, self._time, self._hash = 0, 0, network
        self.decided: bool | None = None  # by CometBFT, as the first header shows: nobody signs those here
        self._committed = False  # each header carries the votes that decided it, as the first one does
        self._named: bytes | None = None  # hash of the validators who commit the next one; None: those of the genesis
        self._base = 0  # height of the block after which the ledger began, of whose header nothing is known

    def _read(self, raw: bytes, validators: Validators) -> SignedHeader:
        if self.decided is None:
            self.decided, self._committed = is_decided(raw), raw.startswith(COMMITTED)
        if self.decided and is_decided(raw):
            return parse_header(self._network, raw)
        if self._committed and raw.startswith(COMMITTED):
            return self._read_committed(raw, validators)
        return read_header(self._network, raw, validators)

    def _read_committed(self, raw: bytes, validators: Validators) -> SignedHeader:
        steps = read_steps(self._network, raw)
        named = self._named or set_hash(in_order(validators.values()))
        if self._begins():
            named = steps[0].header.validators_hash
        if len(steps) != 1 or steps[0].header.validators_hash != named:
            raise WrongValidators
        verify_steps(self._network, steps, steps[0].validators)
        self._named = steps[0].header.next_validators_hash
        return parse_header(self._network, raw)

    def begin(self, base: Base) -> None:
        """Begin after the block of a base, of whose header nothing is known.

        Where headers carry votes, the next one was verified when it was put there: by whom, and after what, it says.
        """
        self._height, self._hash, self._base = base.height, UNKNOWN, base.height

    def _begins(self) -> bool:
        return self._base > 0 and self._height == self._base

    def _follows(self, shown: SignedHeader) -> bool:
        """True if a header can be the next."""
        said, before = shown.header, self._hash
        if self._committed and self._begins():
            before = said.previous
        return (said.height, said.previous) == (self._height + 1, before) and said.time >= self._time

    def follow(self, record: Record, validators: Validators) -> bool | Finding:
        """Take the header of a pruned block; True if one of `validators` signed it, False if it is nobody's known.

        A Finding where it does not follow the one before, or a known key did not sign it.
        """
        if not record.header:
            return Finding(self._file, record.place, record.what)
        try:
            header = parse_header(self._network, record.header)
            known = header.header.format != SIGNED or header.header.node in validators
            if known:
                self._read(record.header, validators)
        except Refusal as refusal:
            return Finding(self._file, record.place, f"the header is not a validator's: {refusal}")
        if not self._follows(header):
            return Finding(self._file, record.place, "the header does not follow the one before")
        said = header.header
        self._height, self._time, self._hash = said.height, said.time, header.hash
        return known

    def link(self, record: Record, validators: Validators) -> Linked | Finding:
        """Return the block of the next record, or why it does not follow; `validators` are those in force."""
        if record.block is None:
            return Finding(self._file, record.place, record.what)
        try:
            header = self._read(record.block.header, validators)
        except Refusal as refusal:
            return Finding(self._file, record.place, f"the header is not a validator's: {refusal}")
        if not self._follows(header):
            return Finding(self._file, record.place, "the header does not follow the one before")
        said = header.header
        ids: list[bytes] = []
        envelopes = 0
        for raw in record.block.batches:
            try:
                batch = parse_batch(self._network, raw)
            except Refusal:
                return Finding(self._file, record.place, f"batch {len(ids) + 1} is malformed")
            ids.append(batch.id)
            envelopes += len(batch.payload.envelopes)
        root = plain_log_root(ids)
        of_cometbft = self.decided or self._committed
        named = plain_log_root([sha256(raw).digest() for raw in record.block.batches]) if of_cometbft else root
        if named != said.batches:
            return Finding(self._file, record.place, "the batches are not those of the header")
        self._height, self._time, self._hash = said.height, said.time, header.hash
        return Linked(record, header, record.block.batches, envelopes, root)
