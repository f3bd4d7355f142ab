"""What a pruning left in a ledger's folder, read at opening; what it was interrupted at is finished or removed.

A ledger that took a state from elsewhere begins in the same manner, with that state's export in the same place: but
no point that a node signed is beside it, nor the log's entries, and the block file itself says what state it must be.
"""

from collections.abc import Callable
from pathlib import Path

from salus.client.ledger import Pruned
from salus.core.errors import Refusal
from salus.evidence.header import parse_header
from salus.ledger.embedded.blockfile import BlockFile
from salus.ledger.embedded.files import Files
from salus.ledger.errors import DamagedPruning
from salus.machine.errors import DamagedExport
from salus.machine.export import Verified
from salus.machine.machine import Machine
from salus.machine.pruned import (
    FOLDER,
    MANIFEST,
    DamagedStart,
    Point,
    Start,
    read_base_start,
    read_start,
    read_start_point,
    restore,
)
from salus.state.store import Store

PRUNED = b"pruned"  # name in the store's `meta`: up to which entry of the log the rows are gone
NEW = "blocks.new"  # a block file that is being written
WORK = "pruning"  # a state that is being replayed


def first_whole(blocks: BlockFile) -> int:
    """Return the height of the first block that is whole."""
    return blocks.pruned + 1


def folder_of(folder: Path, height: int) -> Path:
    """Return where the export for the first whole block at `height` lies."""
    return folder / FOLDER / str(height)


def find_beginning(folder: Path, files: Files, network: bytes, blocks: BlockFile) -> Pruned | None:
    """Return what is missing before a ledger's first whole block, None for nothing; raise DamagedPruning, DamagedFile.

    Of a base no time is known; that of the block after it says until when at the latest there is nothing.
    """
    base = blocks.base
    if base is not None and blocks.pruned == base.height:
        first = first_whole(blocks)
        time = parse_header(network, blocks.header(first)).header.time if blocks.height >= first else 0
        return Pruned(first, time, base.entries, first)
    point = find_point(folder, files, network, blocks)
    return None if point is None else Pruned(point.height, point.time, point.entries, blocks.gone + 1)


def find_point(folder: Path, files: Files, network: bytes, blocks: BlockFile) -> Point | None:
    """Return where a pruned ledger begins, None where nothing is pruned; raise DamagedPruning."""
    if not blocks.pruned:
        return None
    height = first_whole(blocks)
    try:
        return read_start_point(network, height, _reader(folder, files, height))
    except DamagedStart as damage:
        raise _damaged(height, damage.file, damage.what) from None


def find_start(folder: Path, files: Files, network: bytes, blocks: BlockFile) -> Start:
    """Return the whole export that a pruned ledger begins with; raise DamagedPruning."""
    height, base = first_whole(blocks), blocks.base
    read = _reader(folder, files, height)
    try:
        if base is not None and base.height == blocks.pruned:
            return read_base_start(base, read)
        return read_start(network, height, read, whole=base is None)
    except DamagedStart as damage:
        raise _damaged(height, damage.file, damage.what) from None


def restored(
    store: Store, folder: Path, files: Files, network: bytes, blocks: BlockFile, end: tuple[bytes, int] | None = None
) -> Machine:
    """Fill the empty `store` with the export that a ledger begins with; durable when it returns.

    `end`: under which name of the store's `meta` to keep where the pruned blocks ended. Headers say what state it
    must be. Raises DamagedPruning; then the store is to be thrown away.
    """
    start = find_start(folder, files, network, blocks)
    known = known_state(network, blocks, first_whole(blocks))
    beside = {PRUNED: start.size.to_bytes(8, "big")}
    if end is not None:
        beside[end[0]] = end[1].to_bytes(8, "big")
    try:
        return restore(store, known, start, beside)
    except DamagedExport:
        raise _damaged(first_whole(blocks), MANIFEST, "not the state that the headers name") from None


def known_state(network: bytes, blocks: BlockFile, height: int) -> Verified:
    """Return what the headers, or the base, say of the state that the block of `height` finds.

    Raises Malformed, DamagedFile.
    """
    base = blocks.base
    if base is not None and height == base.height + 1:
        return Verified(base.network, base.height, None, base.app_hash)
    before = parse_header(network, blocks.header(height - 1)).header
    return Verified(network, height - 1, before.time, parse_header(network, blocks.header(height)).header.app_hash)


def clear(folder: Path, files: Files, blocks: BlockFile) -> None:
    """Remove what an interrupted pruning, or one before the last, left."""
    names = files.names(folder)
    if NEW in names:
        files.remove(folder / NEW)
    if WORK in names:
        files.withdraw(folder / WORK)
    kept = str(first_whole(blocks)) if blocks.pruned else ""
    for name in files.names(folder / FOLDER):
        if name != kept:
            files.withdraw(folder / FOLDER / name)


def _reader(folder: Path, files: Files, height: int) -> Callable[[str], bytes | None]:
    return lambda name: files.read(folder_of(folder, height) / name)


def _damaged(height: int, file: str, what: str) -> Refusal:
    return DamagedPruning(f"{FOLDER}/{height}/{file}", what)
