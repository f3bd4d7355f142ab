"""Seeded runs over real networks: `python -m network.chaos.run --runs 30 --seed 7 [--fault pause --fault kill-all]`.

Each run founds a network of four, loads it, does some faults to it one after the other, heals it, and audits it. The
seed of a run is printed first; with it and the same faults it is drawn again the same way.
"""

import argparse
import random
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from network.chaos.audit import audit
from network.chaos.faults import FAULTS, World
from network.chaos.load import load_of
from network.chaos.members import four_members
from salus.bootstrap.network.binary import find_cometbft, version_of

WRITERS = 6
MOST_FAULTS = 3  # in one run
SNAPSHOT_EVERY = {"corrupt-state": 20, "corrupt-blocks": 20, "sign-with-wrong-key": 20}  # healed by state sync


@dataclass(frozen=True)
class Run:
    """One run: a seed, and the faults in their order."""

    seed: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"--seed {self.seed} {' '.join(f'--fault {name}' for name in self.faults)}"


def drawn(seed: int, first: str | None = None) -> Run:
    """Return a run with faults drawn by its seed, beginning with `first` if one is named."""
    rng = random.Random(f"faults of {seed}")
    more = rng.choices(sorted(FAULTS), k=rng.randrange(1, MOST_FAULTS + 1))
    return Run(seed, tuple(more if first is None else [first, *more[1:]]))


def play(run: Run, program: Path, say: Callable[[str], None], *, long: bool = False) -> None:
    """Play a run; raises AssertionError where something does not hold, which names the run."""
    every = min((SNAPSHOT_EVERY[name] for name in run.faults if name in SNAPSHOT_EVERY), default=None)
    say(str(run))
    try:
        with four_members(program, **({} if every is None else {"snapshot_every": every})) as four:
            load = load_of(four, run.seed)
            load.begin(WRITERS)
            world = World(four, load, random.Random(f"draws of {run.seed}"), say, long)
            try:
                world.go_on()
                for name in run.faults:
                    FAULTS[name](world)
                load.end()
                four.agreed()
                four.stop()
                say(audit(four, load))
            except BaseException as failure:
                failure.add_note(f"{run}\n{four.logs()}")
                raise
    except AssertionError as failure:
        failure.add_note(f"again: python -m network.chaos.run {run}")
        raise


def main(arguments: Sequence[str]) -> int:
    """Play many; return the exit status."""
    parser = argparse.ArgumentParser(prog="network.chaos.run", description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), default=[])
    parser.add_argument("--short", action="store_true", help="pauses of some seconds, as in the tests")
    parser.add_argument("--cometbft", type=Path, default=None)
    given = parser.parse_args(arguments)
    program = find_cometbft(given.cometbft)
    first = secrets.randbelow(2**32) if given.seed is None else given.seed
    print(f"CometBFT {version_of(program)}, {given.runs} runs from seed {first}", flush=True)
    names, begun = sorted(FAULTS), time.monotonic()
    for number in range(given.runs):
        seed = first + number
        run = Run(seed, tuple(given.fault)) if given.fault else drawn(seed, names[number % len(names)])

        def say(words: str, number: int = number) -> None:
            print(f"{time.monotonic() - begun:7.1f} s  run {number + 1}/{given.runs}: {words}", flush=True)

        play(run, program.absolute(), say, long=not given.short)
    print(f"{given.runs} runs held", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
