"""Salus-Height: how far a sender has seen the ledger, so that what it did upon a block is judged with that block."""

import asyncio
import time

from salus.api.errors import BadParameter
from salus.api.letters.errors import StillBehind
from salus.api.operation import Call, Parameter
from salus.client.http import HEIGHT

WAIT_S, LOOK_S = 5.0, 0.01
SEEN = Parameter(HEIGHT, "header", "The height up to which the sender has seen the ledger.", "[0-9]{1,15}")


async def caught_up(call: Call, within_s: float = WAIT_S) -> None:
    """Wait until the ledger here is as far as the request's sender has seen it; raise StillBehind, BadParameter."""
    said = call.request.headers.get(HEIGHT, "0")
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise BadParameter
    height, until = int(said), time.monotonic() + within_s
    while call.served.ledger.height() < height:
        if time.monotonic() >= until:
            raise StillBehind
        await asyncio.sleep(LOOK_S)


def seen(call: Call) -> dict[str, str]:
    """Return the header that says how far the ledger is here."""
    return {HEIGHT: str(call.served.ledger.height())}
