"""The executor in the server against apart, in turn, so that both meet the same neighbours.

    python -m benchmarks.http_pairs [--pairs N]

Rates move by half with what else runs on a machine; the ratio within a pair does not.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.http import CONNECTIONS, TOGETHER_CONNECTIONS, measured, server
from benchmarks.http_server import TOGETHER

SECONDS = 4
LOADS = (
    ("single", "singles", "application/cose", CONNECTIONS),
    (f"by_{TOGETHER}", "together", "application/cbor", TOGETHER_CONNECTIONS),
)
SIZES = ("--singles", str(8_000 * SECONDS), "--together", str(10_000 * SECONDS))


def rates(executor: str) -> dict[str, float]:
    """Return envelopes a second of each load, of a server with its executor inside or apart."""
    folder = tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd())
    with folder as name, server(Path(name), *SIZES, "--executor", executor) as served:
        return {
            what: measured(served, file, kind, connections, SECONDS)["envelopes_per_s"]
            for what, file, kind, connections in LOADS
        }


def main() -> None:
    """Measure pairs, which begin with either in turn; print each, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3)
    pairs = parser.parse_args().pairs
    found: dict[str, list[dict[str, float]]] = {"inside": [], "apart": []}
    for number in range(pairs):
        for executor in sorted(found, reverse=number % 2 == 0):
            found[executor].append(rates(executor))
            print(executor, found[executor][-1], flush=True)
    for what, *_ in LOADS:
        inside, apart = ([one[what] for one in found[executor]] for executor in ("inside", "apart"))
        ratio = statistics.median(b / a for a, b in zip(inside, apart, strict=True))
        print(f"{what}: {statistics.median(inside):,.0f} inside, {statistics.median(apart):,.0f} apart, {ratio:.2f} ×")


if __name__ == "__main__":
    main()
