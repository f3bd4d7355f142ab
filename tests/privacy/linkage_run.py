"""Run the linkage attack over one simulated region: `python tests/privacy/linkage_run.py --seed 7 --people 600`."""

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent))

from attack import Outcome, Stratum, attack, profile
from read_by_anybody import read_ledger
from simulated_region import World, simulate

from salus.vault import keystore


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Let every random byte come from the seed, and no write wait for a disk: the same seed, the same ledger."""
    bytes_of = Random(f"bytes {seed}").randbytes
    with (
        patch.object(os, "urandom", bytes_of),
        patch.object(secrets, "token_bytes", bytes_of),
        patch.object(os, "fsync", lambda descriptor: None),
        patch.object(os, "fdatasync", lambda descriptor: None),
        patch.object(keystore, "MEMORY_KIB", 128),
        patch.object(keystore, "ITERATIONS", 1),
    ):
        yield


def run(home: Path, seed: int, people: int, protected: bool, level: float = 0.95) -> Outcome:
    """Simulate, read the ledger, attack; return what came out."""
    with repeatable(seed):
        world = simulate(home, seed, people, protected)
        with world.region:
            return attack(strata(world), Random(f"attack {seed}"), level)


def strata(world: World) -> list[Stratum]:
    """Return the people by their two hospitals, each with what the ledger shows of both accounts."""
    accounts = read_ledger(world.region.ledger)
    found: dict[tuple[int, int], Stratum] = {}
    for patient in world.patients:
        one, other = (profile(accounts[handle]) for handle in patient.handles)
        found.setdefault(patient.who.hospitals, []).append((one, other))
    return [found[pair] for pair in sorted(found)]


def told(outcome: Outcome, seed: int, protected: bool) -> str:
    """Return an outcome in words."""
    wallet = "protected" if protected else "unprotected"
    verdict = "chance" if outcome.chance else "NOT CHANCE"
    return (
        f"seed {seed}, {wallet}, {outcome.people} people tested: AUC {outcome.auc:.3f}, by chance"
        f" {outcome.low:.3f} to {outcome.high:.3f}: {verdict}; strongest: {outcome.strongest()}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="by default a new one")
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--runs", type=int, default=1, help="seeds from --seed on")
    parser.add_argument("--level", type=float, default=0.999)
    parser.add_argument("--unprotected", action="store_true")
    given = parser.parse_args()
    first = given.seed if given.seed is not None else secrets.randbelow(10**9)
    outside = 0
    for seed in range(first, first + given.runs):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(Path(folder) / "home", seed, given.people, not given.unprotected, given.level)
        print(told(outcome, seed, not given.unprotected), flush=True)
        outside += not outcome.chance
    print(f"{outside} of {given.runs} outside the interval of level {given.level}")
    return min(outside, 1)


if __name__ == "__main__":
    sys.exit(main())
