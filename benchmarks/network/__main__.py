"""A consortium of four against CometBFT's own `kvstore` and a ledger of MedRec's kind, on one machine, in one run.

    python -m benchmarks.network [--seconds 10] [--json FILE] [--only ours|kvstore|clique]

Each network is offered more and more until it takes less than nine tenths of what it is offered: the most that it
committed in a second is its rate. Then it is offered half of that, and latency is read: from when a transaction was
due until a block with it was read from a node. The load tool and the signing are the same for all, and take processor
time from all of them alike. Everything runs on this machine, four nodes of two processors.
"""

import argparse
import itertools
import json
import platform
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.http import check_cpu_us
from benchmarks.network import clique, kvstore
from benchmarks.network.ours import Consortium
from benchmarks.network.processes import Missing, Node, built, installed, offered, write
from salus.bootstrap.network.binary import find_cometbft

NODES = 4
PERSONS, SIGNERS = 33_000, 8_000
BYTES = 395  # of an envelope with a grant, and so of a transaction of kvstore
BATCHES_S = 4  # of each member: one is under way at a time, and lands within a block or two
LADDERS: dict[str, tuple[int, ...]] = {
    "ours": (1_000, 1_500, 1_750, 2_000, 2_500, 3_000, 4_000),
    "commitments": (20_000, 40_000, 80_000, 160_000),
    "kvstore": (1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000),
    "kvstore_batched": (5_000, 10_000, 20_000, 40_000, 80_000),
    "clique": (200, 400, 600, 800, 1_200),
}
Figures = dict[str, float]
Offer = Callable[[float, float], Figures]  # (rate, seconds) -> what the load tool says


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="how long each load is offered")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--only", choices=("ours", "kvstore", "clique"))
    given = parser.parse_args()
    figures: Figures = {"check_cpu_us": check_cpu_us()}
    try:
        load = built("load")
        for name, run in (("ours", _ours), ("kvstore", _kvstore), ("clique", _clique)):
            if given.only in (None, name):
                with tempfile.TemporaryDirectory(prefix="salus-network-", dir="/tmp") as folder:
                    figures |= run(Path(folder), load, given.seconds)
    except Missing as missing:
        raise SystemExit(f"python -m benchmarks.network: {missing}") from None
    figures["check_after_cpu_us"] = check_cpu_us()
    if given.only is None:
        figures |= _compared(figures)
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for name, value in sorted(figures.items()):
        print(f"{name:50} {value:>14,}")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


def _ours(folder: Path, load: Path, seconds: float) -> Figures:
    world = Consortium(folder / "net", PERSONS, SIGNERS)
    file = folder / "transactions"
    with world.running() as nodes:

        def grants(rate: float, lasts: float) -> Figures:
            per_batch = max(1, round(rate / (NODES * BATCHES_S)))
            write(file, world.grants(round(rate * lasts), per_batch))
            return offered(load, "cometbft", [node.url for node in nodes], file, rate, lasts)

        def records(rate: float, lasts: float) -> Figures:
            write(file, world.anchors(round(rate * lasts / 10)))
            return offered(load, "cometbft", [node.url for node in nodes], file, rate, lasts)

        figures = _measured("ours", grants, nodes, seconds)
        return figures | _measured("commitments", records, nodes, seconds) | _held("ours", nodes)


def _kvstore(folder: Path, load: Path, seconds: float) -> Figures:
    file, numbers = folder / "transactions", itertools.count()
    with kvstore.network(find_cometbft(), folder / "net", NODES) as nodes:

        def posts(each: Callable[[float], int]) -> Offer:
            def offer(rate: float, lasts: float) -> Figures:
                size, count = each(rate), round(rate * lasts)
                write(file, ((_pair(next(numbers), size * BYTES), size) for _ in range(count // size)))
                return offered(load, "cometbft", [node.url for node in nodes], file, rate, lasts, connections=64)

            return offer

        figures = _measured("kvstore", posts(lambda rate: 1), nodes, seconds)
        batched = posts(lambda rate: max(1, round(rate / (NODES * BATCHES_S))))
        return figures | _measured("kvstore_batched", batched, nodes, seconds) | _held("kvstore", nodes)


def _clique(folder: Path, load: Path, seconds: float) -> Figures:
    tool, file = built("ethereum", clique.FLAGS), folder / "transactions"
    geth, signed = installed(clique.GETH, clique.VERSION, clique.FLAGS), 0
    with clique.network(geth, tool, folder / "net", NODES) as nodes:
        contract = clique.deployed(tool, folder, nodes[0])

        def calls(rate: float, lasts: float) -> Figures:
            nonlocal signed
            count = round(rate * lasts) // 200 * 200  # of every sender as many
            command = [str(tool), "sign", str(folder), contract, str(count), str(file), str(signed)]
            subprocess.run(command, check=True)
            signed += count
            return offered(load, "ethereum", [node.url for node in nodes], file, rate, lasts)

        return _measured("clique", calls, nodes, seconds) | _held("clique", nodes)


def _measured(name: str, offer: Offer, nodes: Sequence[Node], seconds: float) -> Figures:
    """Climb the ladder, then offer half of the most that was committed."""
    most = 0.0
    for rate in LADDERS[name]:
        found = offer(rate, seconds)
        most = max(most, found["committed_per_s"])
        print(
            f"  {name}: offered {rate}, committed {found['committed_per_s']:.0f}/s, p95 {found['p95_ms']:.0f} ms",
            flush=True,
        )
        if found["committed_per_s"] < 0.9 * rate:
            break
    before = _cpu_s(nodes)
    half = offer(most / 2, seconds)
    used = {process: after - before[process] for process, after in _cpu_s(nodes).items()}
    figures: Figures = {f"{name}_committed_per_s": round(most)}
    figures[f"{name}_half_offered_per_s"] = round(most / 2)
    for figure in ("p50_ms", "p95_ms", "p99_ms", "bytes_each", "refused", "missing"):
        figures[f"{name}_half_{figure}"] = round(half[figure], 1)
    for process, cpu in used.items():
        figures[f"{name}_half_{process}_cpu_us"] = round(cpu / max(1, half["committed"]) * 1e6, 1)
    return figures


def _compared(figures: Figures) -> Figures:
    return {
        "ours_to_kvstore_ratio": round(figures["ours_committed_per_s"] / figures["kvstore_committed_per_s"], 3),
        "ours_to_clique_ratio": round(figures["ours_committed_per_s"] / figures["clique_committed_per_s"], 3),
        "ours_to_clique_p50_ratio": round(figures["ours_half_p50_ms"] / figures["clique_half_p50_ms"], 3),
    }


def _cpu_s(nodes: Sequence[Node]) -> dict[str, float]:
    """Return process -> processor time of it on all nodes."""
    return {name: sum(node.processes[name].cpu_s() for node in nodes) for name in nodes[0].processes}


def _held(name: str, nodes: Sequence[Node]) -> Figures:
    return {
        f"{name}_{process}_resident_mib": round(max(node.processes[process].resident_mib() for node in nodes), 1)
        for process in nodes[0].processes
    }


def _pair(number: int, size: int) -> bytes:
    """Return a transaction of kvstore, `key=value`, of so many bytes."""
    key = b"%012d=" % number
    return key + bytes(97 + (number * 31 + at) % 26 for at in range(size - len(key)))


if __name__ == "__main__":
    main()
