"""Run an application on uvicorn, bounded against slow and idle peers."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import uvicorn
from starlette.applications import Starlette

KEEP_ALIVE_S, GRACE_S = 75, 10
MOST_CONNECTIONS = 2_048


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how to listen. With a certificate and its key it is TLS."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None


def make_server(app: Starlette, listening: Listening, started: Callable[[], None] | None = None) -> uvicorn.Server:
    """Return a server that is not running yet; `started` is called once it accepts connections."""
    config = uvicorn.Config(
        app,
        host=listening.host,
        port=listening.port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        limit_concurrency=MOST_CONNECTIONS,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.key,
    )
    return _Server(config, app, started)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: Starlette, started: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._app, self._then = app, started

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
        await super().startup(sockets)
        if self.started and self._then is not None:
            self._then()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for end in getattr(self._app.state, "endings", ()):  # of streams that would go on as long as their readers
            end()
        await super().shutdown(sockets)
