"""Endpoints of members, and public sealing keys. A list of signed objects: whoever reads it checks each by the ledger.

Offered by the node's process; elsewhere there is no directory.
"""

from starlette.responses import Response

from salus.api.directory.errors import NoDirectory, NoSuchSealKey
from salus.api.errors import NotSigned
from salus.api.operation import CBOR, COSE, Call, Content, Operation, Parameter, Who
from salus.core.encoding import encode
from salus.services.remote.addresses import Listed
from salus.services.remote.directory import Directory
from salus.services.remote.endpoint import MAX_BYTES
from salus.vault.seals import PUBLIC_BYTES

OCTETS = "application/octet-stream"


async def endpoints(call: Call) -> Response:
    """List the endpoints that members registered."""
    listed = await call.served.work.run(_directory(call).endpoints)
    return Response(encode(Listed(listed)), media_type=CBOR)


async def register(call: Call) -> Response:
    """Keep an endpoint that a member's gateway key signed, instead of an older one."""
    ledger, directory = call.served.ledger, _directory(call)
    await call.served.work.run(lambda: directory.register(ledger.view(), call.body, ledger.now()))
    return Response(status_code=204)


async def publish(call: Call) -> Response:
    """Keep a public sealing key that a member brought."""
    ledger, directory, caller = call.served.ledger, _directory(call), call.caller
    if caller is None:
        raise NotSigned
    await call.served.work.run(lambda: directory.publish(ledger.view(), caller.account, call.body))
    return Response(status_code=204)


async def key(call: Call) -> Response:
    """Return the public sealing key of an id; whoever asks checks it against the id."""
    wanted = call.path("key")
    directory = _directory(call)
    found = await call.served.work.run(lambda: directory.find(bytes.fromhex(wanted))) if _is_id(wanted) else None
    if found is None:
        raise NoSuchSealKey
    return Response(found, media_type=OCTETS, headers={"Cache-Control": "public, max-age=86400, immutable"})


def _directory(call: Call) -> Directory:
    if call.served.directory is None:
        raise NoDirectory
    return call.served.directory


def _is_id(text: str) -> bool:
    return len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)


_ENDPOINT = Content(COSE, words="COSE_Sign of kind endpoint: [network, member, url, time] by its gateway key.")
_KEY = Content(OCTETS, words="An X-Wing public key, 1,216 bytes.")
OPERATIONS = (
    Operation(
        "GET",
        "/directory",
        "listEndpoints",
        "directory",
        "Where are the members' gateways?",
        endpoints,
        {200: Content(CBOR, words="[[signed endpoint...]], sorted by member.")},
        problems=(404,),
    ),
    Operation(
        "POST",
        "/directory",
        "registerEndpoint",
        "directory",
        "Say where a member's gateway is.",
        register,
        {204: None},
        takes=(_ENDPOINT,),
        most_bytes=MAX_BYTES,
        problems=(403, 404, 409),
    ),
    Operation(
        "POST",
        "/directory/keys",
        "publishSealingKey",
        "directory",
        "Publish a sealing key.",
        publish,
        {204: None},
        Who.MEMBER,
        takes=(_KEY,),
        most_bytes=PUBLIC_BYTES,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/directory/keys/{key}",
        "getSealingKey",
        "directory",
        "Get a public sealing key by its id.",
        key,
        {200: _KEY},
        parameters=(Parameter("key", "path", "The key's id, in hex.", "[0-9a-f]{64}", True),),
    ),
)
