"""Snapshots that this node took of the state, for whoever begins there in the place of the genesis.

Each is named by the hash of its manifest, which names the chunks by theirs: what a name stands for never changes, and
who asks need believe nobody. A process that takes none offers none.
"""

from starlette.responses import Response

from salus.api.ledger.errors import NoSuchSnapshot
from salus.api.ledger.parameters import DIGEST, digest, in_path, number
from salus.api.operation import CBOR, Call, Content, Operation
from salus.client.snapshots import Offering, Snapshot, write_list

_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


async def snapshots(call: Call) -> Response:
    """Return what is offered, newest first."""
    offering = call.served.snapshots
    return Response(write_list([] if offering is None else offering.list()), media_type=CBOR)


async def manifest(call: Call) -> Response:
    """Return the manifest of one."""
    _, found = _found(call)
    return Response(found.metadata, headers=_FOREVER, media_type=CBOR)


async def chunk(call: Call) -> Response:
    """Return a chunk of one, if it is on this disk as the manifest names it."""
    offering, found = _found(call)
    raw = await call.served.work.run(offering.load, found.height, found.format, number(call, "chunk"))
    if not raw:
        raise NoSuchSnapshot
    return Response(raw, headers=_FOREVER, media_type=CBOR)


def _found(call: Call) -> tuple[Offering, Snapshot]:
    name, offering = digest(call.path("hash")), call.served.snapshots
    for one in () if offering is None else offering.list():
        if offering is not None and one.hash == name:
            return offering, one
    raise NoSuchSnapshot


_HASH = in_path("hash", "Of the manifest, in hex.", DIGEST, "0" * 64)

OPERATIONS = (
    Operation(
        "GET",
        "/ledger/snapshots",
        "ledgerSnapshots",
        "ledger",
        "Snapshots of the state that can be had here, newest first.",
        snapshots,
        {200: Content(CBOR, words="[[[height, format, chunks, hash]...]]")},
    ),
    Operation(
        "GET",
        "/ledger/snapshots/{hash}",
        "ledgerSnapshot",
        "ledger",
        "The manifest of a snapshot.",
        manifest,
        {200: Content(CBOR, words="[format, network, height, time, app hash, frontier, [hash of a chunk...]]")},
        parameters=(_HASH,),
    ),
    Operation(
        "GET",
        "/ledger/snapshots/{hash}/{chunk}",
        "ledgerSnapshotChunk",
        "ledger",
        "A chunk of a snapshot.",
        chunk,
        {200: Content(CBOR, words="[index, [[kind, key, value]...]]")},
        parameters=(_HASH, in_path("chunk", "Its number, from 0.", example="0")),
    ),
)
