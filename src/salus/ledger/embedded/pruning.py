"""Prune: replace the blocks before a height by their headers, and remove the bodies of their events.

The order makes it safe. First the state that the first kept block finds is exported, checked against that
block's header, and durable. Then the block file is written anew beside the old one and put in its
place, which is the one step that decides: before it everything is there, after it nothing of it but
rows, which nobody is shown any more and the next opening removes.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from salus.core.signatures import SigningKey
from salus.evidence.header import parse_header
from salus.ledger import errors
from salus.ledger.embedded.blockfile import HEAD_BYTES, NAME, BlockFile, base_record, pruned_record
from salus.ledger.embedded.chain import GENESIS, Chain, check_node, open_kind
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.embedded.ledger import open_for_reading
from salus.ledger.embedded.lock import LOCK
from salus.ledger.embedded.needed import check_open, youngest_ms
from salus.ledger.embedded.pruned import NEW, WORK, first_whole, folder_of, known_state
from salus.ledger.embedded.replaying import replay_apart
from salus.machine.base import UNKNOWN
from salus.machine.export import export_hash, export_state
from salus.machine.machine import Machine
from salus.machine.pruned import ENTRIES, FORMAT, MANIFEST, POINT, Point, chunk_name, sign_point
from salus.merkle.tiles import WIDTH
from salus.state.store import Store

PIECE_BYTES = 4 * 1024**2


class Pruning(NamedTuple):
    """What a pruning removes, or would."""

    height: int  # of the first block that stays whole
    time: int  # of the block before, milliseconds
    blocks: int  # whose batches go now
    entries: int  # of the log whose bodies are gone then
    bytes: int  # by which the block file becomes smaller
    export_bytes: int  # of the export and the log's hashes, which take room instead


def prune(
    folder: Path,
    node: SigningKey | None,
    before: Callable[[Chain], int],
    files: Files | None = None,
    open_store: Callable[[Path], Store] = Store.open,
    kind: type[Chain] = Chain,
) -> Pruning:
    """Prune the closed ledger in `folder` up to the height that `before` says; without `node` only say what would go.

    The blocks are gone once this returns. Raises what opening raises; NothingToPrune, BeyondCheckpoint,
    TooRecent, ReviewIsOpen, SilenceNotOver, ChangeIsPending, ProposalIsOpen, DamagedFile, DamagedPruning;
    StorageFull or StorageFailed: then nothing is pruned.
    """
    port = files or LocalFiles()
    genesis = port.read(folder / GENESIS)
    if genesis is None:
        raise errors.NoLedger
    try:
        unlock = port.lock(folder / LOCK, shared=node is None)
    except BlockingIOError:
        raise errors.LedgerLocked from None
    try:
        with _failures():
            chain = open_kind(kind, folder, genesis, port, open_store if node else open_for_reading, node is None)
            try:
                done = _prune(chain, folder, genesis, port, node, before(chain))
            finally:
                chain.close()
        if node is not None:
            _finish(kind, folder, genesis, port, open_store)
        return done
    finally:
        unlock()


def to_height(height: int) -> Callable[[Chain], int]:
    """Prune what lies before a height."""
    return lambda chain: height


def keeping(keep_ms: int) -> Callable[[Chain], int]:
    """Prune what is older than so many milliseconds of block time."""
    return lambda chain: _first_since(chain, chain.machine.time - keep_ms)


def _first_since(chain: Chain, time: int) -> int:
    """Return the height of the first block that is no older; times never go back."""
    low = chain.blocks.gone + 1
    high = max(low, chain.height)
    while low < high:
        middle = (low + high) // 2
        if _time(chain, middle) < time:
            low = middle + 1
        else:
            high = middle
    return low


def _time(chain: Chain, height: int) -> int:
    return parse_header(chain.network, chain.blocks.header(height)).header.time


def _prune(chain: Chain, folder: Path, genesis: bytes, files: Files, node: SigningKey | None, height: int) -> Pruning:
    """Check, export, and with a `node` write."""
    if node is not None:
        check_node(chain, node)
    _check_height(chain, height)
    _check_links(chain, height)
    with _work(folder, files, write=node is not None) as work:
        machine = _state_before(chain, folder, genesis, files, work, height)
        try:
            check_open(chain.machine.store, machine.store, chain.machine.time)
            manifest, chunks = export_state(machine)
            size = machine.log.size
            entries = b""  # of a ledger that began with a state from elsewhere: it has not all of them
            if chain.blocks.base is None:
                entries = b"".join(machine.log.tile(0, number) for number in range(-(-size // WIDTH)))
            if chain.machine.log.root_at(size) != machine.log.root:
                raise errors.DamagedFile(NAME, chain.blocks.start(height), "the log is not that of the blocks")
        finally:
            machine.store.close()
    removed = sum(_saved(chain.blocks, one) for one in range(first_whole(chain.blocks), height))
    made = len(manifest) + sum(map(len, chunks)) + len(entries)
    pruning = Pruning(height, _time(chain, height - 1), height - first_whole(chain.blocks), size, removed, made)
    if node is not None:
        point = Point(
            FORMAT,
            chain.network,
            height,
            pruning.time,
            size,
            export_hash(chain.network, manifest),
            node.id(chain.network),
        )
        _write_export(folder_of(folder, height), files, manifest, chunks, entries, sign_point(point, node))
        _rewrite(chain.blocks, folder, files, height)
    return pruning


def _check_height(chain: Chain, height: int) -> None:
    """Refuse what is no height to prune to, what the checkpoint has not reached, what is young."""
    if not first_whole(chain.blocks) < height <= chain.height:
        raise errors.NothingToPrune
    if height > chain.machine.store.height:
        raise errors.BeyondCheckpoint
    if _time(chain, height - 1) + youngest_ms(chain.machine.store) > chain.machine.time:
        raise errors.TooRecent


def _check_links(chain: Chain, height: int) -> None:
    """Raise DamagedFile unless each header up to the first kept one names the one before."""
    first = chain.blocks.gone + 1
    last = chain.network if first == 1 else UNKNOWN
    for one in range(first, height + 1):
        signed = parse_header(chain.network, chain.blocks.header(one))
        if signed.header.height != one or signed.header.previous != last:
            raise errors.DamagedFile(NAME, chain.blocks.start(one), "a header that does not follow the one before")
        last = signed.hash


@contextmanager
def _work(folder: Path, files: Files, *, write: bool) -> Iterator[Path]:
    """Give a folder for the replayed state; a dry run makes none in the ledger's."""
    if not write:
        with TemporaryDirectory(prefix="salus-") as name:
            yield Path(name)
        return
    files.withdraw(folder / WORK)
    files.create_folder(folder / WORK)
    yield folder / WORK
    files.withdraw(folder / WORK)


