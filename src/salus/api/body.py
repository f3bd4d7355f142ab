"""Read a request's body whole: no more than the operation takes, and no slower than it must come."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from salus.api.errors import BodyTooLarge, BodyTooSlow, NoBodyWanted, WrongMediaType
from salus.api.operation import MIB, Operation

FIRST_S, MIB_S = 10.0, 4.0  # a body has ten seconds, and four more for each MiB it announces


async def read_body(request: Request, operation: Operation) -> bytes:
    """Return the body; raise BodyTooLarge, BodyTooSlow, NoBodyWanted, WrongMediaType."""
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 16 else 0
    most = operation.most_bytes if operation.takes else 0
    if size > most:
        raise BodyTooLarge if operation.takes else NoBodyWanted
    if operation.takes:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in [content.media_type for content in operation.takes]:
            raise WrongMediaType
    try:
        async with asyncio.timeout(FIRST_S + size / MIB * MIB_S):
            return await _gather(request, most, wanted=bool(operation.takes))
    except TimeoutError:
        raise BodyTooSlow from None


async def _gather(request: Request, most: int, *, wanted: bool) -> bytes:
    parts, room = [], most
    try:
        async for part in request.stream():
            room -= len(part)
            if room < 0:
                raise BodyTooLarge if wanted else NoBodyWanted
            parts.append(part)
    except ClientDisconnect:
        raise BodyTooSlow from None
    return b"".join(parts)
