"""What tells of a pair of accounts, from the ledger alone: times, values, carriers, sizes, nonces."""

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from read_by_anybody import Account, Seen

SECOND_MS, HOUR_MS, DAY_MS = 1000, 3_600_000, 86_400_000
KINDS = ("claim", "grant", "deny", "revoke", "release", "acknowledge", "rotate", "confirmed", "in force", "invited")
VALUES = (
    "grantee",
    "length",
    "start",
    "end",
    "time of day of the end",
    "uses",
    "purposes",
    "terms",
    "key term",
    "policy",
)
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
    values = {name: frozenset(value for act in acts for told, value in act.values if told == name) for name in VALUES}
    members = [act.carrier for act in acts if not act.own]
    home = max(sorted(set(members)), key=members.count)
    own_times = sorted({act.time for act in own})
    gaps = [math.log1p(b - a) for a, b in pairwise(own_times)] or [0.0]
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
    return _log(abs(other[0] - one[0])) if one and other else 0.0


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
