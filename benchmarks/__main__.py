"""Run the benchmarks of one topic, or of all, and write their figures as one flat JSON object."""

import argparse
import importlib
import json
import platform
import time
from pathlib import Path

# Each module has `run(full: bool) -> dict[str, float]`; the name of a figure ends in its unit.
TOPICS: dict[str, tuple[str, ...]] = {
    "ledger": ("benchmarks.ledger", "benchmarks.commitments"),
    "import": ("benchmarks.intake",),
    "decision": ("benchmarks.decision",),
    "fsck": ("benchmarks.fsck",),
    "tourist": ("benchmarks.tourist",),
    "http": ("benchmarks.http",),
    "restart": ("benchmarks.restart",),
    "explorer": ("benchmarks.explorer",),
}


def measure(topic: str, full: bool) -> dict[str, float]:
    """Return the figures of a topic."""
    figures: dict[str, float] = {}
    for name in TOPICS[topic]:
        start = time.perf_counter()
        figures |= importlib.import_module(name).run(full)
        figures[f"{name.rpartition('.')[2]}_took_s"] = round(time.perf_counter() - start, 1)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topic", choices=[*TOPICS, "all"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--full", action="store_true", help="larger sizes; default sizes take less than 50 s each")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    if given.topic == "all":
        for topic in TOPICS:  # two topics may have a figure of the same name
            for name, value in measure(topic, given.full).items():
                figures[f"{topic}_{name.removeprefix(topic + '_')}"] = value
    else:
        figures = measure(given.topic, given.full)
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for name, value in sorted(figures.items()):
        print(f"{name:50} {value:>14,}")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


main()
