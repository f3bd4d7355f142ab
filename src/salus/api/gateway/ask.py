"""Ask a custodian: requests, sessions, look-ups. Each body is signed itself, and its answer is sealed to who signed.

The answer is sent once the ledger holds it. A refusal that stands on the ledger is an answer too, a letter of
kind `refusal`; the field `Salus-Letter` says which kind came. Who goes away before all was sent gets it as a letter.
"""

import asyncio
import logging
from collections.abc import Callable

from starlette.responses import Response

from salus.api.gateway.streamed import Handed, Streamed
from salus.api.letters.heights import SEEN, caught_up, seen
from salus.api.operation import CBOR, Call, Content, Handler, Operation
from salus.core.encoding import encode
from salus.core.errors import Refusal
from salus.core.types import Id, Message, Time
from salus.services.actors import Organisation
from salus.services.answering import HandOver, answer_match, answer_page, answer_request, answer_session
from salus.services.open_session import SessionOpened
from salus.services.remote.exchange import LETTER

LOG = logging.getLogger("salus.api")
_MOST = 256 * 1024  # a letter that asks is a signed object of 1 KiB at most and a seal of 128 KiB
Ask = Callable[[Organisation, bytes, HandOver], object]


class Opened(Message, frozen=True):
    """A session that the ledger holds."""

    session: Id
    relation: Id
    ends: Time  # block time, milliseconds


async def requests(call: Call) -> Response:
    """Decide about a request of either kind and answer with the sealed delivery, or the refusal."""
    return await _answered(call, answer_request)


async def sessions(call: Call) -> Response:
    """Open a session; the answer is `[session, relation, ends]`, or the refusal."""
    return await _answered(call, answer_session)


async def pages(call: Call) -> Response:
    """Answer a search of a session with a sealed page; the last word, and a ground that ended, with the closing."""
    return await _answered(call, answer_page)


async def match(call: Call) -> Response:
    """Answer a look-up with a sealed ticket."""
    return await _answered(call, answer_match)


async def _answered(call: Call, ask: Ask) -> Response:
    await caught_up(call)
    recent = call.served.recent
    key, before = recent.begin(call.path("org"), call.body)
    if before is not None:
        return Streamed(before, seen(call))
    handed, threads = Handed(), call.served.answering or call.served.work
    job = asyncio.ensure_future(threads.run(lambda: ask(call.organisation, call.body, handed.hand_over)))
    job.add_done_callback(lambda done: _over(done, lambda: recent.end(key)))
    try:
        await asyncio.wait((job, handed.answer), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        handed.taken(False)
        raise
    if handed.answer.done():
        recent.keep(key, handed.answer.result())
        return Streamed(handed.answer.result(), seen(call), handed)
    made = job.result()
    if not isinstance(made, SessionOpened):
        raise TypeError("what is decided is answered")
    return Response(encode(Opened(made.session, made.relation, made.ends)), media_type=CBOR, headers=seen(call))


def _over(job: "asyncio.Future[object]", then: Callable[[], None]) -> None:
    """What failed after the answer was under way is done again from the outbox."""
    then()
    error = None if job.cancelled() else job.exception()
    if error is not None and not isinstance(error, Refusal):
        LOG.error("bug", extra={"operation": "answer", "kind": type(error).__name__})


def _operation(path: str, name: str, summary: str, handler: Handler, takes: str, gives: str) -> Operation:
    return Operation(
        "POST",
        path,
        name,
        "gateway",
        summary,
        handler,
        {200: Content(CBOR, words=gives)},
        takes=(Content(CBOR, words=takes),),
        most_bytes=_MOST,
        problems=(401, 403, 404, 409, 410),
        parameters=(SEEN,),
    )


_SAYS = f"The field {LETTER} names its kind."
OPERATIONS = (
    _operation(
        "/{org}/requests",
        "postRequest",
        "Ask for records",
        requests,
        "[request, sealed opening]: a signed request, or one to break the glass.",
        f"A letter: delivery, refusal, emergency. {_SAYS}",
    ),
    _operation(
        "/{org}/sessions",
        "openSession",
        "Ask for a session of many searches",
        sessions,
        "[request, sealed opening].",
        f"[session, relation, ends], or a letter of kind refusal. {_SAYS}",
    ),
    _operation(
        "/{org}/sessions/pages",
        "postPage",
        "Search within a session, or close it",
        pages,
        "[signed page request, sealed search].",
        f"A letter: page, closing. {_SAYS}",
    ),
    _operation(
        "/{org}/match",
        "match",
        "Ask which patient is meant",
        match,
        "[signed look-up, sealed query].",
        f"A letter of kind ticket. {_SAYS}",
    ),
)
