"""An envelope in words, in its block or by its id."""

from starlette.responses import Response

from salus.api.explorer.answers import answer
from salus.api.explorer.errors import NoSuchEnvelope
from salus.api.explorer.ledger_words import LedgerWords
from salus.api.explorer.parameters import ENVELOPE, identifier
from salus.api.explorer.parsed import Parsed
from salus.api.explorer.reading import Reading
from salus.api.explorer.shown import UNREADABLE, phrase, show_message
from salus.api.explorer.traced import events_of, outcome
from salus.api.explorer.view import EnvelopeView, MessageView, Outcome, PlacedEnvelope, SignerView
from salus.api.operation import JSON, Call, Content, Operation
from salus.client.ledger import Ledger
from salus.core.envelope import Envelope

MOST_MESSAGES = 20  # of one envelope that are shown


def show_envelope(words: LedgerWords, reading: Reading, parsed: Parsed, place: int) -> EnvelopeView:
    """Return the envelope at a place of a block."""
    trace = reading.traces.of(parsed)
    envelope = parsed.envelopes[place].envelope
    if envelope is None:
        said = MessageView(0, "", phrase(UNREADABLE), phrase(UNREADABLE), (), ())
        return EnvelopeView("", Outcome.WITHOUT_EFFECT, 0, (), (said,), 0, ())
    became = outcome(trace, parsed, place, envelope)
    if became is Outcome.WITHOUT_EFFECT and _executed_before(reading, parsed, envelope):
        became = Outcome.AGAIN
    messages = envelope.payload.messages
    return EnvelopeView(
        envelope.id.hex(),
        became,
        envelope.payload.not_after,
        _signers(words, envelope),
        tuple(show_message(words, number, raw) for number, raw in messages[:MOST_MESSAGES]),
        max(0, len(messages) - MOST_MESSAGES),
        events_of(trace, envelope.payload.nonce) if became is Outcome.ACCEPTED else (),
    )


def _executed_before(reading: Reading, parsed: Parsed, envelope: Envelope) -> bool:
    """True if an earlier block, of those that the index has read, holds the envelope and it took effect there."""
    for height, place in reading.envelopes.find(envelope.id.hex()):
        if height < parsed.header.header.height:
            before = reading.blocks.parsed(height)
            same = before.envelopes[place].envelope
            if same is not None and same.id == envelope.id:
                return outcome(reading.traces.of(before), before, place, same) is Outcome.ACCEPTED
    return False


def _signers(words: LedgerWords, envelope: Envelope) -> tuple[SignerView, ...]:
    return tuple(
        SignerView(account.hex(), key.hex(), words.organisation(account), words.is_person(account))
        for account, key in envelope.payload.signers
    )


def find_envelope(ledger: Ledger, reading: Reading, wanted: bytes) -> PlacedEnvelope:
    """Return the envelope of an id, where it stands first; raise NoSuchEnvelope."""
    for at in reading.envelopes.find(wanted.hex()):
        parsed = reading.blocks.parsed(at.height)
        found = parsed.envelopes[at.place]
        if found.envelope is None or found.envelope.id != wanted:
            continue
        batch, words = parsed.batches[found.batch], LedgerWords(ledger)
        carrier = batch.payload.carrier[0]
        return PlacedEnvelope(
            at.height,
            parsed.header.header.time,
            batch.id.hex(),
            carrier.hex(),
            words.organisation(carrier) or "",
            show_envelope(words, reading, parsed, at.place),
        )
    raise NoSuchEnvelope


async def one(call: Call) -> Response:
    """Answer one envelope by its id."""
    wanted, served = identifier(call, ENVELOPE), call.served
    await served.reading.envelopes.reader.caught_up()
    return answer(await served.work.run(find_envelope, served.ledger, served.reading, wanted))


OPERATIONS = (
    Operation(
        "GET",
        "/explorer/envelopes/{id}",
        "explorerEnvelope",
        "explorer",
        "An envelope in plain words, where it stands and what came of it.",
        one,
        {200: Content(JSON, PlacedEnvelope)},
        parameters=(ENVELOPE,),
        cost=20,
    ),
)
