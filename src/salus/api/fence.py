"""What stands before every path: whose pages may send requests here, and what browsers are told with each answer.

A request that names a host which is not this server's comes from a page whose name was bound to this address
(DNS rebinding); addresses themselves cannot be. Pages of other origins get nothing, and no header field invites them.
https://www.rfc-editor.org/rfc/rfc9110#section-7.2, https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/CSP3/
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from salus.api.admission import PeerGone
from salus.api.errors import CrossOrigin, MalformedRequest, UnknownHost
from salus.api.fhir.outcome import refused_at
from salus.core.errors import Refusal

Fields = Collection[tuple[bytes, bytes]]
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_TLS = (b"strict-transport-security", b"max-age=31536000")


class Fence:
    """Middleware: refuses other hosts and origins, adds header fields that browsers heed; a handler's own ones stay."""

    def __init__(self, app: ASGIApp, authorities: Callable[[], frozenset[str]]) -> None:
        self._app, self._authorities = app, authorities

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        telling = _telling(send, scope["scheme"] == "https")
        app = self._app
        try:
            check_origin(scope["headers"], self._authorities())
        except Refusal as refusal:
            app = refused_at(scope["path"], refusal)
        with suppress(PeerGone):
            await app(scope, receive, telling)


def check_origin(fields: Fields, authorities: frozenset[str]) -> None:
    """Raise MalformedRequest, UnknownHost, CrossOrigin."""
    named: dict[bytes, bytes] = {}
    for name, value in fields:
        if name in (b"host", b"origin", b"sec-fetch-site", b"sec-fetch-mode"):
            if name in named:
                raise MalformedRequest
            named[name] = value
    host = named.get(b"host", b"").decode("latin-1").lower()
    if host and host not in authorities and not _is_address(host):
        raise UnknownHost
    origin = named.get(b"origin")
    if origin is not None and origin.decode("latin-1").lower().partition("://")[2] != host:
        raise CrossOrigin
    if named.get(b"sec-fetch-site") in (b"cross-site", b"same-site") and named.get(b"sec-fetch-mode") != b"navigate":
        raise CrossOrigin


def _is_address(host: str) -> bool:
    """Return whether a value of Host is an IP address, with or without a port."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        ip_address(name)
    except ValueError:
        return name == "localhost"
    return True


def told(fields: Fields, tls: bool) -> list[tuple[bytes, bytes]]:
    """Return an answer's header fields with those that browsers heed."""
    own = {name.lower(): value for name, value in fields}
    more = [one for one in _fields(own.get(b"content-type", b"")) if one[0] not in own]
    return [*fields, *more, *([_TLS] if tls else [])]


def _telling(send: Send, tls: bool) -> Send:
    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": told(message.get("headers", ()), tls)}
        await send(message)

    return telling


@lru_cache(64)
def _fields(media_type: bytes) -> tuple[tuple[bytes, bytes], ...]:
    policy = PAGE_POLICY if media_type.startswith(b"text/html") else DATA_POLICY
    asset = media_type.startswith((b"text/css", b"text/javascript", b"application/javascript", b"font/", b"image/"))
    cached = b"no-cache" if asset else b"no-store"  # an asset is asked for again; data is kept nowhere
    return (*ALWAYS, (b"content-security-policy", policy.encode()), (b"cache-control", cached))
