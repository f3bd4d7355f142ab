"""Watch requests: each is counted, timed, traced and, where lines are wanted, logged when its answer was sent."""

import logging
import time
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from salus.api.operate.figures import Figures
from salus.api.operate.traces import Passing, Tracing
from salus.client.tracing import TRACEPARENT

LOG = logging.getLogger("salus.requests")


@dataclass(frozen=True, slots=True)
class Watch:
    """What watches over a process."""

    figures: Figures = field(default_factory=Figures)
    tracing: Tracing | Passing = field(default_factory=Passing)

    def ended(self, operation: str, status: int, seconds: float) -> None:
        """Count and log a request that was answered; status 0: the peer went away."""
        self.figures.of_request(operation, status, seconds)
        if LOG.isEnabledFor(logging.INFO):
            fields = {"operation": operation, "status": status, "ms": round(seconds * 1000, 1)}
            LOG.info("request", extra={**fields, "trace": TRACEPARENT.get()[3:35]})


class Watched:
    """An operation's ASGI application with a watch over it."""

    def __init__(self, app: ASGIApp, watch: Watch, operation: str, method: str, path: str) -> None:
        self._app, self._watch = app, watch
        self._operation, self._method, self._path = operation, method, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        status, begun, watch = 0, time.perf_counter(), self._watch

        async def noting(message: Message) -> None:
            nonlocal status
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]

        parent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"").decode("latin-1")
        watch.figures.under_way += 1
        try:
            with watch.tracing.request(self._operation, self._method, self._path, parent) as span:
                try:
                    await self._app(scope, receive, noting)
                finally:
                    span.status(status)
                    watch.ended(self._operation, status, time.perf_counter() - begun)
        finally:
            watch.figures.under_way -= 1
