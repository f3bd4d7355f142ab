"""Alive and ready. Neither says anything of anybody."""

import msgspec
import orjson
from starlette.responses import Response

from salus.api.ledger.errors import NotReady
from salus.api.operation import JSON, Call, Content, Operation
from salus.api.problem import problem


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a process says of itself."""

    status: str  # "ok", or "not ready"
    height: int
    behind_ms: int  # how long ago the state was known to be the newest
    warning: str = ""  # what is to be changed before it does harm, with its code


async def alive(call: Call) -> Response:
    """Answer, which is all."""
    return Response(b'{"status":"ok"}', media_type=JSON)


async def ready(call: Call) -> Response:
    """Say how far the ledger is, and how old what it says may be; refuse where nobody should be sent here."""
    served = call.served
    height, behind = served.ledger.height(), max(0, served.ledger.now() - served.ledger.as_of())
    trouble = served.ledger.trouble()
    refusal = NotReady() if trouble is not None else await served.work.run(served.unready)
    if refusal is not None:
        why = {} if trouble is None else {"why": str(trouble)}
        return problem(refusal, more={"height": height, "behind_ms": behind, **why})
    warning = await served.work.run(served.warning)
    found = Health("ok", height, behind, "" if warning is None else str(warning))
    return Response(orjson.dumps(msgspec.to_builtins(found)), media_type=JSON)


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


OPERATIONS = (
    Operation("GET", "/health", "health", "operate", "Is the process alive?", alive, {200: Content(JSON, Alive)}),
    Operation("GET", "/ready", "ready", "operate", "Can it serve?", ready, {200: Content(JSON, Health)}),
)
