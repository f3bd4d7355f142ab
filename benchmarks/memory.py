"""Does a ledger that runs on need more memory? Persons change their sealing keys: the keys of the state stay as many.

    python -m benchmarks.memory [--seconds 600] [--json FILE]

Blocks, log and ids of envelopes go on, and the clock with them, so that old ids expire. The anonymous
resident memory is read after each block once the bounded memories are full; the medians of the first
and the last third are compared. Mapped files (the state's, which holds every event) are apart: the
system takes their pages back when it needs them.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.world import World
from salus.contracts.accounts.messages import RotateSealKey
from salus.ledger.embedded.tuning import tune_process
from salus.verifier.helper import Alone
from salus.verifier.process import VerifierProcess

KEYS, SIGNERS, BATCH = 30_000, 500, 200
WARM = 100_000  # envelopes until the bounded memories (signatures, decoded keys and persons) are full
STEP_MS = 5_000  # that the ledger's clock goes on with each block, so that seen ids expire
ALLOWED = 1.10  # of the last third's median to the first's


def rotations(world: World, turn: int) -> list[bytes]:
    """Return envelopes that write one key each, which is there already."""
    now = world.ledger.now()
    found = []
    for number in range(BATCH):
        handle, device = world.people[(turn * BATCH + number) % len(world.people)]
        message = RotateSealKey(handle, turn.to_bytes(32, "big"))
        found.append(world.region.envelope([(handle, device)], message, not_after=now + 60_000))
    return found


def resident_kb(what: str) -> int:
    """Return the resident memory of this process of a kind: RssAnon, RssFile."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    raise RuntimeError(what)


def run(seconds: float, verifier: bool = True) -> dict[str, float]:
    """Return the figures of a run of so many seconds."""
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd()) as folder:
        world = World(Path(folder) / "ledger", KEYS, SIGNERS)
        world.reopen(VerifierProcess(eager=True) if verifier else Alone())
        try:
            tune_process()
            return _measured(world, seconds)
        finally:
            world.ledger.close()


def _measured(world: World, seconds: float) -> dict[str, float]:
    samples: list[int] = []
    start = time.monotonic()
    turn, envelopes = 0, 0
    while time.monotonic() - start < seconds:
        world.clock.advance(STEP_MS)
        raws = rotations(world, turn)
        batch = world.region.batch(*raws, not_after=world.ledger.now() + 60_000)
        result = world.ledger.submit(batch).result()
        refused = [code for code in (result.code, *(one.code for one in result.results)) if code]
        if refused:
            raise RuntimeError(f"refused: {refused[0]:#06x}")
        turn, envelopes = turn + 1, envelopes + BATCH
        if envelopes > WARM:
            samples.append(resident_kb("RssAnon"))
    third = len(samples) // 3
    if not third:
        raise RuntimeError("too short: the memories are not full yet")
    first, last = statistics.median(samples[:third]), statistics.median(samples[-third:])
    tenth = len(samples) // 10
    course = [statistics.median(samples[at * tenth : (at + 1) * tenth]) for at in range(10)] if tenth else []
    status = world.ledger.status()
    return {
        "memory_seconds": round(seconds, 1),
        "memory_envelopes_count": float(envelopes),
        "memory_blocks_count": float(status.height),
        "memory_keys_count": float(status.state_keys),
        "memory_block_file_bytes": float(status.blocks_bytes),
        "memory_first_third_median_kb": first,
        "memory_last_third_median_kb": last,
        "memory_most_kb": float(max(samples)),
        "memory_mapped_files_kb": float(resident_kb("RssFile")),
        "memory_last_to_first_ratio": round(last / first, 4),
        **{f"memory_tenth_{at}_median_kb": value for at, value in enumerate(course)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    given = parser.parse_args()
    figures = run(given.seconds)
    for name, value in sorted(figures.items()):
        print(f"{name:40} {value:>14,}")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    if figures["memory_last_to_first_ratio"] > ALLOWED:
        raise SystemExit("the memory grows with the ledger")


if __name__ == "__main__":
    main()
