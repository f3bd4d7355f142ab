"""Random lives against the model. More of them: `make simulate` (each seed is printed where it fails)."""

import random

import pytest

from properties.lives.run import live

PARTS = 4
FIXED = (1, 2, 3, 4)


@pytest.mark.parametrize("seed", FIXED)
def test_lives_of_fixed_seeds(seed: int) -> None:
    live(seed)


@pytest.mark.parametrize("part", range(PARTS))
def test_lives_of_new_seeds(part: int) -> None:
    first = random.randrange(2**32)
    for seed in range(first, first + 3):
        live(seed)
