"""A server's life: it serves an open region on a bound socket, and ends when it is told to."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import current_thread, main_thread

from starlette.applications import Starlette

from salus.api.guard import SignedGuard
from salus.api.limits import Limits, read_limits
from salus.api.listening import Bound
from salus.api.operate.traces import Tracing, tracing_to
from salus.api.server import make_server
from salus.bootstrap.consensus import read_consensus
from salus.bootstrap.layout import SIGNED_UNTIL
from salus.bootstrap.region import Region
from salus.bootstrap.serving import serving
from salus.bootstrap.upstream import read_upstream
from salus.ledger.apart import ApartLedger
from salus.ledger.errors import ExecutorGone
from salus.services.anchor_windows import DEFAULT, WindowRule
from salus.services.tending import Tending


def serve_region(
    region: Region,
    bound: Bound,
    started: Callable[[], None],
    rule: WindowRule = DEFAULT,
    traces: str | None = None,
) -> None:
    """Serve an open region until SIGTERM or SIGINT; what is under way is finished. The region stays open.

    Its organisations are tended meanwhile; `rule` says when they anchor. `traces` is the address of a collector.
    Raises BadLimits, NoTracing; ExecutorGone where its ledger's process ended, and it with that.
    """
    limits = read_limits(region.home)
    with tending(region, public_url(region, bound), rule) as tended:
        guard = SignedGuard(lambda: bound.authorities, limits=limits, floor=region.home / SIGNED_UNTIL)
        with traced(traces) as tracing, serving(region, guard, tracing) as app:
            ledger = region.ledger
            if isinstance(ledger, ApartLedger):
                run_app(app, bound, lambda: _begin(tended, started), limits, ledger.when_gone)
            else:
                run_app(app, bound, lambda: _begin(tended, started), limits)
    trouble = region.ledger.trouble()
    if isinstance(trouble, ExecutorGone):
        raise trouble


def _begin(tended: Tending, started: Callable[[], None]) -> None:
    tended.start()  # after it listens: others ask back at the address that the directory is told
    started()


def public_url(region: Region, bound: Bound) -> str | None:
    """Return what others reach a home's server by: as the home says, else as it listens."""
    said = read_upstream(region.home) or read_consensus(region.home)
    return bound.public_url if said is None or said.url is None else said.url


@contextmanager
def tending(region: Region, url: str | None, rule: WindowRule) -> Iterator[Tending]:
    """Give what tends a region's organisations, not begun yet; it ends with the block."""
    directory = None if region.elsewhere is None else region.elsewhere.directory
    places = None if url is None else f"{url}/{{}}".format
    tended = Tending(region.organisations, region.organisation, directory, places, region.exchange.lying, rule)
    region.exchange.arrived = tended.arrived
    try:
        yield tended
    finally:
        tended.close()


@contextmanager
def traced(url: str | None) -> Iterator[Tracing | None]:
    """Give what sends spans to a collector, None without one; the last are sent at the end. Raises NoTracing."""
    tracing = None if url is None else tracing_to(url)
    try:
        yield tracing
    finally:
        if tracing is not None:
            tracing.close()


def run_app(
    app: Starlette,
    bound: Bound,
    started: Callable[[], None],
    limits: Limits | None = None,
    ends: Callable[[Callable[[], None]], None] = lambda end: None,
) -> None:
    """Run an application on a bound socket until SIGTERM, SIGINT or SIGHUP; `started` is called once it answers.

    `ends` is given what brings it to its end likewise, from any thread.
    """
    with closing(bound.socket), _hanging_up():
        server = make_server(app, bound.listening, started, limits)
        ends(partial(setattr, server, "should_exit", True))
        server.run(sockets=[bound.socket])


@contextmanager
def _hanging_up() -> Iterator[None]:
    """Let a terminal that is closed end the server as SIGTERM does, unless it was started to survive that (nohup)."""
    if current_thread() is not main_thread() or signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGHUP, lambda number, frame: signal.raise_signal(signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
