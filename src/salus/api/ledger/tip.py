"""How far the ledger is: its tip, at once or as soon as there is a new block; its genesis; its status."""

import asyncio
from contextlib import suppress

import msgspec
import orjson
from starlette.responses import Response

from salus.api.ledger.parameters import in_query, number
from salus.api.operation import CBOR, COSE, JSON, Call, Content, Operation
from salus.api.served import Served
from salus.client.ledger import Ledger
from salus.evidence.state import LOG_KEY, LogValue, read

MOST_WAIT_MS = 25_000


class Status(msgspec.Struct, frozen=True):
    """A ledger in numbers; times in milliseconds since 1970."""

    network: str
    height: int
    time: int  # of the last block
    as_of: int  # up to when this is known to be the newest state
    log_size: int
    pruned: int  # height of the first whole block, 0 where all are
    follows: bool  # False once following ended for good


async def genesis(call: Call) -> Response:
    """Return the network's genesis file, which a reader should have from elsewhere."""
    return Response(call.served.genesis, media_type=CBOR)


async def status(call: Call) -> Response:
    """Say how far the ledger is; nothing of it is signed."""
    found = await call.served.work.run(_status, call.served.ledger)
    return Response(orjson.dumps(msgspec.to_builtins(found)), media_type=JSON)


def _status(ledger: Ledger) -> Status:
    state, gone = ledger.view(), ledger.pruned()
    log = read(state.get(LOG_KEY) or b"", LogValue)
    return Status(
        ledger.network.hex(),
        state.height,
        state.time,
        ledger.as_of(),
        0 if log is None else log.size,
        0 if gone is None else gone.height,
        ledger.trouble() is None,
    )


async def tip(call: Call) -> Response:
    """Return the signed tip; with `after` not before there is another block than that, or `wait_ms` is over.

    Where too many wait, and where the server ends, it comes at once.
    """
    after, wait_ms = number(call, "after", -1), number(call, "wait_ms", 0, MOST_WAIT_MS)
    if wait_ms and not call.served.waiting.closed:
        await another(call.served, after, wait_ms / 1000)
    return Response(await call.served.work.run(call.served.ledger.tip), media_type=COSE)


async def another(served: Served, height: int, timeout_s: float) -> None:
    """Return once the ledger's height is not `height`, at the latest after `timeout_s` or when the server ends."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()

    def told(_: int) -> None:
        with suppress(RuntimeError):  # of a loop that ends: nobody waits there any more
            loop.call_soon_threadsafe(came.set)

    ends = served.ledger.subscribe(told), served.waiting.add(came.set)
    try:
        async with asyncio.timeout(timeout_s):
            while served.ledger.height() == height and not served.waiting.ended:
                await came.wait()
                came.clear()
    except TimeoutError:
        return
    finally:
        for end in ends:
            end()


OPERATIONS = (
    Operation("GET", "/ledger/genesis", "ledgerGenesis", "ledger", "The genesis file.", genesis, {200: Content(CBOR)}),
    Operation(
        "GET", "/ledger/status", "ledgerStatus", "ledger", "How far it is.", status, {200: Content(JSON, Status)}
    ),
    Operation(
        "GET",
        "/ledger/tip",
        "ledgerTip",
        "ledger",
        "What the node says last of its newest block, signed.",
        tip,
        {200: Content(COSE, words="COSE_Sign, kind tip.")},
        parameters=(
            in_query("after", "Wait while this is the height of the newest block."),
            in_query("wait_ms", f"How long to wait, at most {MOST_WAIT_MS}.", "[0-9]{1,5}"),
        ),
    ),
)