def _state_before(chain: Chain, folder: Path, genesis: bytes, files: Files, work: Path, height: int) -> Machine:
    """Return the state that the block of `height` finds, replayed into `work`; the caller closes its store."""
    machine = replay_apart(chain, folder, genesis, files, work, height - 1)
    if known_state(chain.network, chain.blocks, height).app_hash != machine.app_hash:
        machine.store.close()
        raise errors.DamagedFile(NAME, chain.blocks.start(height), "not what the blocks before give")
    return machine


def _saved(blocks: BlockFile, height: int) -> int:
    start, end = blocks.span(height)
    return end - start - len(pruned_record(blocks.header(height), end - start - HEAD_BYTES))


def _write_export(
    place: Path, files: Files, manifest: bytes, chunks: list[bytes], entries: bytes, point: bytes
) -> None:
    """Make the export durable, its signed point last."""
    files.create_folder(place)
    for number, chunk in enumerate(chunks):
        files.write(place / chunk_name(number), chunk)
    files.write(place / ENTRIES, entries)
    files.write(place / MANIFEST, manifest)
    files.write(place / POINT, point)


def _rewrite(blocks: BlockFile, folder: Path, files: Files, height: int) -> None:
    """Write headers for what goes, copy what stays, and put the new file in the place of the old one."""
    files.remove(folder / NEW)
    new = files.open_append(folder / NEW)
    try:
        base = blocks.base
        gathered = bytearray(b"" if base is None else base_record(base))
        for one in range(blocks.gone + 1, height):
            start, end = blocks.span(one)
            kept = one <= blocks.pruned
            header = b"" if kept else blocks.header(one)
            gathered += blocks.piece(start, end - start) if kept else pruned_record(header, end - start - HEAD_BYTES)
            if len(gathered) > PIECE_BYTES:
                new.append(bytes(gathered))
                gathered.clear()
        new.append(bytes(gathered))
        at = blocks.start(height)
        while at < blocks.end:
            piece = blocks.piece(at, min(PIECE_BYTES, blocks.end - at))
            new.append(piece)
            at += len(piece)
        new.sync()
    finally:
        new.close()
    files.move(folder / NEW, folder / NAME)


def _finish(kind: type[Chain], folder: Path, genesis: bytes, files: Files, open_store: Callable[[Path], Store]) -> None:
    """Open once, which removes the rows; where the disk fails the next opening does."""
    try:
        open_kind(kind, folder, genesis, files, open_store).close()
    except OSError:
        return


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (errors.StorageFull if full else errors.StorageFailed) from error
