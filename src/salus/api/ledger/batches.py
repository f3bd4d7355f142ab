"""Batches: the node takes them, who follows hands them on to it; either answers once the block is durable.

The same batch again, while it is under way or lately after, is not sent a second time: its one result is the answer.
So a client whose answer was lost asks again, and the ledger's own refusal of a replay is for later ones.
"""

import asyncio

from starlette.responses import Response

from salus.api.ledger.errors import NoSuchBatch
from salus.api.ledger.parameters import DIGEST, digest, in_path
from salus.api.operation import CBOR, COSE, Call, Content, Operation
from salus.client.wire import write_result
from salus.core.envelope import MAX_BATCH_BYTES, parse_batch


async def submit(call: Call) -> Response:
    """Take a batch, and answer what became of it once its block is durable."""
    ledger, known = call.served.ledger, call.served.batches
    key = parse_batch(ledger.network, call.body).id
    done = known.get(key)
    if done is None:
        done = await call.served.work.run(ledger.submit, call.body)
        known.add(key, len(call.body), done)
    return Response(write_result(await asyncio.wrap_future(done)), media_type=CBOR)


async def outcome(call: Call) -> Response:
    """Say what became of a batch that came here lately; waits while it is under way."""
    done = call.served.batches.get(digest(call.path("batch")))
    if done is None:
        raise NoSuchBatch
    return Response(write_result(await asyncio.wrap_future(done)), media_type=CBOR)


_RESULT = Content(CBOR, words="[id, code, height, time, [[envelope id, code, [event...]]...]]; code 0 is success.")

OPERATIONS = (
    Operation(
        "POST",
        "/ledger/batches",
        "ledgerSubmit",
        "ledger",
        "Hand in a batch that a member's gateway signed.",
        submit,
        {200: _RESULT},
        takes=(Content(COSE, words="COSE_Sign, kind batch."),),
        most_bytes=MAX_BATCH_BYTES,
        problems=(403,),
    ),
    Operation(
        "GET",
        "/ledger/batches/{batch}",
        "ledgerBatch",
        "ledger",
        "What became of a batch that came here lately.",
        outcome,
        {200: _RESULT},
        parameters=(in_path("batch", "Its id.", DIGEST, "00" * 32),),
    ),
)
