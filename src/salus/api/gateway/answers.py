"""The answer to a post of envelopes: CBOR with receipts, or the same in JSON for people."""

from collections.abc import Sequence

import msgspec
import orjson
from starlette.responses import Response

from salus.api.executed import Executed
from salus.api.operation import CBOR, JSON, Call
from salus.api.posts import Answered, ended
from salus.client.submission import Outcome, Submitted, sign_receipts
from salus.core.encoding import encode
from salus.core.errors import Refusal
from salus.services.actors import Organisation
from salus.services.carry import Carrying


class OutcomeShown(msgspec.Struct, frozen=True):
    """What became of one envelope. Height 0: it was refused before it was carried, and no block holds it."""

    id: str  # hex
    code: int  # 0 is success
    height: int
    time: int  # of the block, milliseconds since 1970
    events: list[str]  # bodies as in the log, hex


class SubmittedShown(msgspec.Struct, frozen=True):
    """An outcome of each envelope in the order they came, a signed receipt of each block."""

    outcomes: list[OutcomeShown]
    receipts: list[str]  # COSE, hex


def landed(carrying: Sequence[Carrying], executed: Executed) -> list[Outcome]:
    """Wait, in a thread, until all have landed; return the outcomes. Raises what whole batches were refused by."""
    outcomes = []
    for one in carrying:
        outcome = ended(one, executed)
        if isinstance(one.under_way, Refusal):
            outcome = Outcome(one.id, one.under_way.code, 0, 0, ())
        if isinstance(outcome, BaseException):
            raise outcome
        outcomes.append(outcome)
    return outcomes


def answer(call: Call, organisation: Organisation, outcomes: Sequence[Outcome]) -> Response:
    """Return the outcomes with the receipts that the gateway signs, in the form that was asked for."""
    receipts = sign_receipts(organisation.network, organisation.account, organisation.gateway, outcomes)
    if not wants_json(call):
        return Response(encode(Submitted(tuple(outcomes), receipts)), media_type=CBOR)
    return _in_json(outcomes, receipts)


def answer_alone(call: Call, answered: Answered) -> Response:
    """Return the answer to the post of one envelope."""
    if not wants_json(call):
        return Response(answered.raw, media_type=CBOR)
    return _in_json((answered.outcome,), answered.receipts)


def _in_json(outcomes: Sequence[Outcome], receipts: Sequence[bytes]) -> Response:
    shown = SubmittedShown([_shown(outcome) for outcome in outcomes], [receipt.hex() for receipt in receipts])
    return Response(orjson.dumps(msgspec.to_builtins(shown)), media_type=JSON)


def wants_json(call: Call) -> bool:
    """True if the caller's Accept names JSON and not CBOR."""
    accepted = call.request.headers.get("accept", "")
    return JSON in accepted and CBOR not in accepted


def _shown(outcome: Outcome) -> OutcomeShown:
    events = [event.hex() for event in outcome.events]
    return OutcomeShown(outcome.id.hex(), outcome.code, outcome.height, outcome.time, events)
