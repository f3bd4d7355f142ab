"""JSON-RPC 2.0 over HTTP, as CometBFT speaks it.

A node answers an error with status 200 too; which one it is, only its text says. The texts are those of v0.38 to
v0.40. https://www.jsonrpc.org/specification, https://docs.cometbft.com/v0.38/rpc/
"""

from typing import Any, TypeVar

import msgspec
import orjson

from salus.client.cometbft.errors import BeyondLimit, CatchingUp, MempoolFull
from salus.client.http import Answer, Server
from salus.client.remote_errors import NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer
from salus.client.tls import Authority
from salus.core.errors import Refusal
from salus.shapes import made

JSON = "application/json"
MOST_ANSWER = 16 * 1024**2  # a block of 4 MiB in base64, its commit and its evidence fit
WHOLE_S = 60.0  # of an answer
ID = 1  # the id of every request: each connection waits for its one answer
_BODY = b"request body too large"  # said with status 400
_TEXTS: tuple[tuple[str, type[Refusal] | type[LookupError]], ...] = (
    ("mempool is full", MempoolFull),
    ("mempool is still rechecking", MempoolFull),
    ("Tx too large", BeyondLimit),
    ("request body too large", BeyondLimit),
    ("node is catching up", CatchingUp),
    ("must be less than or equal to the current blockchain height", LookupError),
    ("is not available, lowest height is", PrunedThere),
    ("could not find validator set", PrunedThere),
    ("max_subscription", NodeBusy),
    ("appConn mempool", NodeBusy),
)
Read = TypeVar("Read")


class Failure(msgspec.Struct, frozen=True):
    """The error of an answer; `data` says what it is."""

    code: int = 0
    message: str = ""
    data: str = ""


class _Response(msgspec.Struct, frozen=True):
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Failure | None = None


class Calls:
    """One node. Every method may be called from any thread."""

    def __init__(self, url: str, authority: Authority, read_s: float) -> None:
        """Raises BadUpstream."""
        self._server = Server(url, authority, read_s, MOST_ANSWER, WHOLE_S)

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()

    def ask(self, form: type[Read], method: str, params: dict[str, Any] | None = None, tries: int = 2) -> Read:
        """Ask, and again where it failed; return the result read as `form`.

        Raises NodeAway, NodeBusy, UnreadableAnswer; LookupError where there is no such thing yet, PrunedThere,
        CatchingUp, NodeRefused.
        """
        response = _response(self._server.ask("/", request(method, params), JSON, tries))
        if response.error is not None:
            raise refused(response.error)
        if bytes(response.result) == b"null":
            raise LookupError
        return read(response.result, form)

    def send(self, form: type[Read], method: str, params: dict[str, Any], wait_s: float) -> Read | Failure:
        """Send once what changes something; return the result, or the error as it is.

        Raises NodeAway, AnswerLost, NodeBusy, UnreadableAnswer.
        """
        response = _response(self._server.post("/", request(method, params), JSON, wait_s))
        return response.error if response.error is not None else read(response.result, form)


def request(method: str, params: dict[str, Any] | None = None) -> bytes:
    """Return a request."""
    return orjson.dumps({"jsonrpc": "2.0", "id": ID, "method": method, "params": params or {}})


def refused(error: Failure) -> Exception:
    """Return what an error says in our words: a refusal, or LookupError; none of its own words are kept."""
    said = error.data + error.message
    return next((refusal for text, refusal in _TEXTS if text in said), NodeRefused)()


def parse(raw: bytes | str) -> _Response:
    """Return a response; raise UnreadableAnswer."""
    return read(raw, _Response)


def read(raw: bytes | str | msgspec.Raw, form: type[Read]) -> Read:
    """Return JSON read as `form`, whose integers may be strings; raise UnreadableAnswer."""
    try:
        return msgspec.json.decode(raw, type=made(form), strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableAnswer from None


def _response(answer: Answer) -> _Response:
    if answer.status == 400 and _BODY in answer.body:
        return _Response(error=Failure(data=_BODY.decode()))
    if answer.status != 200:
        raise NodeRefused
    return parse(answer.body)
