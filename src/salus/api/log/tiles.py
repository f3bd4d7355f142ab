"""The files of the published log, as they lie in their folder. https://c2sp.org/tlog-tiles

A full tile never changes, and says so; the checkpoint and what is partial may be newer a second later. A partial
tile that has gone since it became full is answered by the first part of the full one.
"""

from pathlib import Path

from starlette.responses import Response

from salus.api.errors import NotPublishedHere
from salus.api.operation import TEXT, Call, Content, Operation, Parameter
from salus.client.published import CHECKPOINT, PublishedLog
from salus.merkle.tiles import WIDTH, TileName, tile_name

OCTETS = "application/octet-stream"
_FOR_EVER, _NOW = "public, max-age=31536000, immutable", "no-cache"


async def checkpoint(call: Call) -> Response:
    """Return the newest published checkpoint, with the cosignatures of witnesses."""
    folder = _folder(call)
    note = await call.served.work.run(_read, folder / CHECKPOINT)
    return Response(note, media_type=f"{TEXT}; charset=utf-8", headers={"Cache-Control": _NOW})


async def tile(call: Call) -> Response:
    """Return a tile, or a bundle of entries."""
    name, folder = tile_name(f"tile/{call.path('path')}"), _folder(call)
    if name is None:
        raise NotPublishedHere
    raw = await call.served.work.run(_tile, folder, name)
    cached = _FOR_EVER if name.width == WIDTH else _NOW
    return Response(raw, media_type=OCTETS, headers={"Cache-Control": cached})


def _folder(call: Call) -> Path:
    if call.served.tiles is None:
        raise NotPublishedHere
    return call.served.tiles


def _tile(folder: Path, name: TileName) -> bytes:
    raw = PublishedLog(folder).raw(name)
    if raw is None:
        raise NotPublishedHere
    return raw


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise NotPublishedHere from None


OPERATIONS = (
    Operation(
        "GET",
        "/checkpoint",
        "checkpoint",
        "log",
        "The log's signed checkpoint.",
        checkpoint,
        {200: Content(TEXT, None, "A signed note (C2SP tlog-checkpoint), with cosignatures.")},
        problems=(404,),
    ),
    Operation(
        "GET",
        "/tile/{path:path}",
        "tile",
        "log",
        "A tile of the log, or a bundle of entries.",
        tile,
        {200: Content(OCTETS, None, "Hashes of 32 bytes; in a bundle entries, each after its length.")},
        parameters=(Parameter("path", "path", "As C2SP tlog-tiles names it.", "[0-9a-z/.]{1,64}", True, "0/000.p/17"),),
    ),
)
