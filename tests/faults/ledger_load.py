"""Writes to a new ledger until it is killed, and prints each envelope once it is acknowledged."""

import sys
from concurrent.futures import Future
from pathlib import Path

from salus.client.ledger import BatchResult
from salus.ledger.embedded import EmbeddedLedger, checkpoints
from salus.state import names
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region


def main(folder: Path) -> None:
    checkpoints.CHECKPOINT_KEYS = 12
    names.MIN_DEPTH = 1
    region = Region()
    ledger = EmbeddedLedger.create(folder, region.genesis_file, region.node, FakeClock(START_MS))
    for _ in range(10_000):
        envelopes = [region.open_accounts(1)[0] for _ in range(4)]
        futures: list[tuple[bytes, Future[BatchResult]]] = [(e, ledger.submit(region.batch(e))) for e in envelopes]
        for envelope, future in futures:
            if future.result(30).results[0].code:
                raise SystemExit(1)
            sys.stdout.write(envelope.hex() + "\n")
        sys.stdout.flush()


main(Path(sys.argv[1]))
