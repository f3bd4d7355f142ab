"""The log of events: entries with proofs (RFC 9162), growth, pages of entries, the signed note over it, what is gone.

https://www.rfc-editor.org/rfc/rfc9162#section-2.1
"""

from starlette.responses import Response

from salus.api.ledger.errors import NoSuchEntry
from salus.api.ledger.parameters import DIGEST, digest, in_path, in_query, number
from salus.api.operation import CBOR, TEXT, Call, Content, Operation
from salus.client.ledger import Ledger, LoggedEvent
from salus.client.wire import write_many
from salus.core.encoding import encode

MOST, MOST_BYTES = 256, 1024**2  # of a page of entries


async def entry(call: Call) -> Response:
    """Return an entry with the proof that the log of a size holds it."""
    index, size = number(call, "index"), number(call, "size", 0)
    try:
        found = await call.served.work.run(call.served.ledger.prove_event, index, size or None)
    except LookupError:
        raise NoSuchEntry from None
    return Response(encode(list(found)), media_type=CBOR)


async def growth(call: Call) -> Response:
    """Return the proof that the log grew from one size to another."""
    older, newer = number(call, "older"), number(call, "newer")
    try:
        path = await call.served.work.run(call.served.ledger.prove_growth, older, newer)
    except LookupError:
        raise NoSuchEntry from None
    return Response(write_many(path), media_type=CBOR)


async def events(call: Call) -> Response:
    """Return a page of entries from an index on, all or those about an account."""
    start, about = number(call, "from", 0), call.query("subject")
    subject = digest(about) if about else None
    page = await call.served.work.run(_page, call.served.ledger, start, subject)
    return Response(write_many(page), media_type=CBOR)


def _page(ledger: Ledger, start: int, subject: bytes | None) -> list[LoggedEvent]:
    page: list[LoggedEvent] = []
    room = MOST_BYTES
    for found in ledger.events(start, subject):
        room -= len(found.body)
        if page and (room < 0 or len(page) == MOST):
            break
        page.append(found)
    return page


async def note(call: Call) -> Response:
    """Return the signed note over the log, with the cosignatures of witnesses (C2SP tlog-checkpoint)."""
    return Response(await call.served.work.run(call.served.ledger.checkpoint), media_type=TEXT)


async def pruned(call: Call) -> Response:
    """Say what is gone: nothing, or one [height, time, entries]."""
    found = await call.served.work.run(call.served.ledger.pruned)
    return Response(write_many([] if found is None else [found]), media_type=CBOR)


OPERATIONS = (
    Operation(
        "GET",
        "/ledger/log/{index}",
        "ledgerEntry",
        "ledger",
        "An entry of the log, proved to be in it.",
        entry,
        {200: Content(CBOR, words="[index, size, body, [hash...]]")},
        parameters=(
            in_path("index", "Of the entry, from 0.", example="0"),
            in_query("size", "Of the log that is to hold it; without it the present one."),
        ),
    ),
    Operation(
        "GET",
        "/ledger/growth",
        "ledgerGrowth",
        "ledger",
        "The proof that the log only grew between two sizes.",
        growth,
        {200: Content(CBOR, words="[hash...]")},
        parameters=(
            in_query("older", "The smaller size.", example="1", required=True),
            in_query("newer", "The larger size.", example="1", required=True),
        ),
        problems=(404,),
    ),
    Operation(
        "GET",
        "/ledger/events",
        "ledgerEvents",
        "ledger",
        "Entries of the log in order.",
        events,
        {200: Content(CBOR, words="[[index, height, time, body]...]")},
        parameters=(
            in_query("from", "The first index."),
            in_query("subject", "Only those about this account.", DIGEST),
        ),
    ),
    Operation(
        "GET",
        "/ledger/note",
        "ledgerNote",
        "ledger",
        "The signed note over the log.",
        note,
        {200: Content(TEXT, words="C2SP tlog-checkpoint.")},
        problems=(403,),
    ),
    Operation(
        "GET",
        "/ledger/pruned",
        "ledgerPruned",
        "ledger",
        "What is gone.",
        pruned,
        {200: Content(CBOR, words="[] or [[height, time, entries]]")},
    ),
)
