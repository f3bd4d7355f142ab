"""Weights of agreement, after Fellegi and Sunter: how likely a field agrees so in one person, and by chance in two.

`m` is the share of pairs of the same person at this level, `u` of pairs of two persons; the weight of a
level is log2(m / u), and weights of different fields add. A missing field has no weight. `u` errs to the high side:
names of a small region are less rare than those of the world.
https://doi.org/10.1080/01621459.1969.10501049
"""

from enum import StrEnum
from math import log2
from typing import Final, NamedTuple


class Field(StrEnum):
    """What is compared."""

    IDENTIFIER = "identifier"
    NAME = "name"
    BIRTH_DATE = "birthDate"
    GENDER = "gender"
    ADDRESS = "address"
    PHONE = "telecom"


class Level(StrEnum):
    """How far a field agrees."""

    SAME = "same"
    SWAPPED = "swapped"  # family and given name, or day and month, in each other's place
    SIMILAR = "similar"
    PARTLY = "partly"
    DIFFERENT = "different"


class Chance(NamedTuple):
    m: float
    u: float

    @property
    def weight(self) -> float:
        """Bits for one person, or against it."""
        return log2(self.m / self.u)


CHANCES: Final[dict[Field, dict[Level, Chance]]] = {
    Field.IDENTIFIER: {
        Level.SAME: Chance(0.96, 1e-7),
        Level.SIMILAR: Chance(0.03, 2e-5),
        Level.DIFFERENT: Chance(0.01, 1.0),
    },
    Field.NAME: {
        Level.SAME: Chance(0.80, 3e-3),
        Level.SWAPPED: Chance(0.04, 3e-4),
        Level.SIMILAR: Chance(0.11, 6e-3),
        Level.PARTLY: Chance(0.035, 6e-2),
        Level.DIFFERENT: Chance(0.015, 0.93),
    },
    Field.BIRTH_DATE: {
        Level.SAME: Chance(0.94, 5e-5),
        Level.SWAPPED: Chance(0.015, 5e-5),
        Level.SIMILAR: Chance(0.03, 1.5e-3),
        Level.DIFFERENT: Chance(0.015, 0.998),
    },
    Field.GENDER: {Level.SAME: Chance(0.98, 0.5), Level.DIFFERENT: Chance(0.02, 0.5)},
    Field.ADDRESS: {
        Level.SAME: Chance(0.60, 3e-4),
        Level.PARTLY: Chance(0.20, 5e-2),
        Level.DIFFERENT: Chance(0.20, 0.95),
    },
    Field.PHONE: {Level.SAME: Chance(0.60, 1e-5), Level.DIFFERENT: Chance(0.40, 1.0)},
}
