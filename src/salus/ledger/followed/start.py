"""Where a replica begins: with the genesis, or, where the node has pruned, with the state that it exports.

The export is believed no more than a block: every header up to it must be signed by a validator of the genesis and
linked to the next, and the state must be the one that the first whole block's header names.
"""

from collections.abc import Iterator
from pathlib import Path

from salus.client.ledger import Pruned
from salus.client.remote_errors import UnreadableAnswer
from salus.core.errors import Malformed, WrongSignature
from salus.core.genesis import read_genesis, validator_keys
from salus.core.signatures import verify
from salus.evidence.header import Validators, parse_header, read_block, read_header
from salus.ledger.embedded.blockfile import BEFORE_BYTES, NAME, pruned_record, record
from salus.ledger.embedded.chain import STATE
from salus.ledger.embedded.files import Files
from salus.ledger.embedded.pruned import NEW, folder_of
from salus.ledger.errors import HeaderOfNobody, OtherHistory, WrongExport
from salus.ledger.followed.upstream import Upstream
from salus.machine.errors import DamagedExport
from salus.machine.export import Verified, export_hash
from salus.machine.pruned import (
    ENTRIES,
    MANIFEST,
    POINT,
    DamagedStart,
    Start,
    chunk_name,
    parse_point,
    read_start,
    restore,
)
from salus.state.store import Store

PIECE_BYTES = 4 * 1024**2


def is_new(folder: Path, files: Files) -> bool:
    """True if no block was ever taken in here."""
    return not files.read(folder / NAME)


def begin_from_export(folder: Path, genesis: bytes, upstream: Upstream, gone: Pruned, files: Files) -> None:
    """Write headers, export and the first whole block of a pruned node into an empty ledger folder, checked.

    The block file is put in its place last: interrupted, it is begun anew. Raises HeaderOfNobody, OtherHistory,
    WrongExport; Malformed; what the node's client raises; OSError.
    """
    network, document = read_genesis(genesis)
    signers = validator_keys(network, document)
    headers = list(_headers(network, upstream, gone.height, signers))
    start = _fetch(network, upstream, gone.height, signers)
    before, after = (parse_header(network, raw).header for raw in headers[-2:])
    try:
        restore(Store.in_memory(), Verified(network, before.height, before.time, after.app_hash), start)
    except DamagedExport:
        raise WrongExport from None
    body = next(iter(upstream.blocks(gone.height, 1)), b"")
    if read_block(body).header != headers[-1]:
        raise OtherHistory
    files.withdraw(folder / STATE)  # of the genesis, at most
    _keep(folder_of(folder, gone.height), upstream, start, files)
    _write(folder, files, headers[:-1], body)


def _headers(network: bytes, upstream: Upstream, last: int, signers: Validators) -> Iterator[bytes]:
    """Yield the headers 1 to `last`, each signed and following the one before."""
    previous, time, height = network, 0, 0
    while height < last:
        page = upstream.headers(height + 1, last - height)
        if not page:
            raise UnreadableAnswer
        for raw in page:
            try:
                signed = read_header(network, raw, signers)
            except WrongSignature:
                raise HeaderOfNobody from None
            height += 1
            if (signed.header.height, signed.header.previous) != (height, previous) or signed.header.time < time:
                raise OtherHistory
            previous, time = signed.hash, signed.header.time
            yield raw


def _fetch(network: bytes, upstream: Upstream, height: int, signers: Validators) -> Start:
    """Return the node's export, all of it as its signed point names it; raise WrongExport, HeaderOfNobody."""

    def read(name: str) -> bytes | None:
        try:
            return upstream.start_file(name)
        except LookupError:
            return None

    try:
        start = read_start(network, height, read)
        point, signed, signature = parse_point(network, upstream.start_file(POINT))
    except (DamagedStart, LookupError, Malformed):
        raise WrongExport from None
    here = (height, start.size, export_hash(network, start.manifest))
    signer = signers.get(point.node, (b"", 0))[0]
    if (point.height, point.entries, point.export) != here or not verify(signer, signed, signature):
        raise HeaderOfNobody
    return start


def _keep(place: Path, upstream: Upstream, start: Start, files: Files) -> None:
    """Make the export durable, its signed point last."""
    files.create_folder(place)
    for number, chunk in enumerate(start.chunks):
        files.write(place / chunk_name(number), chunk)
    files.write(place / ENTRIES, b"".join(start.entries or ()))
    files.write(place / MANIFEST, start.manifest)
    files.write(place / POINT, upstream.start_file(POINT))


def _write(folder: Path, files: Files, headers: list[bytes], body: bytes) -> None:
    """Write headers and the first whole block, and put the file in its place."""
    files.remove(folder / NEW)
    new = files.open_append(folder / NEW)
    try:
        gathered = bytearray()
        for header in headers:  # nothing was removed here: each record stands for one of its own length
            gathered += pruned_record(header, BEFORE_BYTES + len(header))
            if len(gathered) > PIECE_BYTES:
                new.append(bytes(gathered))
                gathered.clear()
        new.append(bytes(gathered) + record(body))
        new.sync()
    finally:
        new.close()
    files.move(folder / NEW, folder / NAME)
