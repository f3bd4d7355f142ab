"""The whole state as canonical chunks, and back: every node makes the same bytes at the same height.

Rows are [kind, key, value], ascending by (kind, key):

| kind | key                              | value                                              |
|------|----------------------------------|----------------------------------------------------|
| 0    | key of the state                 | value                                              |
| 1    | seen ids: minute (8), group (4)  | the ids one after another, 32 bytes each           |
| 2    | log: level (1), number (8)       | the unfinished last tile of each level             |

A chunk is the dCBOR of as many rows as fit a mebibyte. The manifest names the chunks by their
hashes; its own hash, T("export", manifest), names the export. The tiles let the node append to the
log and prove what comes later; older entries it does not have.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.types import Digest, Height, Id, Message, Time
from salus.machine.errors import DamagedExport
from salus.machine.machine import LOG_KEY, NETWORK, SEEN_TABLE, TIME, LogHead, Machine
from salus.machine.seen import SEEN_PREFIX, SeenIds, row_key
from salus.merkle.log import Frontier, root_at
from salus.merkle.tiles import ENTRY_BYTES, WIDTH, WIDTH_BITS, nodes_of
from salus.state.events import EventLog
from salus.state.names import LOG as FRONTIER
from salus.state.names import LOG_BASE, LOG_TABLE
from salus.state.store import Store

CHUNK_BYTES = 1 << 20
FORMAT = 1
_STATE, _SEEN, _LOG = 0, 1, 2
_ROW_OVERHEAD = 16  # heads of one row
_IDS_BYTES = 8192 * 32  # of one row

ExportRow = tuple[Annotated[int, Meta(ge=0, le=2)], bytes, bytes]


class Chunk(Message, frozen=True):
    """Part `index` of the rows."""

    index: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    rows: tuple[ExportRow, ...]


class Manifest(Message, frozen=True):
    """What an export is of, and its chunks in order."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    height: Height
    time: Time
    app_hash: Digest
    frontier: bytes  # of the log (merkle.log.Peaks)
    chunks: tuple[Digest, ...]  # T("chunk", chunk)


def export_hash(network: bytes, manifest: bytes) -> bytes:
    """Return the name of an export: T("export", manifest)."""
    return T("export", network, manifest)


def export_state(machine: Machine) -> tuple[bytes, list[bytes]]:
    """Return (manifest, chunks) of the state as it is, the last block being committed."""
    chunks: list[bytes] = []
    return export_to(machine, chunks.append), chunks


def export_to(machine: Machine, take: Callable[[bytes], None]) -> bytes:
    """Give `take` one chunk after another of the state as it is; return the manifest. Holds one chunk at a time."""
    hashes: list[bytes] = []
    for index, rows in enumerate(_groups(_rows(machine))):
        chunk = encode(Chunk(index, tuple(rows)))
        hashes.append(T("chunk", machine.network, chunk))
        take(chunk)
    return encode(
        Manifest(
            FORMAT,
            machine.network,
            machine.height,
            machine.time,
            machine.app_hash,
            machine.log.meta()[FRONTIER],
            tuple(hashes),
        )
    )


