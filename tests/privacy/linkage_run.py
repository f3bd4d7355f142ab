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

from attack import Outcome, Someone, attack
from pair_features import profile
from read_by_anybody import Account, read_ledger
from simulated_days import simulate

from salus.vault import keystore

Couple = tuple[tuple[int, Account], tuple[int, Account]]  # of one person, each with the number of its hospital


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
    return attack(profiled(read(home, seed, people, protected)), Random(f"attack {seed}"), level)


def read(home: Path, seed: int, people: int, protected: bool) -> list[Couple]:
    """Simulate; return the people, each with what the ledger shows of both accounts."""
    with repeatable(seed):
        world = simulate(home, seed, people, protected)
        with world.region:
            accounts = read_ledger(world.region.ledger)
    return [
        tuple(
            (hospital, accounts[handle])
            for hospital, handle in zip(patient.who.hospitals, patient.handles, strict=True)
        )
        for patient in world.patients
    ]


def profiled(people: list[Couple]) -> list[Someone]:
    """Return what the attacker keeps of everybody."""
    return [((one[0], profile(one[1])), (other[0], profile(other[1]))) for one, other in people]


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
    outside, areas = 0, []
    for seed in range(first, first + given.runs):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(Path(folder) / "home", seed, given.people, not given.unprotected, given.level)
        print(told(outcome, seed, not given.unprotected), flush=True)
        outside += not outcome.chance
        areas.append(outcome.auc)
    mean = sum(areas) / len(areas)
    print(f"{outside} of {given.runs} outside the interval of level {given.level}; mean AUC {mean:.3f}")
    return min(outside, 1)


if __name__ == "__main__":
    sys.exit(main())
