"""Account for a relation to the person herself and to its custodian: who received what, and the proof of each line."""

import orjson
from starlette.responses import Response

from salus.api.errors import BadParameter, NotAllowed
from salus.api.gateway.errors import NoSuchAnswer, NoSuchLine
from salus.api.operation import CBOR, JSON, Call, Content, Operation, Parameter, Who
from salus.contracts.access import queries as access
from salus.contracts.accounts import queries as accounts
from salus.core.keys import Role
from salus.services.account.data import as_data
from salus.services.account.page import STYLE_SOURCE, Proofs, page
from salus.services.account.words import LANGUAGES
from salus.services.accounting import Accounting, accounting
from salus.services.errors import NotReleased
from salus.services.plain import plain
from salus.services.proofs import prove_answer, prove_entry

HTML = "text/html"
_PAGE = {"content-security-policy": f"default-src 'none'; style-src {STYLE_SOURCE}", "cache-control": "no-store"}


async def account(call: Call) -> Response:
    """Return the account of a relation: JSON, or the page that one keeps or prints."""
    relation, language = _own_relation(call), call.query("language", "en")
    if language not in LANGUAGES:
        raise BadParameter
    if HTML in call.request.headers.get("accept", ""):
        text = await call.served.work.run(lambda: _page(call, relation, language))
        return Response(text, headers=_PAGE, media_type=HTML)
    told = await call.served.work.run(lambda: as_data(_account(call, relation), {}))
    return Response(orjson.dumps(plain(told)), headers={"cache-control": "no-store"}, media_type=JSON)


async def evidence(call: Call) -> Response:
    """Return what proves a line of the account: an entry of the log, for `salus verify`."""
    relation, index = _own_relation(call), call.path("index")
    if not index.isascii() or not index.isdigit() or len(index) > 15:
        raise BadParameter
    return Response(await call.served.work.run(lambda: _proof(call, relation, int(index))), media_type=CBOR)


async def release(call: Call) -> Response:
    """Return what proves how a request was answered, to who made it as well."""
    relation, request = _id(call, "handle"), _id(call, "release")
    answer = access.answer(call.served.ledger.view(), relation, request)
    if answer is None or call.caller is None or call.caller.account != answer.recipient:
        _own_relation(call)
    return Response(await call.served.work.run(lambda: _answer(call, relation, request)), media_type=CBOR)


def _own_relation(call: Call) -> bytes:
    """Return the relation of the path; raise BadParameter, and NotAllowed for all but the person and the custodian."""
    relation, caller = _id(call, "handle"), call.caller
    if caller is None:
        raise NotAllowed
    own = caller.account == relation and caller.role == Role.DEVICE
    custodian = accounts.custodian_of(call.served.ledger.view(), relation)
    if not own and (caller.account != custodian or caller.role != Role.GATEWAY):
        raise NotAllowed
    return relation


def _id(call: Call, name: str) -> bytes:
    """Return an id of the path; raise BadParameter."""
    raw = call.path(name)
    if len(raw) != 64 or any(digit not in "0123456789abcdef" for digit in raw):
        raise BadParameter
    return bytes.fromhex(raw)


def _account(call: Call, relation: bytes) -> Accounting:
    return accounting(call.organisation.ledger, relation)


def _page(call: Call, relation: bytes, language: str) -> str:
    note = call.organisation.ledger.checkpoint().decode()
    return page(_account(call, relation), Proofs(note, {}), language)


def _proof(call: Call, relation: bytes, index: int) -> bytes:
    if all(line.index != index for line in _account(call, relation).lines):
        raise NoSuchLine
    return prove_entry(call.served.ledger, index)


def _answer(call: Call, relation: bytes, request: bytes) -> bytes:
    try:
        return prove_answer(call.organisation.ledger, relation, request)
    except NotReleased:
        raise NoSuchAnswer from None


_HANDLE = Parameter("handle", "path", "The relation's handle, in hex.", "[0-9a-f]{64}", True)
OPERATIONS = (
    Operation(
        "GET",
        "/{org}/relations/{handle}/accounting",
        "account",
        "gateway",
        "Who received what of a relation: for the person, and its custodian",
        account,
        {200: (Content(JSON, words="docs/reference/accounting.md says what each name means."), Content(HTML))},
        Who.ACCOUNT,
        parameters=(_HANDLE, Parameter("language", "query", "Of the page.", "en|zh", example="en")),
    ),
    Operation(
        "GET",
        "/{org}/relations/{handle}/accounting/{index}",
        "accountEvidence",
        "gateway",
        "What proves a line of the account",
        evidence,
        {200: Content(CBOR, words="Evidence for `salus verify`.")},
        Who.ACCOUNT,
        parameters=(_HANDLE, Parameter("index", "path", "The line's index in the log.", "[0-9]{1,15}", True)),
    ),
    Operation(
        "GET",
        "/{org}/relations/{handle}/releases/{release}",
        "releaseEvidence",
        "gateway",
        "What proves how a request was answered: for who made it, the person and the custodian",
        release,
        {200: Content(CBOR, words="Evidence for `salus verify`; it shows no record.")},
        Who.ACCOUNT,
        parameters=(_HANDLE, Parameter("release", "path", "The request's id, or a push's.", "[0-9a-f]{64}", True)),
    ),
)
