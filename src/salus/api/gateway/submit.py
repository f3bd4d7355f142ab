"""Post what was signed: envelopes, claims, recoveries, vetoes. Who posts is not asked, since bodies are signed.

An answer comes once the block with the envelope is durable. What is refused before it is carried, alone in its post,
is a problem; among others it has an outcome of height 0.
"""

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from salus.api.gateway.answers import SubmittedShown, answer, answer_alone, landed
from salus.api.letters.heights import SEEN, caught_up
from salus.api.operation import CBOR, COSE, JSON, MIB, Call, Content, Operation
from salus.client.submission import MOST, Outcome
from salus.core.encoding import decode, decode_plain
from salus.core.errors import Malformed
from salus.core.types import Message
from salus.services.actors import Organisation
from salus.services.carry import Carrying, carry, carry_claim, carry_recovery, carry_veto

_SMALL = 64 * 1024  # of a claim, a recovery, a veto


class Recovery(Message, frozen=True):
    """A recovery with its keyholders' approval."""

    recovery: Annotated[bytes, Meta(max_length=_SMALL)]  # encoded RecoveryPayload
    approval: Annotated[bytes, Meta(max_length=_SMALL)]  # COSE_Sign, kind approval


async def envelopes(call: Call) -> Response:
    """Carry one envelope, or a CBOR array of up to 500, in one batch as far as they fit."""
    await caught_up(call)
    if call.media_type == COSE:
        served = call.served
        return answer_alone(call, await served.posts.carry(served.organisation, call.path("org"), call.body))
    raws = _array(call.body)
    return await _carried(call, lambda organisation: carry(organisation, raws))


def _array(body: bytes) -> list[bytes]:
    found = decode_plain(body)
    if not isinstance(found, list) or not 1 <= len(found) <= MOST or any(type(one) is not bytes for one in found):
        raise Malformed
    return found


async def claims(call: Call) -> Response:
    """Carry a claim in an envelope of the member's own."""
    await caught_up(call)
    return await _carried(call, lambda organisation: [carry_claim(organisation, call.body)])


async def recoveries(call: Call) -> Response:
    """Carry an approved recovery in an envelope of the member's own."""
    await caught_up(call)
    brought = decode(call.body, Recovery)
    return await _carried(call, lambda organisation: [carry_recovery(organisation, brought.recovery, brought.approval)])


async def vetoes(call: Call) -> Response:
    """Carry a veto in an envelope of the member's own."""
    await caught_up(call)
    return await _carried(call, lambda organisation: [carry_veto(organisation, call.body)])


async def _carried(call: Call, send: Callable[[Organisation], list[Carrying]]) -> Response:
    """Send and wait in a thread."""

    def sent() -> tuple[Organisation, list[Outcome]]:
        organisation = call.organisation
        return organisation, landed(send(organisation), call.served.posts.executed(organisation.ledger))

    organisation, outcomes = await call.served.posts.run(sent)
    return answer(call, organisation, outcomes)


_ANSWER = Content(CBOR, words="What became of each envelope, with a signed receipt of each block.")
_GIVES = {200: (_ANSWER, Content(JSON, SubmittedShown))}
_PROBLEMS = (401, 403, 404, 409, 410)


ENVELOPES = Operation(
    "POST",
    "/{org}/envelopes",
    "postEnvelopes",
    "gateway",
    "Have envelopes carried to the ledger",
    envelopes,
    _GIVES,
    takes=(Content(COSE, words="One envelope."), Content(CBOR, words="An array of 1 to 500 envelopes.")),
    most_bytes=MIB,
    problems=_PROBLEMS,
    parameters=(SEEN,),
)
OPERATIONS = (
    ENVELOPES,
    Operation(
        "POST",
        "/{org}/claims",
        "postClaim",
        "gateway",
        "Have a claim of an account carried",
        claims,
        _GIVES,
        takes=(Content(COSE, words="A claim."),),
        most_bytes=_SMALL,
        problems=_PROBLEMS,
        parameters=(SEEN,),
    ),
    Operation(
        "POST",
        "/{org}/recoveries",
        "postRecovery",
        "gateway",
        "Have an approved recovery carried",
        recoveries,
        _GIVES,
        takes=(Content(CBOR, words="[recovery, approval]."),),
        most_bytes=2 * _SMALL,
        problems=_PROBLEMS,
        parameters=(SEEN,),
    ),
    Operation(
        "POST",
        "/{org}/vetoes",
        "postVeto",
        "gateway",
        "Have a veto of a recovery carried",
        vetoes,
        _GIVES,
        takes=(Content(COSE, words="A veto."),),
        most_bytes=_SMALL,
        problems=_PROBLEMS,
        parameters=(SEEN,),
    ),
)
