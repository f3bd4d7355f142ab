"""Fills a ledger until it is killed: `python -m benchmarks.restart_load FOLDER ENVELOPES BLOCK`.

Says `filled` once that many envelopes are durable and `closed` after a clean end that standard input asks for; without
it writing goes on. Signatures are made and not checked: an opening checks those of blocks after the checkpoint alone.
"""

import select
import sys
from collections import deque
from concurrent.futures import Future
from pathlib import Path

from benchmarks.world import World
from salus.client.ledger import BatchResult
from salus.ledger.embedded.tuning import tune_process

KEYS, SIGNERS, UNDER_WAY = 100_000, 33_000, 3


def main(folder: Path, envelopes: int, size: int) -> None:
    """Fill the ledger in `folder` with blocks of `size`."""
    tune_process()
    world = World(folder, KEYS, SIGNERS)
    verified = world.ledger._chain.machine.verified
    verified.each = lambda work, items: [True] * len(items)
    waiting: deque[Future[BatchResult]] = deque()
    done = 0
    while done < envelopes or not select.select([sys.stdin], [], [], 0)[0]:
        waiting.append(world.ledger.submit(world.region.batch(*world.grants(size))))
        if len(waiting) > UNDER_WAY:
            result = waiting.popleft().result()
            if result.code or any(one.code for one in result.results):
                raise RuntimeError("refused")
            done += size
            world.clock.advance(1)
            if done - size < envelopes <= done:
                print("filled", flush=True)
    world.ledger.close()
    print("closed", flush=True)


main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
