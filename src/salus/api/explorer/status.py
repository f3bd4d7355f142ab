"""What the ledger is, how far it is, and what kind of trust it deserves."""

from functools import lru_cache
from importlib.metadata import version

import msgspec
from starlette.responses import Response

from salus.api.explorer.answers import answer
from salus.api.explorer.traced import log_size
from salus.api.explorer.view import Phrase
from salus.api.operation import JSON, Call, Content, Operation
from salus.api.served import Served
from salus.contracts.governance import queries as governance
from salus.core.errors import Refusal
from salus.core.genesis import read_genesis
from salus.merkle.checkpoint import cosignatures, parse

TRUST = {
    "embedded": Phrase("one operator, tamper-evident, not consensus", "单一运营方，可发现篡改，并非共识"),
    "cometbft": Phrase("decided by the members' validators", "由各成员的验证者共同决定"),
}


class Cosigned(msgspec.Struct, frozen=True):
    """A witness's signature under the log's checkpoint."""

    name: str
    time: int


class StatusView(msgspec.Struct, frozen=True):
    """A ledger in numbers. `behind_ms`: how long ago its state was known to be the newest."""

    name: str
    network: str
    engine: str  # "embedded", "cometbft"
    trust: Phrase
    height: int
    time: int
    now: int
    behind_ms: int
    log_entries: int
    members: int  # that are active
    pruned_before: int | None  # a height
    begins_at: int | None  # a height, below which not even headers are here: it began with a state from elsewhere
    checkpoint: str | None  # the signed note; None where this process has none
    cosigned: tuple[Cosigned, ...]
    version: str


@lru_cache(maxsize=4)
def founded(genesis: bytes) -> tuple[str, int]:
    """Return name and time of a network, from its genesis file."""
    document = read_genesis(genesis)[1]
    return document.name, document.time


def show_status(served: Served) -> StatusView:
    """Return the ledger's status."""
    ledger = served.ledger
    view, gone, now = ledger.view(), ledger.pruned(), ledger.now()
    try:
        note: str | None = ledger.checkpoint().decode()
    except Refusal:  # a reader's, where nothing was cosigned
        note = None
    signed = () if note is None else tuple(Cosigned(name, at * 1000) for name, at in cosignatures(parse(note)))
    return StatusView(
        founded(served.genesis)[0],
        served.network.hex(),
        served.engine,
        TRUST[served.engine],
        ledger.height(),
        view.time,
        now,
        max(0, now - ledger.as_of()),
        log_size(ledger),
        governance.active_members(view),
        None if gone is None else gone.height,
        None if gone is None or gone.headers == 1 else gone.headers,
        note,
        signed,
        version("salus"),
    )


async def status(call: Call) -> Response:
    """Answer the status."""
    return answer(await call.served.work.run(show_status, call.served))


OPERATIONS = (
    Operation(
        "GET",
        "/explorer/status",
        "explorerStatus",
        "explorer",
        "The ledger in numbers, and what kind of trust it deserves.",
        status,
        {200: Content(JSON, StatusView)},
    ),
)