def _rows(machine: Machine) -> Iterator[ExportRow]:
    for key, value in machine.store.items():
        yield _STATE, key, value
    for minute, group, ids in machine.seen.items():
        for at in range(0, len(ids), _IDS_BYTES):
            yield _SEEN, row_key(minute, group) + (at // 32).to_bytes(4, "big"), ids[at : at + _IDS_BYTES]
    for level, size in _levels(machine.log.size):
        yield _LOG, _tile_key(level, size // WIDTH), machine.log.tile(level, size // WIDTH)


def _groups(rows: Iterator[ExportRow]) -> Iterator[list[ExportRow]]:
    group: list[ExportRow] = []
    room = CHUNK_BYTES - _ROW_OVERHEAD
    for row in rows:
        size = len(row[1]) + len(row[2]) + _ROW_OVERHEAD
        if size > room and group:
            yield group
            group, room = [], CHUNK_BYTES - _ROW_OVERHEAD
        group.append(row)
        room -= size
    if group:
        yield group


class Verified(NamedTuple):
    """What verified headers say of the block that an export was made after."""

    network: bytes
    height: int
    time: int | None  # None: no header says it. The machine then knows no time before its next block
    app_hash: bytes


def import_state(
    store: Store,
    known: Verified,
    manifest: bytes,
    chunks: Sequence[bytes],
    beside: Mapping[bytes, bytes] | None = None,
    entries: Sequence[bytes] | None = None,
) -> Machine:
    """Fill the empty `store` with an export; durable when it returns the machine, with `beside` in its meta.

    With all `entries` of the log (32 bytes each) the machine has the whole log, and not its end alone.

    Nothing in the export is believed beyond what is `known`. Raises DamagedExport; then nothing is
    durable, and the store is to be thrown away.
    """
    try:
        head = decode(manifest, Manifest)
        frontier = Frontier.decode(head.frontier)
        rows = list(_read(head, chunks))
    except Malformed:
        raise DamagedExport from None
    time = head.time if known.time is not None else None  # what only the export says of it is not believed
    if (head.network, head.height, time, head.app_hash) != known:
        raise DamagedExport
    keys = [row[:2] for row in rows]
    if any(a >= b for a, b in pairwise(keys)):
        raise DamagedExport
    if store.load((key, value) for kind, key, value in rows if kind == _STATE) != known.app_hash:
        raise DamagedExport
    log = LogHead(frontier.size, frontier.root())
    if store.get(LOG_KEY) != (encode(log) if log.size else None):
        raise DamagedExport
    seen = _seen(store, known.network, rows)
    tiles = {key: value for kind, key, value in rows if kind == _LOG}
    _check_tiles(tiles, log)
    if entries is not None:
        tiles |= _whole(entries, log)
    named = {FRONTIER: head.frontier, NETWORK: head.network, TIME: (time or 0).to_bytes(8, "big")}
    if entries is None and log.size:
        named[LOG_BASE] = head.frontier
    store.checkpoint(head.height, {**(beside or {}), **named}, {LOG_TABLE: list(tiles.items()), SEEN_TABLE: seen})
    return Machine(store)


def _seen(store: Store, network: bytes, rows: list[ExportRow]) -> list[tuple[bytes, bytes | None]]:
    """Return the rows of the table `seen`, whose running hashes are exactly those in the tree."""
    groups: dict[bytes, bytes] = {}
    for kind, key, value in rows:
        if kind == _SEEN:
            if len(key) != 16 or len(value) % 32:
                raise DamagedExport
            groups[key[:12]] = groups.get(key[:12], b"") + value
    ids = SeenIds(network)
    ids.load(groups.items())
    stored = {key: value for kind, key, value in rows if kind == _STATE and key[:2] == SEEN_PREFIX}
    if ids.hashes() != stored:
        raise DamagedExport
    return list(groups.items())


def _check_tiles(tiles: dict[bytes, bytes], log: LogHead) -> None:
    """Raise DamagedExport unless the unfinished tiles are those of the log, no more and no fewer."""
    wanted = {_tile_key(level, size // WIDTH): size % WIDTH * 32 for level, size in _levels(log.size)}
    if {key: len(tile) for key, tile in tiles.items()} != wanted:
        raise DamagedExport
    nodes = nodes_of(lambda level, index: tiles.get(_tile_key(level, index), b""))
    if log.size and root_at(nodes, log.size) != log.root:
        raise DamagedExport


def _whole(entries: Sequence[bytes], log: LogHead) -> dict[bytes, bytes]:
    """Return every tile of the log; raise DamagedExport unless these are its entries."""
    made = EventLog(Store.in_memory())
    if any(len(entry) != ENTRY_BYTES for entry in entries) or made.append(list(entries)) != (log.size, log.root):
        raise DamagedExport
    return dict(made.rows())


def _levels(size: int) -> Iterator[tuple[int, int]]:
    """Yield (level, length) of the levels of tiles whose last tile is unfinished."""
    level = 0
    while size:
        if size % WIDTH:
            yield level, size
        level, size = level + 1, size >> WIDTH_BITS


def _tile_key(level: int, index: int) -> bytes:
    return bytes((level,)) + index.to_bytes(8, "big")


def _read(head: Manifest, chunks: Sequence[bytes]) -> Iterator[ExportRow]:
    if len(chunks) != len(head.chunks):
        raise DamagedExport
    for index, (raw, expected) in enumerate(zip(chunks, head.chunks, strict=True)):
        if T("chunk", head.network, raw) != expected:
            raise DamagedExport
        chunk = decode(raw, Chunk)
        if chunk.index != index:
            raise DamagedExport
        yield from chunk.rows
