"""Alive and ready. Neither says anything of anybody."""

import msgspec
import orjson
from starlette.responses import Response

from salus.api.ledger.errors import NotReady
from salus.api.operation import JSON, Call, Content, Operation


class Health(msgspec.Struct, frozen=True):
    """What a process says of itself."""

    status: str  # "ok", or "not ready"
    height: int
    behind_ms: int  # how long ago the state was known to be the newest


async def alive(call: Call) -> Response:
    """Answer, which is all."""
    return Response(b'{"status":"ok"}', media_type=JSON)


async def ready(call: Call) -> Response:
    """Say how far the ledger is, and how old what it says may be; refuse where no more blocks will come."""
    ledger = call.served.ledger
    if ledger.trouble() is not None:
        raise NotReady
    found = Health("ok", ledger.height(), max(0, ledger.now() - ledger.as_of()))
    return Response(orjson.dumps(msgspec.to_builtins(found)), media_type=JSON)


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


OPERATIONS = (
    Operation("GET", "/health", "health", "operate", "Is the process alive?", alive, {200: Content(JSON, Alive)}),
    Operation("GET", "/ready", "ready", "operate", "Can it serve?", ready, {200: Content(JSON, Health)}),
)
