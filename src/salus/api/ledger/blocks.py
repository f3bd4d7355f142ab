"""Blocks and headers, as they are stored: signed, each linked to the one before."""

from collections.abc import Callable

from starlette.responses import Response

from salus.api.ledger.errors import NoSuchBlock
from salus.api.ledger.parameters import in_path, in_query, number
from salus.api.operation import CBOR, COSE, Call, Content, Operation
from salus.client.wire import write_many

MOST, MOST_BYTES = 1_000, 4 * 1024**2  # in an answer of several; one is given however large it is


async def blocks(call: Call) -> Response:
    """Return blocks from a height on, as many as fit; none from after the newest."""
    return await _several(call, call.served.ledger.blocks)


async def headers(call: Call) -> Response:
    """Return signed headers from a height on, those of pruned blocks too."""
    return await _several(call, call.served.ledger.headers)


async def block(call: Call) -> Response:
    """Return one block."""
    return await _one(call, call.served.ledger.block, CBOR)


async def header(call: Call) -> Response:
    """Return the signed header of one block."""
    return await _one(call, call.served.ledger.header, COSE)


async def _several(call: Call, read: Callable[[int, int, int], list[bytes]]) -> Response:
    start, most = number(call, "from"), number(call, "most", MOST)
    try:
        found = await call.served.work.run(read, start, min(most, MOST), MOST_BYTES)
    except LookupError:
        raise NoSuchBlock from None
    return Response(write_many(found), media_type=CBOR)


async def _one(call: Call, one: Callable[[int], bytes], media_type: str) -> Response:
    height = number(call, "height")
    try:
        return Response(await call.served.work.run(one, height), media_type=media_type)
    except LookupError:
        raise NoSuchBlock from None


_PAGE = (
    in_query("from", "The first height.", example="1", required=True),
    in_query("most", f"How many at most, up to {MOST}."),
)
_HEIGHT = (in_path("height", "The block's height, from 1."),)
_BLOCKS, _HEADERS = Content(CBOR, words="An array of encoded blocks."), Content(CBOR, words="An array of COSE_Sign.")

OPERATIONS = (
    Operation(
        "GET",
        "/ledger/blocks",
        "ledgerBlocks",
        "ledger",
        "Blocks in order.",
        blocks,
        {200: _BLOCKS},
        parameters=_PAGE,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/ledger/headers",
        "ledgerHeaders",
        "ledger",
        "Signed headers in order.",
        headers,
        {200: _HEADERS},
        parameters=_PAGE,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/ledger/blocks/{height}",
        "ledgerBlock",
        "ledger",
        "One block.",
        block,
        {200: Content(CBOR)},
        parameters=_HEIGHT,
    ),
    Operation(
        "GET",
        "/ledger/headers/{height}",
        "ledgerHeader",
        "ledger",
        "The signed header of a block, pruned or not.",
        header,
        {200: Content(COSE, words="COSE_Sign, kind header.")},
        parameters=_HEIGHT,
    ),
)
