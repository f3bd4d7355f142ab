"""A short way for requests that came whole: past the objects that the server, the router and middleware make of each.

The connection asks before it begins a request the usual way, and writes the answer in one piece.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

Reply = Callable[[int, bytes, bytes], bool]  # status, lines of the head, body; False where nobody takes it any more


class Short(Protocol):
    """Which requests go this way, and how they are answered. Used by the event loop's thread alone."""

    def takes(self, scope: Scope) -> bool:
        """Return whether a request goes this way, as far as its head tells."""
        ...

    def begin(self, scope: Scope, body: bytes, reply: Reply) -> None:
        """Begin to answer a request, whose `reply` is called once, now or later; raises nothing."""
        ...


class Forwarded:
    """A short way behind reverse proxies, which is told first of whom they say that they bring the request."""

    def __init__(self, short: Short, proxies: Iterable[str]) -> None:
        self._short, self.takes = short, short.takes
        self._tell: Any = ProxyHeadersMiddleware(_nothing, list(proxies))

    def begin(self, scope: Scope, body: bytes, reply: Reply) -> None:
        """Take address and scheme from the proxy's word, as the usual way does."""
        with suppress(StopIteration):
            self._tell(scope, None, None).send(None)  # it changes the scope, and waits for nothing
        self._short.begin(scope, body, reply)


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    pass


def lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return header fields as they stand in a head."""
    return b"".join([name + b": " + value + b"\r\n" for name, value in fields])
