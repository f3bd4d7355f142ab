"""The executor of `http_server` in a process of its own: `salus.ledger.apart.serve` by the clock of the world."""

import socket
import sys
import threading
from functools import partial
from pathlib import Path

from salus.core.signatures import SigningKey
from salus.ledger.apart.serve import serve
from salus.ledger.apart.wire import Open
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.tuning import tune_process
from salus.testing.clock import FakeClock


def opened(clock: FakeClock, wanted: Open) -> EmbeddedLedger:
    """Open the ledger on that clock."""
    tune_process()
    return EmbeddedLedger.open(Path(wanted.folder), SigningKey.from_seed(wanted.seed), clock)


def main(now_ms: str, each_ms: str, descriptor: str) -> None:
    """Serve the socket; the clock begins at `now_ms` and goes on by `each_ms` in each tenth of a second."""
    clock, over = FakeClock(int(now_ms)), threading.Event()

    def tick() -> None:
        while not over.wait(0.1):
            clock.advance(int(each_ms))

    if int(each_ms):
        threading.Thread(target=tick, daemon=True).start()
    serve(socket.socket(fileno=int(descriptor)), partial(opened, clock))
    over.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
