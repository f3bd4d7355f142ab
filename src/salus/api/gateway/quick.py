"""The short way of what comes most often: one envelope, answered in CBOR, without routing and its objects.

It takes what is exactly `POST /<org>/envelopes` of one envelope whose body came whole, asked for without JSON and with
no trace to keep; everything else goes the usual way, which gives the same answers (tests compare them).
"""

import logging
import time

from starlette.types import Scope

from salus.api.admission import Admitted
from salus.api.app import Guard, place
from salus.api.fence import check_origin, told
from salus.api.gateway.submit import ENVELOPES
from salus.api.operate.traces import Passing
from salus.api.operation import CBOR, COSE
from salus.api.posts import Answered
from salus.api.problem import Bug, problem
from salus.api.served import Served
from salus.api.short import Reply, lines
from salus.core.errors import Refusal

LOG = logging.getLogger("salus.api")
MOST_BYTES = 64 * 1024  # one envelope of nearly any kind; larger ones go the usual way
_END, _COSE = "/envelopes", COSE.encode()
_USUAL = frozenset(  # with these it goes the usual way
    (b"accept", b"traceparent", b"transfer-encoding", b"content-encoding", b"expect", b"upgrade", b"salus-height")
)
_TYPE = (b"content-type", CBOR.encode())
_HEADS = {tls: lines(told([_TYPE], tls)) for tls in (False, True)}


class Quick:
    """The way itself; implements `api.short.Short`."""

    def __init__(self, served: Served, guard: Guard) -> None:
        self._served, self._guard = served, guard
        self._untraced = isinstance(served.watch.tracing, Passing)

    def takes(self, scope: Scope) -> bool:
        """Return whether a request is of the short way."""
        path: str = scope["path"]
        if not path.endswith(_END) or scope["method"] != "POST" or not self._untraced:
            return False
        if path.count("/") != 2 or path == "/" + _END:
            return False
        length = media_type = b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                media_type = value
            elif name in _USUAL and (name != b"accept" or value != b"*/*"):
                return False
        return media_type == _COSE and length.isdigit() and len(length) <= 5 and int(length) <= MOST_BYTES

    def begin(self, scope: Scope, body: bytes, reply: Reply) -> None:
        """Have an envelope carried; answer once it is durable, or why it is not carried."""
        request = _Request(self._served, scope["scheme"] == "https", reply)
        try:
            check_origin(scope["headers"], self._guard.authorities())
            request.admitted = self._guard.admit(scope["client"], ENVELOPES)
            request.admitted.hold(len(body))
            self._served.posts.post(self._served.organisation, scope["path"][1 : -len(_END)], body, request.answered)
        except Exception as error:  # noqa: BLE001 - as in `app.py`
            request.answered(error)


class _Request:
    """A request under way."""

    __slots__ = ("_begun", "_reply", "_tls", "_watch", "admitted")

    def __init__(self, served: Served, tls: bool, reply: Reply) -> None:
        self.admitted: Admitted | None = None
        self._watch, self._tls, self._reply = served.watch, tls, reply
        self._begun = time.perf_counter()
        self._watch.figures.under_way += 1

    def answered(self, answer: Answered | BaseException) -> None:
        """Answer it, count it, give back its place. Called once."""
        if isinstance(answer, Answered):
            status, head, body = 200, _HEADS[self._tls] + b"content-length: %d\r\n" % len(answer.raw), answer.raw
        else:
            if not isinstance(answer, Refusal):
                where = {"kind": type(answer).__name__, "place": place(answer)}
                LOG.error("bug", extra={"operation": ENVELOPES.name, **where})
                answer = Bug()
            made = problem(answer)
            status, head, body = made.status_code, lines(told(made.raw_headers, self._tls)), bytes(made.body)
        taken = self._reply(status, head, body)
        if self.admitted is not None:
            self.admitted.leave()
        self._watch.figures.under_way -= 1
        self._watch.ended(ENVELOPES.name, status if taken else 0, time.perf_counter() - self._begun)
