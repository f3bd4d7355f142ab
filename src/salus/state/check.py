"""What fsck asks of the state: does every live value, bucket and log entry lie as its hashes say?"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice, pairwise
from typing import NamedTuple

from salus.core.errors import Malformed
from salus.merkle.heap import Heap, MemoryBuckets, bucket_of, is_bucket, pack, split_entries
from salus.merkle.log import Frontier, leaf_hash, root_at
from salus.merkle.smt import EMPTY, leaf_node
from salus.merkle.tiles import WIDTH, WIDTH_BITS, nodes_of
from salus.state import names
from salus.state.lmdb import Folder, LmdbTables, check_file
from salus.state.tables import Finding, StorageFailure, Tables

MAX_FINDINGS = 1000


def check_folder(folder: Folder) -> list[Finding]:
    """Return what is wrong with the state in `folder`, which nobody may have open; first its pages, then the rest."""
    findings = check_file(folder)
    if findings:
        return findings
    try:
        tables = LmdbTables(folder, readonly=True)
    except StorageFailure:
        return [Finding("state", "cannot be opened")]
    try:
        return check_tables(tables)
    finally:
        tables.close()


def check_tables(tables: Tables) -> list[Finding]:
    """Return what is wrong with the last checkpoint, at most 1,000 findings."""
    shape = names.shape(tables.meta(names.SHAPE))
    if shape is None:
        return [Finding("meta", "the shape of the tree is damaged")]
    try:
        return list(islice(_findings(tables, shape), MAX_FINDINGS))
    except StorageFailure:
        return [Finding("state", "cannot be read to its end")]


def _findings(tables: Tables, shape: names.Shape) -> Iterator[Finding]:
    met: dict[int, int] = {}  # values met, by the bucket of their leaf
    yield from _values(tables, shape, met)
    sound = True
    for at, bucket in tables.buckets():
        fault = _bucket_fault(at, bucket, shape)
        if fault:
            sound = False
            yield Finding(f"buckets, bucket {at}", fault)
        elif len(split_entries(bucket)) > met.get(at, 0):
            yield Finding(f"buckets, bucket {at}", "a leaf without its value")
    root = tables.meta(names.ROOT) or EMPTY
    if sound and Heap.open(MemoryBuckets(), shape.depth, tables.buckets(), shape.split).root != root:
        yield Finding("buckets", "the tree does not give the root of the checkpoint")
    yield from _log(tables)


def _values(tables: Tables, shape: names.Shape, met: dict[int, int]) -> Iterator[Finding]:
    for key, value in tables.items():
        key_hash = sha256(key).digest()
        at = bucket_of(key_hash, *shape)
        place = f"values, namespace {key[:2].hex()}"
        entry = next((entry for entry in split_entries(tables.bucket(at) or b"") if entry[:32] == key_hash), None)
        if entry is None:
            yield Finding(place, f"a key without its leaf in bucket {at}")
            continue
        met[at] = met.get(at, 0) + 1
        if entry[32:64] != sha256(value).digest():
            yield Finding(place, f"a value that is not the one of its leaf in bucket {at}")


def _bucket_fault(at: int, bucket: bytes, shape: names.Shape) -> str | None:
    entries = split_entries(bucket)
    if not is_bucket(at, *shape) or not entries or len(entries[-1]) != 96:
        return "no bucket of this tree"
    if any(bucket_of(entry, *shape) != at for entry in entries):
        return "a leaf that belongs to another bucket"
    if any(one[:32] >= other[:32] for one, other in pairwise(entries)):
        return "its leaves are not in order"
    if any(leaf_node(entry[:32], entry[32:64]) != entry[64:] for entry in entries):
        return "a leaf that does not give its node"
    if pack(entries, at.bit_length() - 1) != bucket:
        return "its leaves do not give its node"
    return None


def _log(tables: Tables) -> Iterator[Finding]:
    """Compare each tile of the log, and its frontier, with the entries."""
    raw = tables.meta(names.LOG)
    if raw is None:
        return
    begun = Frontier()
    if (base := tables.meta(names.LOG_BASE)) is not None:
        try:
            begun = Frontier.decode(base)
        except Malformed:
            yield Finding("meta", "the beginning of the log is damaged")
            return
    frontier, levels = begun.copy(), _begun_levels(tables, begun)
    for key, tile in tables.rows(names.LOG_TABLE, b"\x00", b"\x01"):
        number, known = int.from_bytes(key[1:], "big"), 0
        if begun.size and number == begun.size // WIDTH:
            known = begun.size % WIDTH  # entries that came with the beginning
        if number * WIDTH + known != frontier.size:
            yield Finding("rows, table log", "a tile of entries is missing or short")
            return
        for at in range(known * 32, len(tile), 32):
            done = frontier.append(leaf_hash(tile[at : at + 32]))
            for height in range(WIDTH_BITS, len(done), WIDTH_BITS):
                levels.setdefault(height // WIDTH_BITS, _Level(0, bytearray())).hashes.extend(done[height])
    if begun.size and not _begins_so(tables, begun):
        yield Finding("rows, table log", "the hashes that the log began with do not give its root")
    missing = sum(len(level.hashes) for level in levels.values())
    for key, tile in tables.rows(names.LOG_TABLE, b"\x01", None):
        missing -= len(tile)
        if key[0] not in levels or tile != levels[key[0]].tile(int.from_bytes(key[1:], "big")):
            yield Finding(f"rows, table log, level {key[0]}", "a tile that its entries do not give")
    if missing:
        yield Finding("rows, table log", "a tile above the entries is missing or short")
    try:
        said = Frontier.decode(raw)
    except Malformed:
        yield Finding("meta", "the frontier of the log is damaged")
        return
    if (said.size, said.peaks) != (frontier.size, frontier.peaks):
        yield Finding("rows, table log", "the entries do not give the frontier of the log")


class _Level(NamedTuple):
    """The hashes of a level of tiles above the entries, from tile number `first` on."""

    first: int
    hashes: bytearray

    def tile(self, number: int) -> bytes:
        start = (number - self.first) * WIDTH * 32
        return bytes(self.hashes[start : start + WIDTH * 32]) if start >= 0 else b""


def _begun_levels(tables: Tables, begun: Frontier) -> dict[int, _Level]:
    """Return what the levels hold of the beginning: of the tile that was unfinished then, the hashes there were."""
    found: dict[int, _Level] = {}
    level, size = 1, begun.size >> WIDTH_BITS
    while size:
        key = bytes((level,)) + (size // WIDTH).to_bytes(8, "big")
        tile = tables.row(names.LOG_TABLE, key) or b""
        found[level] = _Level(size // WIDTH, bytearray(tile[: size % WIDTH * 32]))
        level, size = level + 1, size >> WIDTH_BITS
    return found


def _begins_so(tables: Tables, begun: Frontier) -> bool:
    """True if the unfinished tiles of the beginning give its root."""

    def tile(level: int, index: int) -> bytes:
        return tables.row(names.LOG_TABLE, bytes((level,)) + index.to_bytes(8, "big")) or b""

    try:
        return root_at(nodes_of(tile), begun.size) == begun.root()
    except ValueError:
        return False
