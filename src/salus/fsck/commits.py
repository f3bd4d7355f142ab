"""Check the votes that a node of a consortium keeps beside its blocks, with code of its own for the file.

Records are `length (4, big-endian, the highest bit set where validators are in it), CRC-32C of length and body (4,
big-endian), body`; the body is dCBOR [height, header, commit, validators], the last empty where they are those of the
record before.
"""

from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Annotated, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from salus.core.checksum import crc32c
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.types import Height, Message
from salus.evidence.committed import FORMAT, Committed, signers
from salus.evidence.header import SignedHeader, Validators, read_header
from salus.fsck.report import Finding, Severity

COMMITS = "commits"
HEAD_BYTES = 8
WITH_SET = 1 << 31

_Part = Annotated[bytes, Meta(max_length=1 << 22)]


class _Kept(Message, frozen=True):
    height: Height
    header: _Part
    commit: _Part
    validators: _Part


class _Place(NamedTuple):
    height: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"votes for block {self.height}, bytes {self.start} to {self.end - 1}"


class Votes:
    """The file in a ledger's folder; asked block by block, in the order of the heights."""

    def __init__(self, folder: Path, founders: Validators | None) -> None:
        """`founders` are the validators of the genesis; None for a ledger that begins later, with one never seen."""
        self._path = folder / COMMITS
        self._records = self._read()
        self._next: tuple[_Place, _Kept] | None = None
        self._set = b""  # the last validators that stood in a record
        self._forces: list[Validators | None] = [founders, founders]  # who decides the next block, and the one after it
        self._found: list[Finding] = []
        self._missing: list[int] = []
        if not self._path.exists():
            self._found.append(
                Finding(COMMITS, "whole file", "missing: nothing shows that the validators decided these blocks")
            )
        self._step()

    def check(self, block: SignedHeader, after: Validators) -> Iterator[Finding]:
        """Yield what is wrong with the votes for a block that was executed; `after` are the validators then.

        What a block changes of them is in force two heights later.
        """
        members, self._forces = self._forces[0], [self._forces[1], after]
        height = block.header.height
        while self._next is not None and self._next[0].height < height:
            self._step()
        if self._next is None or self._next[0].height != height:
            self._missing.append(height)
        else:
            place, kept = self._next
            what = _wrong(block, (kept.header, kept.commit, self._set), members)
            if what:
                yield Finding(COMMITS, str(place), what)
            self._step()
        yield from self._told()

    def rest(self) -> Iterator[Finding]:
        """Yield what is left once all blocks were asked for: votes for none, and a note on blocks without."""
        if self._next is not None:
            yield Finding(COMMITS, str(self._next[0]), "for a block that is not in the block file")
        if self._missing and self._path.exists():
            first, last = self._missing[0], self._missing[-1]
            words = f"{len(self._missing)} of them have no votes here: a node fetches them a moment after the block"
            yield Finding(COMMITS, f"blocks {first} to {last}", words, Severity.NOTE)
        yield from self._told()

    def _told(self) -> Iterator[Finding]:
        found, self._found = self._found, []
        yield from found

    def _step(self) -> None:
        self._next = next(self._records, None)
        if self._next is not None and self._next[1].validators:
            self._set = self._next[1].validators

    def _read(self) -> Iterator[tuple[_Place, _Kept]]:
        """Yield the records in order, up to the first that is damaged, which is noted."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if not size:
            return
        with self._path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
            start, height = 0, 0
            while start < size:
                end = start + HEAD_BYTES + int.from_bytes(raw[start : start + 4], "big") % WITH_SET
                place = _Place(height, start, min(end, size))
                if end > size:
                    self._found.append(_overrun(raw[start:size], place))
                    return
                kept = _kept(raw[start:end])
                if kept is None or (height and kept.height != height):
                    self._found.append(Finding(COMMITS, str(place), "wrong checksum, encoding or height"))
                    return
                yield _Place(kept.height, start, end), kept
                start, height = end, kept.height + 1


def _kept(raw: bytes) -> _Kept | None:
    body = raw[HEAD_BYTES:]
    if crc32c(raw[:4] + body) != int.from_bytes(raw[4:HEAD_BYTES], "big"):
        return None
    try:
        kept = decode(body, _Kept)
    except Refusal:
        return None
    return kept if bool(kept.validators) == bool(int.from_bytes(raw[:4], "big") & WITH_SET) else None


def _overrun(rest: bytes, place: _Place) -> Finding:
    """The last record of a crash is torn, and fetched again; a changed length is damage."""
    for at in range(len(rest) - HEAD_BYTES + 1):
        end = at + HEAD_BYTES + int.from_bytes(rest[at : at + 4], "big") % WITH_SET
        if at and end <= len(rest) and _kept(rest[at:end]) is not None:
            return Finding(COMMITS, str(place), "a changed length: whole records follow")
    for flag in (0, WITH_SET):
        length = (max(0, len(rest) - HEAD_BYTES) | flag).to_bytes(4, "big")
        if len(rest) >= HEAD_BYTES and _kept(length + rest[4:]) is not None:
            return Finding(COMMITS, str(place), "a changed length")
    return Finding(COMMITS, str(place), "a torn end, which opening the ledger cuts off", Severity.NOTE)


def _wrong(block: SignedHeader, step: tuple[bytes, bytes, bytes], members: Validators | None) -> str:
    """Return what is wrong with the header that `members` must have committed, or those it names; "" for nothing."""
    network = block.header.network
    try:
        raw = encode(Committed(FORMAT, network, (step,)))
        named = signers(network, raw)
        found = read_header(network, raw, named if members is None else members)
    except Refusal as refusal:
        return f"not what the validators signed: {refusal}"
    if members is not None and dict(named) != dict(members):
        return "the validators are not those of the state"
    if found.hash != block.hash or found.header != replace(block.header, format=FORMAT):
        return "the header is not that of the block"
    return ""
