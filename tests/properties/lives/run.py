"""Live through random lives: `make simulate` runs RUNS seeds from FIRST.

A seed that fails is printed with its life; `make simulate FIRST=SEED RUNS=1` looks for the shortest life that shows it.
"""

import argparse
import sys
import time

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from properties.lives.lives import Lives

STEPS = 80


def live(seed: int, steps: int = STEPS, shortest: bool = False) -> None:
    """Live the life of this seed; raise what went wrong, its steps printed."""

    class OfSeed(Lives):
        pass

    given = settings(
        max_examples=5,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal,
        phases=(Phase.generate, Phase.shrink) if shortest else (Phase.generate,),
    )
    try:
        run_state_machine_as_test(seeded(seed)(OfSeed), settings=given)
    except BaseException as failed:
        failed.add_note(f"seed {seed}")
        raise


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m properties.lives.run", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    start, shown = time.monotonic(), 0.0
    for number, seed in enumerate(range(given.first, given.first + given.runs), 1):
        live(seed, shortest=given.runs == 1)
        took = time.monotonic() - start
        if took - shown > 5:
            shown = took
            left = took / number * (given.runs - number)
            print(f"{number:,} of {given.runs:,} seeds, {left / 60:.0f} min left", file=sys.stderr)
    print(f"{given.runs:,} seeds from {given.first}, {time.monotonic() - start:.0f} s: all as the model says")


if __name__ == "__main__":
    main()
