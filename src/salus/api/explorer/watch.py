"""`GET /explorer/tail`: new blocks as they come."""

from starlette.responses import Response, StreamingResponse

from salus.api.errors import BadParameter
from salus.api.operation import Call, Content, Operation, Parameter

EVENTS = "text/event-stream"
LAST = Parameter("Last-Event-ID", "header", "The last block seen; the stream goes on after it.", "[0-9]{1,15}")


async def tail(call: Call) -> Response:
    """Answer with a stream of blocks."""
    given = call.request.headers.get("last-event-id", "")
    if given and not (given.isascii() and given.isdigit() and len(given) <= 15):
        raise BadParameter
    served = call.served
    served.reading.tail.check_room()
    stream = served.reading.tail.stream(served.work, int(given) if given else None)
    return StreamingResponse(stream, media_type=EVENTS, headers={"cache-control": "no-store"})


OPERATIONS = (
    Operation(
        "GET",
        "/explorer/tail",
        "explorerTail",
        "explorer",
        "New blocks, as Server-Sent Events.",
        tail,
        {200: Content(EVENTS, None, "An event `block` for each new block, with its summary; its id is the height.")},
        parameters=(LAST,),
        cost=5,
    ),
)
