"""The attack: which account at one hospital and which at another are one person's?

Features of a pair of accounts, from the ledger alone (`FEATURES` lists them); logistic regression trained on one half
of the people, of whom the attacker knows everything; the area under the ROC curve on the other half.

The interval: if the ledger tells nothing, who belongs to whom among the people tested is a matching like any other.
So the same scores are taken with people matched anew by chance, within each pair of hospitals, and the middle part of
the areas so found is what chance alone gives. It is exact, whatever the features are and however they depend.
"""

import math
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from read_by_anybody import Account, Seen

SECOND_MS, HOUR_MS, DAY_MS = 1000, 3_600_000, 86_400_000
KINDS = ("claim", "grant", "deny", "revoke", "release", "acknowledge", "rotate", "confirmed", "in force", "invited")
VALUES = ("grantee", "length", "start", "end", "uses", "purposes", "terms", "key term", "policy")
WITHIN_MS = (10 * SECOND_MS, 10 * 60 * SECOND_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS)
SPAN_MS = 60 * DAY_MS


@dataclass
class Profile:
    """What the attacker keeps of one account, so that a pair costs little."""

    times: dict[str, list[int]]
    own: list[Seen]
    own_times: list[int]
    values: dict[str, frozenset[object]]
    sizes: frozenset[int]
    carriers: frozenset[bytes]
    away: float  # share of her acts that not the most frequent member carried
    home: bytes
    nonces: list[int]
    ends: frozenset[int]  # not_after below the minute
    gaps: tuple[float, float]


def profile(account: Account) -> Profile:
    acts = account.acts
    own = [act for act in acts if act.own]
    times = {kind: sorted(act.time for act in acts if act.kind == kind) for kind in KINDS}
    values = {
        name: frozenset(value for act in acts for told, value in act.values if told == name) for name in VALUES
    }
    members = [act.carrier for act in acts if not act.own]
    home = max(sorted(set(members)), key=members.count)
    own_times = sorted({act.time for act in own})
    gaps = [math.log1p(b - a) for a, b in zip(own_times, own_times[1:], strict=False)] or [0.0]
    mean = sum(gaps) / len(gaps)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    return Profile(
        times,
        own,
        own_times,
        values,
        frozenset(act.size for act in own),
        frozenset(act.carrier for act in own) - {home},
        sum(act.carrier != home for act in own) / max(1, len(own)),
        home,
        sorted(act.nonce for act in own),
        frozenset(act.not_after % (60 * SECOND_MS) for act in own),
        (mean, spread),
    )


