"""The short way of what comes most often: one envelope, answered in CBOR, without routing and its objects.

It takes what is exactly `POST /<org>/envelopes` of one envelope whose body is of an announced length, asked for without
JSON and with no trace to keep; everything else goes the usual way, which gives the same answers (a test compares them).
"""

import asyncio
import logging
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from salus.api.admission import PeerGone
from salus.api.app import Guard, place
from salus.api.body import FIRST_S
from salus.api.errors import BodyTooSlow
from salus.api.gateway.submit import ENVELOPES
from salus.api.operate.traces import Passing
from salus.api.operation import CBOR, COSE
from salus.api.problem import Bug, problem
from salus.api.served import Served
from salus.core.errors import Refusal

LOG = logging.getLogger("salus.api")
MOST_BYTES = 64 * 1024  # one envelope of nearly any kind; larger ones go the usual way
_END, _COSE = "/envelopes", COSE.encode()
_USUAL = (
    b"accept",
    b"traceparent",
    b"transfer-encoding",
    b"expect",
    b"salus-height",
)  # with these it goes the usual way
_TYPE = (b"content-type", CBOR.encode())


class Quick:
    """Middleware before the router."""

    def __init__(self, app: ASGIApp, served: Served, guard: Guard) -> None:
        self._app, self._served, self._guard = app, served, guard
        self._untraced = isinstance(served.watch.tracing, Passing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or hand it on."""
        slug = self._slug(scope)
        if not slug:
            await self._app(scope, receive, send)
            return
        begun, watch = time.perf_counter(), self._served.watch
        watch.figures.under_way.inc()
        status = 0
        try:
            with self._guard.admit(Request(scope), ENVELOPES) as admitted:
                body = await _body(receive)
                admitted.hold(len(body))
                answered = await self._served.posts.carry(self._served.organisation, slug, body)
                fields = [_TYPE, (b"content-length", b"%d" % len(answered.raw))]
                status = 200
                await send({"type": "http.response.start", "status": 200, "headers": fields})
                await send({"type": "http.response.body", "body": answered.raw})
        except Refusal as refusal:
            status = await _refused(refusal, scope, receive, send)
        except PeerGone:
            status = 0
        except Exception as error:  # noqa: BLE001 - as in `app.py`
            LOG.error("bug", extra={"operation": ENVELOPES.name, "kind": type(error).__name__, "place": place(error)})
            if not status:
                status = await _refused(Bug(), scope, receive, send)
        finally:
            watch.figures.under_way.dec()
            watch.ended(ENVELOPES.name, status, time.perf_counter() - begun)

    def _slug(self, scope: Scope) -> str:
        """Return the member that a request of the short way names, nothing for any other request."""
        if scope["type"] != "http" or scope["method"] != "POST" or not self._untraced:
            return ""
        path: str = scope["path"]
        slug = path[1 : -len(_END)]
        if not path.endswith(_END) or "/" in slug:
            return ""
        length = media_type = b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                media_type = value
            elif name in _USUAL and (name != b"accept" or value != b"*/*"):
                return ""
        if media_type != _COSE or not length.isdigit() or len(length) > 5 or int(length) > MOST_BYTES:
            return ""
        return slug


async def _body(receive: Receive) -> bytes:
    """Return the body, as long as was announced, which the connection sees to; raise BodyTooSlow."""
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(FIRST_S):
            message = await receive()
            while message["type"] == "http.request":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    return parts[0] if len(parts) == 1 else b"".join(parts)
                message = await receive()
    except TimeoutError:
        pass
    raise BodyTooSlow


async def _refused(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> int:
    """Answer with a refusal; return its status, 0 where nobody takes it any more."""
    answer = problem(refusal)
    try:
        await answer(scope, receive, send)
    except PeerGone:
        return 0
    return answer.status_code
