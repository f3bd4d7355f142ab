"""Ask the decision and the naive evaluator about as many generated cases as there is time for.

cd tests && python -m properties.oracle --runs 10000000 [--first SEED]

Each seed is a world of ten questions. It prints how far it has come: a run that was interrupted goes on with --first.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from properties.merged_cases import merged_cases
from properties.naive_policy import naive_decide
from salus.policy.decision import decide
from vectors.policy_cases import QUESTIONS, cases

WORLDS = 2_000  # in one piece of work


def disagreement(seed: int) -> str | None:
    """Return where the two differ in the world of `seed`, apart or merged with others, None where they agree."""
    for number, case in enumerate((*cases(seed), *merged_cases(seed))):
        found, expected = decide(*case)._asdict(), naive_decide(*case)
        if found != expected:
            return f"seed {seed}, question {number}: {found} instead of {expected}"
    return None


def piece(first: int) -> list[str]:
    """Return the disagreements of the worlds from `first`."""
    return [text for seed in range(first, first + WORLDS) if (text := disagreement(seed)) is not None]


def pieces(first: int, worlds: int) -> Iterator[int]:
    """Yield where each piece begins."""
    yield from range(first, first + worlds, WORLDS)


def main(arguments: list[str]) -> int:
    """Run; return 1 where the two disagreed."""
    parser = argparse.ArgumentParser(description="The decision against the naive evaluator.")
    parser.add_argument("--runs", type=int, default=10_000_000, help="questions")
    parser.add_argument("--first", type=int, default=0, help="seed to begin with, or to go on from")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    worlds = -(-options.runs // (QUESTIONS * WORLDS)) * WORLDS
    start, done, wrong = time.monotonic(), 0, 0
    with ProcessPoolExecutor(options.processes) as pool:
        for first, texts in zip(
            pieces(options.first, worlds), pool.map(piece, pieces(options.first, worlds)), strict=True
        ):
            done += WORLDS
            wrong += len(texts)
            for text in texts:
                print(f"\n{text}", flush=True)
            left_s = (time.monotonic() - start) / done * (worlds - done)
            print(
                f"\r{done * QUESTIONS:,} of {worlds * QUESTIONS:,} questions, {wrong} disagreements, "
                f"{left_s / 60:.0f} min left (go on with --first {first + WORLDS})   ",
                end="",
                flush=True,
            )
    print(f"\n{wrong} disagreements in {worlds * QUESTIONS:,} questions, seeds {options.first} to "
          f"{options.first + worlds - 1}, {time.monotonic() - start:.0f} s")  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
