"""A server's life: it serves an open region on a bound socket, and ends when it is told to."""

from collections.abc import Callable
from contextlib import closing

from starlette.applications import Starlette

from salus.api.guard import SignedGuard
from salus.api.listening import Bound
from salus.api.server import make_server
from salus.bootstrap.region import Region
from salus.bootstrap.serving import serving


def serve_region(region: Region, bound: Bound, started: Callable[[], None]) -> None:
    """Serve an open region until SIGTERM or SIGINT; what is under way is finished. The region stays open."""
    with serving(region, SignedGuard(lambda: bound.authorities)) as app:
        run_app(app, bound, started)


def run_app(app: Starlette, bound: Bound, started: Callable[[], None]) -> None:
    """Run an application on a bound socket until SIGTERM or SIGINT; `started` is called once it answers."""
    with closing(bound.socket):
        make_server(app, bound.listening, started).run(sockets=[bound.socket])
