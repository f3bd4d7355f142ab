"""The attack: which account at one hospital and which at another are one person's?

Features of a pair of accounts, from the ledger alone (`pair_features.FEATURES` lists them); logistic regression
trained on one half of the people, of whom the attacker knows everything; the area under the ROC curve on the other.

The interval: if the ledger tells nothing, who belongs to whom among the accounts tested is a matching like any other.
So the same scores are taken with accounts matched anew by chance, as many between each two hospitals as there are, and
the middle part of the areas so found is what chance alone gives. It is exact, whatever the features are and however
they depend.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from pair_features import FEATURES, Profile, features


class Model(NamedTuple):
    """A trained logistic regression over standardised features."""

    means: list[float]
    scales: list[float]
    weights: list[float]

    def score(self, row: Sequence[float]) -> float:
        return sum(w * (x - m) / s for w, x, m, s in zip(self.weights, row, self.means, self.scales, strict=True))


def train(rows: Sequence[Sequence[float]], truth: Sequence[bool], steps: int = 150, ridge: float = 0.02) -> Model:
    """Fit by gradient descent with momentum; true and false pairs weigh the same in all."""
    width, number = len(rows[0]), len(rows)
    means = [sum(row[k] for row in rows) / number for k in range(width)]
    scales = [math.sqrt(sum((row[k] - means[k]) ** 2 for row in rows) / number) or 1.0 for k in range(width)]
    data = [[(row[k] - means[k]) / scales[k] for k in range(width)] for row in rows]
    positive = sum(truth)
    weigh = [0.5 / positive if true else 0.5 / (number - positive) for true in truth]
    weights, bias, speed, bias_speed = [0.0] * width, 0.0, [0.0] * width, 0.0
    for _ in range(steps):
        slope, bias_slope = [ridge * w for w in weights], 0.0
        for row, true, weight in zip(data, truth, weigh, strict=True):
            z = bias + sum(map(float.__mul__, weights, row))
            error = weight * (1 / (1 + math.exp(-max(-30.0, min(30.0, z)))) - true)
            bias_slope += error
            for k, x in enumerate(row):
                slope[k] += error * x
        speed = [0.9 * v - 0.15 * g for v, g in zip(speed, slope, strict=True)]
        weights = [w + v for w, v in zip(weights, speed, strict=True)]
        bias_speed = 0.9 * bias_speed - 0.15 * bias_slope
        bias += bias_speed
    return Model(means, scales, weights)


Someone = tuple[tuple[int, Profile], tuple[int, Profile]]  # (number of the hospital, account) of both accounts


class Outcome(NamedTuple):
    """The area found, and the interval that chance gives."""

    auc: float
    low: float
    high: float
    people: int
    model: Model

    @property
    def chance(self) -> bool:
        return self.low <= self.auc <= self.high

    def strongest(self, number: int = 8) -> list[tuple[str, float]]:
        named = zip(FEATURES, self.model.weights, strict=True)
        return sorted(((name, round(w, 2)) for name, w in named), key=lambda pair: -abs(pair[1]))[:number]


def attack(people: Sequence[Someone], random: Random, level: float = 0.95, false_pairs: int = 10) -> Outcome:
    """Train on half of the people, test on the others; `level` is that of the interval."""
    shuffled = random.sample(people, len(people))
    half = len(shuffled) // 2
    model = train(*_lesson(shuffled[:half], random, false_pairs))
    tested = shuffled[half:]
    at: dict[int, list[Profile]] = {}  # accounts by hospital
    true: Matching = []
    for one, other in tested:
        for hospital, account in (one, other):
            at.setdefault(hospital, []).append(account)
        true.append(((one[0], len(at[one[0]]) - 1), (other[0], len(at[other[0]]) - 1)))
    ranks = _ranks(_scores(model, at))
    chance = sorted(_area(ranks, _matched_anew(true, random)) for _ in range(4000))
    cut = int((1 - level) / 2 * len(chance))
    return Outcome(_area(ranks, true), chance[cut], chance[-1 - cut], len(tested), model)


def _lesson(known: Sequence[Someone], random: Random, false_pairs: int) -> tuple[list[list[float]], list[bool]]:
    """Return rows and truth: every true pair, and pairs of different people at different hospitals."""
    rows, truth = [], []
    for one, other in known:
        strangers = [account for pair in known for account in pair if account[0] != one[0] and account is not other]
        for account in (other, *random.sample(strangers, min(false_pairs, len(strangers)))):
            rows.append(features(one[1], account[1]))
            truth.append(account is other)
    return rows, truth


Place = tuple[int, int]  # (hospital, index of an account there)
Matching = list[tuple[Place, Place]]
Table = dict[tuple[Place, Place], float]


def _scores(model: Model, at: dict[int, list[Profile]]) -> Table:
    """Score every two accounts at different hospitals."""
    places = [(hospital, n) for hospital in sorted(at) for n in range(len(at[hospital]))]
    return {
        (one, other): model.score(features(at[one[0]][one[1]], at[other[0]][other[1]]))
        for one in places
        for other in places
        if one[0] < other[0]
    }


def _matched_anew(true: Matching, random: Random) -> Matching:
    """Match the accounts by chance, as many between each two hospitals as there are in truth."""
    free: dict[int, list[int]] = {}
    for one, other in true:
        for hospital, number in (one, other):
            free.setdefault(hospital, []).append(number)
    for numbers in free.values():
        random.shuffle(numbers)
    return [((one[0], free[one[0]].pop()), (other[0], free[other[0]].pop())) for one, other in true]


def _ranks(scores: Table) -> Table:
    """Replace each score by its rank among all; equal ones share theirs."""
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for at, x in enumerate(sorted(scores.values()), start=1):
        first.setdefault(x, at)
        last[x] = at
    return {pair: (first[x] + last[x]) / 2 for pair, x in scores.items()}


def _area(ranks: Table, matching: Matching) -> float:
    """Return the area under the curve if `matching` tells who belongs to whom."""
    pairs, total = len(matching), len(ranks)
    reached = sum(ranks[pair] for pair in matching)
    return (reached - pairs * (pairs + 1) / 2) / (pairs * (total - pairs))
