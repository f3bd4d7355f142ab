"""Run an application on uvicorn, bounded against slow and idle peers."""

import asyncio
import logging
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette

from salus.api.connection import connections
from salus.api.door import Door
from salus.api.limits import Limits
from salus.api.short import Forwarded, Short
from salus.api.tls import server_context
from salus.api.waiting import Waiting

GRACE_S = 10
BACKLOG = 2_048
HANDSHAKE_S, FAREWELL_S = 10.0, 5.0  # TLS: until it is agreed on, until it is ended
OTHER_FILES = 512  # that the process may have open beside its connections


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how to listen. With a certificate and its key it is TLS."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None


def make_server(
    app: Starlette,
    listening: Listening,
    started: Callable[[], None] | None = None,
    limits: Limits | None = None,
) -> uvicorn.Server:
    """Return a server that is not running yet; `started` is called once it accepts connections.

    What uvicorn logs goes nowhere: it would quote requests and tracebacks.
    """
    limits = _affordable(limits or Limits())
    context = None
    if listening.certificate is not None:
        context = server_context(listening.certificate, listening.key or listening.certificate)
    quiet = logging.getLogger("uvicorn")
    quiet.propagate = False
    quiet.handlers[:] = [logging.NullHandler()]
    short: Short | None = getattr(app.state, "short", None)
    make: Any = connections(Door(limits), Forwarded(short, limits.proxies) if short and limits.proxies else short)
    keep_alive_s: Any = limits.keep_alive_s  # seconds as of asyncio
    config = uvicorn.Config(
        app,
        host=listening.host,
        port=listening.port,
        loop="uvloop",
        http=make,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(limits.proxies),
        forwarded_allow_ips=list(limits.proxies),
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
        ssl_context_factory=(lambda config, default: context) if context is not None else None,
    )
    return _Server(config, started)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._then = started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End by SIGTERM and SIGINT; what was under way is finished, and the process is not ended by them again."""
        try:
            before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGTERM, signal.SIGINT)}
        except ValueError:  # not the main thread: who started it ends it by `should_exit`
            before = {}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen; uvicorn's own way has no bound on how long a handshake takes. Raises OSError."""
        loop, context = asyncio.get_running_loop(), self.config.ssl
        tls = {"ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": FAREWELL_S} if context else {}
        usual: dict[str, Any] = {"ssl": context, "backlog": BACKLOG, **tls}
        where: list[dict[str, Any]] = [{"sock": one} for one in sockets or ()]
        where = where or [{"host": self.config.host, "port": self.config.port}]
        self.servers = [await loop.create_server(self._connection, **usual, **one) for one in where]
        self.started = True
        if self._then is not None:
            self._then()

    def _connection(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        found: asyncio.Protocol = made(config=self.config, server_state=self.server_state, app_state={})
        return found

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End; whoever waits for news is told that there are none."""
        app = self.config.app
        if isinstance(app, Starlette) and isinstance(getattr(app.state, "waiting", None), Waiting):
            app.state.waiting.end()
        await super().shutdown(sockets)


def _affordable(limits: Limits) -> Limits:
    """Let the process open as many files as it may; return limits with no more connections than that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    most = soft - OTHER_FILES if soft != resource.RLIM_INFINITY else limits.connections
    changes = msgspec.structs.asdict(limits) | {"connections": max(16, min(limits.connections, most))}
    return Limits(**changes)
