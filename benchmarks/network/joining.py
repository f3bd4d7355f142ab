"""How long a fifth member takes to join a consortium of four that has much behind it, by state sync.

    python -m benchmarks.network.joining [--envelopes 100000] [--every 100] [--json FILE]

A consent grant an envelope, in batches of 200, until so many are committed, and a snapshot at every `--every`-th block.
The newcomer is invited and makes its home by the program's own commands. Then the clock runs: from `salus network up`
until its ledger is at the height of the others, and its server proves the first grant, the last one and the size of the
log under a header that a light client has verified at the others, from the block in the invitation on. Afterwards it is
admitted by a vote, until its validator counts. All five are on this machine, and make a block a second meanwhile.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from benchmarks.http import check_cpu_us
from benchmarks.network.newcomer import Newcomer, salus
from benchmarks.network.ours import Consortium, height_of
from benchmarks.network.processes import Missing, Node, built, call, offered, write
from salus.bootstrap.consensus import read_consensus, write_consensus
from salus.bootstrap.network.joining import APPLICATION
from salus.contracts.consent.keys import directive_key
from salus.core.envelope import parse_batch, parse_envelope
from salus.core.hashing import object_id
from salus.machine.pruned import MANIFEST

PERSONS, SIGNERS = 33_000, 8_000
RATE, TURN, PER_BATCH = 1_000, 5_000, 200  # envelopes: a second, offered at once, of a batch
HEARTBEAT_MS, ROOM_BLOCKS = 1_000, 60  # in which members vote
WITHIN_S = 180.0
Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network.joining", description=__doc__)
    parser.add_argument("--envelopes", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=100, help="blocks between two snapshots")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    figures: Figures = {"check_cpu_us": check_cpu_us()}
    try:
        load = built("load")
        with tempfile.TemporaryDirectory(prefix="salus-network-", dir="/tmp") as folder:
            figures |= _joined(Path(folder), load, given.envelopes, given.every)
    except Missing as missing:
        raise SystemExit(f"python -m benchmarks.network.joining: {missing}") from None
    figures["check_after_cpu_us"] = check_cpu_us()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for name, value in sorted(figures.items()):
        print(f"{name:50} {value:>14,}")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


def _joined(folder: Path, load: Path, envelopes: int, every: int) -> Figures:
    world = Consortium(folder / "net", PERSONS, SIGNERS)
    for home in world.homes:
        said = read_consensus(home)
        assert said is not None
        write_consensus(home, replace(said, snapshot_every=every, heartbeat_ms=HEARTBEAT_MS))
    north = world.homes[0]
    with world.running() as nodes:
        committed, first, last = _filled(world, nodes, load, folder / "transactions", envelopes)
        height = height_of(nodes[0])
        _wait_for_snapshot(north, max(every, height // every * every))
        with Newcomer(north, folder / "west", world.genesis) as newcomer:
            before, load_1m = _cpu_s(nodes), os.getloadavg()[0]
            figures = newcomer.measured([first, last], committed, lambda: height_of(nodes[0]))
            print(f"  joined: {figures}", flush=True)
            figures["others_cpu_s"] = _cpu_s(nodes) - before
            figures |= {"envelopes": committed, "load_average": load_1m}
            figures["batches_after_snapshot"] = _batches(nodes[0], int(figures["snapshot_height"]), height)
            figures["until_validator_s"] = _admitted(world, nodes[0], newcomer)
    return {name: round(value, 2) for name, value in figures.items()}


def _filled(
    world: Consortium, nodes: Sequence[Node], load: Path, file: Path, envelopes: int
) -> tuple[int, bytes, bytes]:
    """Commit so many grants; return how many were, and the keys of the first and of the last directive."""
    committed, begun = 0, time.monotonic()
    batches: list[bytes] = []
    while committed < envelopes:
        prepared = list(world.grants(min(TURN, envelopes - committed), PER_BATCH))
        write(file, prepared)
        found = offered(load, "cometbft", [node.url for node in nodes], file, RATE, TURN / RATE + 1)
        if found["missing"] or found["refused"]:
            raise RuntimeError(f"not committed: {found}")
        batches = [*batches[:1], prepared[0][0], prepared[-1][0]]
        committed += int(found["committed"])
        print(f"  {committed} committed in {time.monotonic() - begun:.0f} s, block {height_of(nodes[0])}", flush=True)
    return committed, _key(world.network, batches[0]), _key(world.network, batches[-1])


def _key(network: bytes, batch: bytes) -> bytes:
    """Return the key of the directive that the first grant of a batch has put into the state."""
    granted = parse_envelope(network, parse_batch(network, batch).payload.envelopes[0]).payload
    ((handle, _),) = granted.signers
    return directive_key(handle, object_id("directive", network, handle, granted.nonce, 0, 0))


def _wait_for_snapshot(home: Path, height: int) -> None:
    """Wait until a home offers a snapshot of a height, or a later one."""
    until = time.monotonic() + WITHIN_S
    while not any(
        found.parent.name.isdecimal() and int(found.parent.name) >= height
        for found in (home / "ledger/snapshots").glob(f"*/{MANIFEST}")
    ):
        if time.monotonic() > until:
            raise TimeoutError(f"no snapshot at {height}")
        time.sleep(0.1)


def _batches(node: Node, after: int, to: int) -> int:
    """Return how many batches the blocks after a height hold."""
    blocks = (call(node.url, "block", {"height": str(height)})["block"] for height in range(after + 1, to + 1))
    return sum(len(block["data"]["txs"]) for block in blocks)


def _admitted(world: Consortium, node: Node, newcomer: Newcomer) -> float:
    """Admit the newcomer by a vote of three; return the seconds until its validator is one of the network's."""
    begun, (north, *others) = time.monotonic(), world.homes
    effective = ("--effective", height_of(node) + ROOM_BLOCKS)
    made = salus(north, "network", "admit", "--as", north.name, *effective, newcomer.home / APPLICATION)
    for home in (north, *others[:2]):
        salus(home, "org", "vote", "--as", home.name, made["proposal"])
    while height_of(node) < made["effective_height"]:
        time.sleep(0.1)
    salus(north, "staff", "add", "--as", north.name, "Somebody")  # blocks without a batch count no votes
    while len(call(node.url, "validators", {})["validators"]) == len(world.homes):
        if time.monotonic() > begun + WITHIN_S:
            raise TimeoutError("no validator more")
        time.sleep(0.1)
    return time.monotonic() - begun


def _cpu_s(nodes: Sequence[Node]) -> float:
    return sum(process.cpu_s() for node in nodes for process in node.processes.values())


if __name__ == "__main__":
    main()
