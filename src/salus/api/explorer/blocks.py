"""Blocks: a page of them, and one with its envelopes in words."""

from contextlib import suppress

from starlette.responses import Response

from salus.api.explorer.answers import answer
from salus.api.explorer.envelopes import show_envelope
from salus.api.explorer.errors import StillReading
from salus.api.explorer.ledger_words import LedgerWords
from salus.api.explorer.parameters import BEFORE, HEIGHT, MOST, START, number
from salus.api.explorer.parsed import Parsed
from salus.api.explorer.reading import Reading
from salus.api.explorer.traced import NO_NONCE, events_of
from salus.api.explorer.view import BatchView, BlockPage, BlockView, Outcome
from salus.api.explorer.voted import show_votes
from salus.api.operation import JSON, Call, Content, Operation
from salus.client.ledger import Ledger

MOST_BLOCKS, DEFAULT_BLOCKS = 50, 20
MOST_ENVELOPES = 50  # of a block in one answer


def list_blocks(ledger: Ledger, reading: Reading, before: int, most: int) -> BlockPage:
    """Return up to `most` blocks below the height `before`, the newest first."""
    height, gone = ledger.height(), ledger.pruned()
    first = 0 if gone is None else gone.headers - 1
    top = min(before - 1, height)
    low = max(top - most, first)
    blocks = tuple(reading.blocks.summary(one) for one in range(top, low, -1))
    return BlockPage(blocks, height, low + 1 if low > first else None)


def show_block(ledger: Ledger, reading: Reading, height: int, start: int) -> BlockView:
    """Return a block with its envelopes from the place `start`; raise NoSuchBlock."""
    parsed = reading.blocks.parsed(height)
    header, end = parsed.header.header, min(start + MOST_ENVELOPES, len(parsed.envelopes))
    words = LedgerWords(ledger)
    votes = show_votes(ledger, words, parsed.header)
    return BlockView(
        header.height,
        header.time,
        parsed.header.hash.hex(),
        header.previous.hex(),
        header.app_hash.hex(),
        header.batches.hex(),
        header.node.hex() if votes is None else None,
        votes,
        parsed.size,
        parsed.pruned,
        len(parsed.envelopes),
        _batches(words, reading, parsed, start, end),
        events_of(reading.traces.of(parsed), NO_NONCE) if start == 0 else (),
        start,
        end if end < len(parsed.envelopes) else None,
        ledger.height(),
    )


def _batches(words: LedgerWords, reading: Reading, parsed: Parsed, start: int, end: int) -> tuple[BatchView, ...]:
    shown = []
    for number_, batch in enumerate(parsed.batches):
        places = [place for place in range(start, end) if parsed.envelopes[place].batch == number_]
        if places:
            carrier = batch.payload.carrier[0]
            envelopes = tuple(show_envelope(words, reading, parsed, place) for place in places)
            shown.append(BatchView(batch.id.hex(), carrier.hex(), words.organisation(carrier) or "", envelopes))
    return tuple(shown)


async def page(call: Call) -> Response:
    """Answer a page of blocks."""
    served = call.served
    before = number(call, BEFORE, served.ledger.height() + 1)
    most = max(1, min(number(call, MOST, DEFAULT_BLOCKS), MOST_BLOCKS))
    return answer(await served.work.run(list_blocks, served.ledger, served.reading, before, most))


async def one(call: Call) -> Response:
    """Answer one block. Whether what has no effect in it was executed before, the index of envelopes tells."""
    height, start, served = number(call, HEIGHT, 0), number(call, START, 0), call.served
    found = await served.work.run(show_block, served.ledger, served.reading, height, start)
    if any(one.outcome is Outcome.WITHOUT_EFFECT for batch in found.batches for one in batch.envelopes):
        with suppress(StillReading):
            await served.reading.envelopes.reader.caught_up()
            found = await served.work.run(show_block, served.ledger, served.reading, height, start)
    return answer(found)


OPERATIONS = (
    Operation(
        "GET",
        "/explorer/blocks",
        "explorerBlocks",
        "explorer",
        "Blocks, the newest first.",
        page,
        {200: Content(JSON, BlockPage)},
        parameters=(BEFORE, MOST),
        cost=10,
    ),
    Operation(
        "GET",
        "/explorer/blocks/{height}",
        "explorerBlock",
        "explorer",
        "A block with its envelopes in plain words.",
        one,
        {200: Content(JSON, BlockView)},
        parameters=(HEIGHT, START),
        problems=(410,),
        cost=20,
    ),
)
