"""A pruned ledger's beginning: headers that link from the first, and the export that its node signed.

A ledger that took its state from elsewhere begins with the same export, and with no headers before it: the block file
says which app hash a light client had verified.

Bodies before it are gone, so what they did cannot be computed again. The export is taken as the state that
the first kept block finds, because that block's header names its root and the headers name one another.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from salus.core.errors import Malformed, Refusal
from salus.core.genesis import read_genesis, validator_keys
from salus.core.signatures import verify
from salus.evidence.header import Validators, parse_header
from salus.fsck.blocks import Record, read_records
from salus.fsck.report import Finding, Severity
from salus.machine.base import Base
from salus.machine.errors import DamagedExport
from salus.machine.export import Verified
from salus.machine.machine import Machine
from salus.machine.pruned import (
    FOLDER,
    MANIFEST,
    POINT,
    DamagedStart,
    Start,
    parse_point,
    read_base_start,
    read_start,
    restore,
)
from salus.state.store import Store
from salus.state.tables import Tables

NEW, WORK = "blocks.new", "pruning"
UNCHECKED = (
    "pruned: of these blocks only headers are left. That they link, and that the state after them is the one the next"
    " header names, was checked; their batches, signatures and events, and how they made that state, were not"
)


BEFORE = (
    "not here: the ledger began with a state from elsewhere. That it is the one of the verified app hash was checked;"
    " how it came about, and the log's older entries, were not"
)


class Beginning(NamedTuple):
    """The export with what the headers say it must be; None where the files or the headers are damaged."""

    pruned: int  # blocks
    founders: Validators
    start: Start | None
    known: Verified | None
    findings: tuple[Finding, ...]
    base: Base | None = None

    def place(self, name: str) -> str:
        """Return how findings name a file of the export."""
        return f"{FOLDER}/{self.pruned + 1}/{name}"


def find_beginning(folder: Path, blocks: str, genesis: bytes) -> Beginning | None:
    """Return how the ledger in `folder` begins; None where nothing is pruned. Raises what `read_genesis` does."""
    network, document = read_genesis(genesis)
    pruned, last, first, base = 0, b"", b"", None
    for item in read_records(folder / blocks) if (folder / blocks).exists() else ():
        if isinstance(item, Record) and item.base is not None:
            pruned, base = item.number, item.base
        elif isinstance(item, Record) and item.cut:
            pruned, last = item.number, item.header
        elif isinstance(item, Record) and item.block is not None:
            first = item.block.header if item.number == pruned + 1 else b""
            break
    if not pruned:
        return None
    begun = Beginning(pruned, validator_keys(network, document), None, None, (), base)
    read = _reader(folder / FOLDER / str(pruned + 1))
    if base is not None and base.network != network:
        return begun._replace(findings=(Finding(blocks, "its beginning", "of another network"),))
    try:
        if base is not None and base.height == pruned:
            known = Verified(network, pruned, None, base.app_hash)
            return begun._replace(start=read_base_start(base, read), known=known)
        start = read_start(network, pruned + 1, read, whole=base is None)
    except DamagedStart as damage:
        return begun._replace(findings=(Finding(begun.place(damage.file), "whole file", damage.what),))
    try:
        before, after = parse_header(network, last).header, parse_header(network, first).header
    except Refusal:
        return begun  # the walk over the blocks names it
    return begun._replace(start=start, known=Verified(network, pruned, before.time, after.app_hash))


def restored(begun: Beginning, tables: Tables) -> Machine | Finding | None:
    """Return the machine with the exported state; what is wrong with it; None where that was found already."""
    if begun.start is None or begun.known is None:
        return None
    try:
        return restore(Store(tables), begun.known, begun.start)
    except DamagedExport:
        return Finding(begun.place(MANIFEST), "whole export", "not the state that the headers name")


def check_point(folder: Path, begun: Beginning, network: bytes, signers: Validators) -> Iterator[Finding]:
    """Yield what is wrong with the signature of the point; `signers` are all validators from there on."""
    if begun.base is not None and begun.base.height == begun.pruned:
        return  # there is no point: what was verified stands in the block file
    try:
        point, said, signature = parse_point(network, _read(folder / begun.place(POINT)) or b"")
    except Malformed:
        return  # which was found
    if not verify(signers.get(point.node, (b"", 0))[0], said, signature):
        yield Finding(begun.place(POINT), "signature", "not a validator's")
    if begun.known is not None and point.time != begun.known.time:
        yield Finding(begun.place(POINT), "time", "not that of the last pruned block")


def unchecked(begun: Beginning, file: str, strangers: int) -> Iterator[Finding]:
    """Say what was not checked."""
    if begun.base is not None:
        yield Finding(file, f"blocks 1 to {begun.base.height}", BEFORE, Severity.NOTE)
    first = 1 if begun.base is None else begun.base.height + 1
    if first <= begun.pruned:
        yield Finding(file, f"blocks {first} to {begun.pruned}", UNCHECKED, Severity.NOTE)
    if strangers:
        words = "signed by keys that are no founder's and no validator's at the end of them: held by the links alone"
        yield Finding(file, f"{strangers} headers before block {begun.pruned + 1}", words, Severity.NOTE)


def left_over(folder: Path, kept: int) -> Iterator[Finding]:
    """Yield notes on what an interrupted pruning left; `kept` is the height of the first whole block, or 0."""
    words = "left by a pruning that was cut off, or by an earlier one: opening the ledger removes it"
    names = [name for name in (NEW, WORK) if (folder / name).exists()]
    if (folder / FOLDER).is_dir():
        names += [f"{FOLDER}/{path.name}" for path in sorted((folder / FOLDER).iterdir()) if path.name != str(kept)]
    for name in names:
        yield Finding(name, "whole file", words, Severity.NOTE)


def _reader(place: Path) -> Callable[[str], bytes | None]:
    return lambda name: _read(place / name)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