def _nearest(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """The distance of each of `one` to the nearest of `other`."""
    found = []
    for value in one:
        at = bisect(other, value)
        found.append(min(abs(value - near) for near in other[max(0, at - 1) : at + 1]))
    return found


def _log(distance: float) -> float:
    return math.log1p(distance / SECOND_MS)


def _overlap(one: frozenset, other: frozenset) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0


def features(a: Profile, b: Profile) -> list[float]:
    """Return what tells of a pair; in the order of `FEATURES`."""
    found: list[float] = []
    for kind in KINDS:
        one, other = a.times[kind], b.times[kind]
        found.append(_log(min(_nearest(one, other)) if one and other else SPAN_MS))
        found.append(float(abs(len(one) - len(other))))
    near = _nearest(a.own_times, b.own_times) + _nearest(b.own_times, a.own_times)
    found.append(sum(map(_log, near)) / len(near))
    found.append(_log(min(near)))
    found += [sum(distance <= within for distance in near) / len(near) for within in WITHIN_MS]
    found.append(_log(abs(a.own_times[0] - b.own_times[0])))
    found.append(_log(abs(a.own_times[-1] - b.own_times[-1])))
    found.append(_hours(a, b, DAY_MS))
    found.append(_hours(a, b, HOUR_MS))
    found.append(_hours(a, b, 60 * SECOND_MS))
    found += [abs(a.gaps[0] - b.gaps[0]), abs(a.gaps[1] - b.gaps[1])]
    found += [abs(_lag(a, "invited", "claim") - _lag(b, "invited", "claim"))]
    found += [abs(_lag(a, "claim", "confirmed") - _lag(b, "claim", "confirmed"))]
    found += [_overlap(a.values[name], b.values[name]) for name in VALUES]
    found.append(_overlap(a.sizes, b.sizes))
    found.append(_overlap(a.carriers, b.carriers))
    found.append(float(a.home in b.carriers) + float(b.home in a.carriers))
    found.append(abs(a.away - b.away))
    found.append(math.log2(1 + min(_nearest(a.nonces, b.nonces))))
    found.append(_overlap(a.ends, b.ends))
    return found


def _lag(account: Profile, before: str, after: str) -> float:
    one, other = account.times[before], account.times[after]
    return _log(other[0] - one[0]) if one and other else 0.0


def _hours(a: Profile, b: Profile, period: int) -> float:
    """How alike the phases of their acts are within a day, an hour, a minute: product of the mean directions."""
    x, y = _direction(a.own_times, period), _direction(b.own_times, period)
    return x[0] * y[0] + x[1] * y[1]


def _direction(times: Sequence[int], period: int) -> tuple[float, float]:
    turns = [2 * math.pi * (time % period) / period for time in times]
    return sum(map(math.cos, turns)) / len(turns), sum(map(math.sin, turns)) / len(turns)


FEATURES = (
    *(f"{what} {kind}" for kind in KINDS for what in ("nearest", "difference in number of")),
    "mean distance to the nearest act",
    "nearest act",
    *(f"acts within {within // SECOND_MS} s" for within in WITHIN_MS),
    "first act",
    "last act",
    "hour of the day",
    "minute of the hour",
    "second of the minute",
    "mean gap",
    "spread of gaps",
    "time from invitation to claim",
    "time from claim to the desk's word",
    *(f"shared {name}" for name in VALUES),
    "shared sizes of envelopes",
    "shared second carriers",
    "carried by the other's custodian",
    "share carried by another",
    "distance of nonces",
    "shared not_after below the minute",
)


class Model(NamedTuple):
    """A trained logistic regression over standardised features."""

    means: list[float]
    scales: list[float]
    weights: list[float]

    def score(self, row: Sequence[float]) -> float:
        return sum(
            w * (x - m) / s for w, x, m, s in zip(self.weights, row, self.means, self.scales, strict=True)
        )


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


Stratum = list[tuple[Profile, Profile]]  # the people with accounts at the same two hospitals


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


def attack(strata: Sequence[Stratum], random: Random, level: float = 0.95, false_pairs: int = 10) -> Outcome:
    """Train on half of the people of each stratum, test on the others; `level` is that of the interval."""
    rows, truth, tested = [], [], []
    for stratum in strata:
        shuffled = random.sample(stratum, len(stratum))
        half = len(shuffled) // 2
        known = shuffled[:half]
        for i, (a, b) in enumerate(known):
            rows.append(features(a, b))
            truth.append(True)
            for j in random.sample([j for j in range(half) if j != i], min(false_pairs, half - 1)):
                rows.append(features(a, known[j][1]))
                truth.append(False)
        tested.append(shuffled[half:])
    model = train(rows, truth)
    scores = [[[model.score(features(a, b)) for _, b in people] for a, _ in people] for people in tested]
    ranks = _ranks(scores)
    identity = [list(range(len(people))) for people in tested]
    chance = sorted(_area(ranks, [random.sample(one, len(one)) for one in identity]) for _ in range(4000))
    cut = int((1 - level) / 2 * len(chance))
    return Outcome(_area(ranks, identity), chance[cut], chance[-1 - cut], sum(map(len, tested)), model)


def _ranks(scores: list[list[list[float]]]) -> list[list[list[float]]]:
    """Replace each score by its rank among all; equal ones share theirs."""
    flat = sorted(x for stratum in scores for row in stratum for x in row)
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for at, x in enumerate(flat, start=1):
        first.setdefault(x, at)
        last[x] = at
    rank: Callable[[float], float] = lambda x: (first[x] + last[x]) / 2  # noqa: E731
    return [[[rank(x) for x in row] for row in stratum] for stratum in scores]


def _area(ranks: list[list[list[float]]], matching: list[list[int]]) -> float:
    """Return the area under the curve if `matching` tells who belongs to whom."""
    pairs = sum(len(stratum) for stratum in ranks)
    total = sum(len(row) for stratum in ranks for row in stratum)
    reached = sum(row[j] for stratum, match in zip(ranks, matching, strict=True) for row, j in zip(stratum, match))
    return (reached - pairs * (pairs + 1) / 2) / (pairs * (total - pairs))
