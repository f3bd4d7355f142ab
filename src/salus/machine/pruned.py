"""Where a pruned ledger begins: a point that its node signed, the state there, the log's entries until there.

| file                 | what                                                              |
|----------------------|-------------------------------------------------------------------|
| `chunk-<number>.cbor`, `manifest.cbor` | the export of the state before the first kept block |
| `entries`            | every entry of the log until there, 32 bytes each: hashes, no bodies |
| `point`              | COSE_Sign, kind `pruning`, over a `Point`                         |

They lie in a folder that is named by the height of the first kept block. A ledger that took its state from elsewhere
begins with the export alone: which one it must be is said by a `Base`, and the log's older entries are not here. Where
such a ledger is pruned later, `entries` is empty.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.core.types import Digest, Height, Id, Message, Time
from salus.machine.base import Base
from salus.machine.export import Manifest, Verified, export_hash, import_state
from salus.machine.machine import Machine
from salus.merkle.tiles import ENTRY_BYTES
from salus.state.store import Store

FORMAT = 1
FOLDER, POINT, MANIFEST, ENTRIES = "pruned", "point", "manifest.cbor", "entries"


class Point(Message, frozen=True):
    """Payload of COSE kind `pruning`."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    height: Annotated[int, Meta(ge=2, le=2**53 - 1)]  # of the first block that is whole
    time: Time  # of the block before
    entries: Height  # of the log before it
    export: Digest  # export_hash of the state before it
    node: Id  # key id of the signer


class Start(NamedTuple):
    """What the files of a folder hold."""

    size: int  # of the log
    manifest: bytes
    chunks: tuple[bytes, ...]
    entries: tuple[bytes, ...] | None  # None: older ones are elsewhere


class DamagedStart(ValueError):
    """Names the file that is missing or not what it must be."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(file, what)
        self.file, self.what = file, what


def sign_point(point: Point, key: SigningKey) -> bytes:
    """Return `point` signed by the node's `key`, which is the one it names."""
    payload = encode(point)
    signature = key.sign(cose.to_be_signed("pruning", point.network, payload, point.node))
    return cose.build("pruning", payload, [(point.node, signature)])


def parse_point(network: bytes, raw: bytes) -> tuple[Point, bytes, bytes]:
    """Return (point, what was signed, signature), which the caller checks; raise Malformed."""
    signed = cose.parse("pruning", raw)
    point = decode(signed.payload, Point)
    if point.network != network or len(signed.signatures) != 1 or signed.signatures[0][0] != point.node:
        raise Malformed
    return point, cose.to_be_signed("pruning", network, signed.payload, point.node), signed.signatures[0][1]


def read_start(network: bytes, height: int, read: Callable[[str], bytes | None], *, whole: bool = True) -> Start:
    """Return what a folder holds for the first whole block at `height`, all of it as its point names it.

    `whole` says that the ledger has all entries of its log. Signature and state are not checked here: see
    `parse_point` and `restore`. Raises DamagedStart.
    """
    point = read_start_point(network, height, read)
    manifest, chunks = _export(network, point.export, read)
    raw = _file(read, ENTRIES)
    size = point.entries * ENTRY_BYTES if whole else 0
    if len(raw) != size:
        raise DamagedStart(ENTRIES, f"{len(raw)} bytes, not {size}")
    entries = tuple(raw[at : at + ENTRY_BYTES] for at in range(0, len(raw), ENTRY_BYTES)) if whole else None
    return Start(point.entries, manifest, chunks, entries)


def read_base_start(base: Base, read: Callable[[str], bytes | None]) -> Start:
    """Return what a folder holds for a ledger that begins after `base`, as it names it; raise DamagedStart."""
    return Start(base.entries, *_export(base.network, base.export, read), None)


def _export(network: bytes, name: bytes, read: Callable[[str], bytes | None]) -> tuple[bytes, tuple[bytes, ...]]:
    manifest = _file(read, MANIFEST)
    if export_hash(network, manifest) != name:
        raise DamagedStart(MANIFEST, "not the one that is named")
    try:
        head = decode(manifest, Manifest)
    except Malformed:
        raise DamagedStart(MANIFEST, "malformed") from None
    chunks = tuple(_file(read, chunk_name(number)) for number in range(len(head.chunks)))
    for number, (chunk, expected) in enumerate(zip(chunks, head.chunks, strict=True)):
        if T("chunk", network, chunk) != expected:
            raise DamagedStart(chunk_name(number), "not the one of the manifest")
    return manifest, chunks


def read_start_point(network: bytes, height: int, read: Callable[[str], bytes | None]) -> Point:
    """Return the point of a folder, whose signature the caller may check; raise DamagedStart."""
    try:
        point, _, _ = parse_point(network, _file(read, POINT))
    except Malformed:
        raise DamagedStart(POINT, "malformed") from None
    if point.height != height:
        raise DamagedStart(POINT, "of another height")
    return point


def restore(store: Store, known: Verified, start: Start, beside: Mapping[bytes, bytes] | None = None) -> Machine:
    """Fill the empty `store`; durable when it returns. Raises DamagedExport where it is not what is `known`."""
    return import_state(store, known, start.manifest, start.chunks, beside, start.entries)


def chunk_name(number: int) -> str:
    """Return the name of a chunk's file."""
    return f"chunk-{number:06d}.cbor"


def is_chunk_name(name: str) -> bool:
    """True if a chunk's file can have this name."""
    digits = name.removeprefix("chunk-").removesuffix(".cbor")
    return digits.isascii() and digits.isdigit() and len(digits) < 10 and name == chunk_name(int(digits))


def _file(read: Callable[[str], bytes | None], name: str) -> bytes:
    raw = read(name)
    if raw is None:
        raise DamagedStart(name, "missing")
    return raw
