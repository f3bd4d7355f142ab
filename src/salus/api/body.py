"""Read a request's body whole: no more than the operation takes, and no slower than it must come."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from salus.api.admission import Admitted
from salus.api.errors import BodyTooLarge, BodyTooSlow, CodedBody, NoBodyWanted, WrongMediaType
from salus.api.operation import MIB, Operation

FIRST_S, MIB_S = 10.0, 4.0  # a body has ten seconds, and four more for each MiB of it that came
DIGITS = 20  # of a Content-Length that are read: more than the parser takes


async def read_body(request: Request, operation: Operation, admitted: Admitted) -> bytes:
    """Return the body; raise BodyTooLarge, BodyTooSlow, CodedBody, NoBodyWanted, NoRoom, WrongMediaType."""
    announced = request.headers.get("content-length", "")
    size = int(announced[:DIGITS]) if announced.isascii() and announced.isdigit() else 0
    most = operation.most_bytes if operation.takes else 0
    if size > most:
        raise BodyTooLarge if operation.takes else NoBodyWanted
    if operation.takes:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in [content.media_type for content in operation.takes]:
            raise WrongMediaType
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise CodedBody
    try:
        async with asyncio.timeout(FIRST_S) as patience:
            return await _gather(request, operation, admitted, patience)
    except TimeoutError:
        raise BodyTooSlow from None


async def _gather(request: Request, operation: Operation, admitted: Admitted, patience: asyncio.Timeout) -> bytes:
    parts, room = [], operation.most_bytes if operation.takes else 0
    until = patience.when() or 0.0
    try:
        async for part in request.stream():
            room -= len(part)
            if room < 0:
                raise BodyTooLarge if operation.takes else NoBodyWanted
            admitted.hold(len(part))
            until += len(part) / MIB * MIB_S
            patience.reschedule(until)
            parts.append(part)
    except ClientDisconnect:
        raise BodyTooSlow from None
    return b"".join(parts)
