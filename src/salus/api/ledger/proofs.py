"""Values of the state, proved under a signed header."""

from starlette.responses import Response

from salus.api.operation import CBOR, Call, Content, Operation
from salus.client.wire import MAX_KEYS, read_strings, write_proof
from salus.core.errors import Malformed, Oversized

MAX_KEY_BYTES = 256


async def proofs(call: Call) -> Response:
    """Prove the present values of the keys in the body, an array of byte strings."""
    keys = read_strings(call.body)
    if not keys or not all(keys):
        raise Malformed
    if len(keys) > MAX_KEYS or any(len(key) > MAX_KEY_BYTES for key in keys):
        raise Oversized
    found = await call.served.work.run(call.served.ledger.prove, keys)
    return Response(write_proof(found), media_type=CBOR)


OPERATIONS = (
    Operation(
        "POST",
        "/ledger/proofs",
        "ledgerProofs",
        "ledger",
        "Prove values of the state, or that there are none.",
        proofs,
        {200: Content(CBOR, words="[header, height, [value...], [proof...]]")},
        takes=(Content(CBOR, words="An array of keys."),),
        most_bytes=128 * 1024,
        problems=(403,),
    ),
)
