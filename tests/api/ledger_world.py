"""An embedded ledger served on a real port, and clients of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket

from starlette.applications import Starlette

from salus.api.app import make_app
from salus.api.guard import SignedGuard
from salus.api.ledger import OPERATIONS
from salus.api.operate.health import OPERATIONS as HEALTH
from salus.api.served import Served
from salus.api.server import Listening, make_server
from salus.api.work import Work
from salus.client.ledger import Ledger
from salus.client.remote import RemoteLedger
from salus.client.snapshots import Offering
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.clock import Clock
from salus.ledger.followed import FollowedLedger
from salus.testing.clock import FakeClock
from salus.testing.region import Region

WAIT_S = 30


@contextmanager
def application(ledger: Ledger, genesis: bytes, snapshots: Offering | None = None) -> Iterator[Starlette]:
    """Give the application of a ledger alone."""
    work = Work()
    try:
        served = Served(ledger.network, genesis, ledger, tuple, lambda slug: None, work, snapshots=snapshots)
        yield make_app(served, (*HEALTH, *OPERATIONS), SignedGuard(lambda: frozenset(("node",))))
    finally:
        work.close()


@contextmanager
def running(app: Starlette, port: int = 0) -> Iterator[str]:
    """Run an application on a port of this machine; give its URL."""
    with socket() as taken:
        taken.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        started = threading.Event()
        server = make_server(app, Listening("127.0.0.1", 0), started.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            assert started.wait(WAIT_S)
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(WAIT_S)
            assert not thread.is_alive()


@contextmanager
def node(
    folder: Path, region: Region, clock: Clock | None = None, port: int = 0
) -> Iterator[tuple[EmbeddedLedger, str]]:
    """Make or open a ledger and serve it; give it and its URL."""
    dated = clock or FakeClock()
    made = folder.exists()
    with (
        EmbeddedLedger.open(folder, region.node, dated)
        if made
        else EmbeddedLedger.create(folder, region.genesis_file, region.node, dated) as ledger,
        application(ledger, region.genesis_file) as app,
        running(app, port) as url,
    ):
        yield ledger, url


def fill(ledger: Ledger, region: Region, blocks: int = 2) -> list[bytes]:
    """Open accounts, a block each; return their handles."""
    handles = []
    for _ in range(blocks):
        envelope, made = region.open_accounts(1)
        assert ledger.submit(region.batch(envelope)).result(WAIT_S).code == 0
        handles += made
    return handles


@contextmanager
def follower(
    folder: Path, region: Region, url: str, clock: Clock | None = None, remote: type[RemoteLedger] = RemoteLedger
) -> Iterator[FollowedLedger]:
    """Follow a node in `folder`."""
    upstream = remote(url, region.network)
    with FollowedLedger.open(folder, region.genesis_file, upstream, clock or FakeClock()) as ledger:
        assert ledger.catch_up(WAIT_S)
        yield ledger


def reach(ledger: Ledger, height: int) -> None:
    """Wait until a ledger has executed a block."""
    came = threading.Event()
    end = ledger.subscribe(lambda _: came.set())
    try:
        while ledger.view().height < height:
            assert came.wait(WAIT_S), ledger.trouble()
            came.clear()
    finally:
        end()


def until(true: Callable[[], bool]) -> None:
    """Wait until something that no event tells of is so."""
    pause = threading.Event()
    for _ in range(100 * WAIT_S):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to be so")
