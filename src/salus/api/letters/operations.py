"""Post, fetch and remove letters. Bodies are signed or sealed themselves; the request's signature says who posts."""

import re

from starlette.responses import Response

from salus.api.caller import Caller
from salus.api.errors import BadParameter, NoSuchOrganisation, NotAllowed, NotSigned
from salus.api.letters.errors import NoInboxes, OthersInbox
from salus.api.letters.heights import SEEN, caught_up, seen
from salus.api.operation import CBOR, COSE, Call, Content, Operation, Parameter, Who
from salus.core.encoding import encode
from salus.services.ports import KINDS
from salus.services.remote.inboxes import MOST_LETTER, Inboxes

_NAME = re.compile(r"[0-9]{12}-[0-9a-f]{32}(\.[0-9a-f]{32})?\.[a-z-]{1,32}")


async def post(call: Call) -> Response:
    """Keep a letter; it is on the disk once this answers."""
    inboxes, caller = _inboxes(call), _caller(call)
    recipient, kind = _recipient(call), call.path("kind")
    if kind not in KINDS or not call.body:
        raise BadParameter
    if caller.organisation and not caller.member:
        raise NotAllowed
    await caught_up(call)

    def take() -> None:
        inboxes.take(call.organisation, caller.account, recipient, kind, call.body, member=caller.member)

    await call.served.work.run(take)
    return Response(status_code=204)


async def fetch(call: Call) -> Response:
    """Return the letters to who asks, oldest first, a page at a time."""
    inboxes, recipient = _inboxes(call), _own(call)
    after = call.query("after")
    if after and not _NAME.fullmatch(after):
        raise BadParameter
    page = await call.served.work.run(lambda: inboxes.page(recipient, after))
    return Response(encode(page), media_type=CBOR, headers=seen(call) | {"Cache-Control": "no-store"})


async def remove(call: Call) -> Response:
    """Remove a letter to who asks; nothing if it is gone."""
    inboxes, recipient, name = _inboxes(call), _own(call), call.path("name")
    if not _NAME.fullmatch(name):
        raise BadParameter
    await call.served.work.run(lambda: inboxes.done(recipient, name))
    return Response(status_code=204)


def _inboxes(call: Call) -> Inboxes:
    if call.served.inboxes is None:
        raise NoInboxes
    return call.served.inboxes


def _caller(call: Call) -> Caller:
    if call.caller is None:
        raise NotSigned
    return call.caller


def _recipient(call: Call) -> bytes:
    given = call.path("recipient")
    if len(given) != 64 or any(letter not in "0123456789abcdef" for letter in given):
        raise BadParameter
    return bytes.fromhex(given)


def _own(call: Call) -> bytes:
    """Return the recipient, who must be the caller, where the organisation of the path is served here."""
    recipient, caller = _recipient(call), _caller(call)
    if recipient != caller.account:
        raise OthersInbox
    if call.path("org") not in call.served.slugs():
        raise NoSuchOrganisation
    return recipient


_RECIPIENT = Parameter("recipient", "path", "The recipient's account, in hex.", "[0-9a-f]{64}", True)
_KIND = Parameter("kind", "path", "What kind of letter it is.", f"({'|'.join(KINDS)})", True)
_LETTER = Parameter("name", "path", "The letter's name, as it was fetched.", _NAME.pattern, True)
_AFTER = Parameter("after", "query", "The name of the last letter that came already.", _NAME.pattern)
OPERATIONS = (
    Operation(
        "POST",
        "/{org}/letters/{recipient}/{kind}",
        "postLetter",
        "letters",
        "Leave a letter for the organisation, or for a patient of its.",
        post,
        {204: None},
        Who.ACCOUNT,
        takes=(Content(CBOR, words="A letter, sealed."), Content(COSE, words="A letter, signed.")),
        parameters=(_RECIPIENT, _KIND, SEEN),
        most_bytes=MOST_LETTER,
    ),
    Operation(
        "GET",
        "/{org}/letters/{recipient}",
        "fetchLetters",
        "letters",
        "Get one's own letters.",
        fetch,
        {200: Content(CBOR, words="[[[name, kind, body]...], whether there are more].")},
        Who.ACCOUNT,
        parameters=(_RECIPIENT, _AFTER),
    ),
    Operation(
        "DELETE",
        "/{org}/letters/{recipient}/{name}",
        "removeLetter",
        "letters",
        "Remove a letter of one's own that was dealt with.",
        remove,
        {204: None},
        Who.ACCOUNT,
        parameters=(_RECIPIENT, _LETTER),
    ),
)
