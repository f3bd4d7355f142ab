"""A population for the linkage attack: who has accounts where, and what each person wants, when.

Two kinds of things are told apart. A wish is for all accounts and comes at one moment, in one sitting: to grant, to
deny, to revoke, to read everything, to change keys. An errand is about one account and comes by itself.
"""

from dataclasses import dataclass, field
from itertools import combinations
from random import Random

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
INVITED_DAYS = 12  # all visits, at which people are invited, lie in the first days
DAYS = 35  # of the whole
ERRANDS = ("grant", "deny", "request")


@dataclass
class Visit:
    """How a person comes to one account: invited at the desk, claimed there or at home."""

    hospital: int
    invited: int
    at_home: bool
    claimed: int  # when she means to claim, if at home: within two days of the invitation
    confirmed_after: int  # from the claim to the desk's word


@dataclass
class Act:
    """Something that a person wants at a time; `account` None: at all accounts."""

    time: int
    kind: str  # grant, deny, revoke, request, rotate
    account: int | None
    grantee: int = 0
    days: int = 30
    uses: int = 0
    data_class: int = 0


@dataclass
class Someone:
    """One person with two accounts."""

    number: int
    visits: tuple[Visit, Visit]
    acts: list[Act] = field(default_factory=list)

    @property
    def hospitals(self) -> tuple[int, int]:
        return self.visits[0].hospital, self.visits[1].hospital


def population(random: Random, number: int, hospitals: int, others: int) -> list[Someone]:
    """Return `number` people, as evenly as possible over the pairs of `hospitals`."""
    pairs = list(combinations(range(hospitals), 2))
    return [_someone(random, n, pairs[n % len(pairs)], others) for n in range(number)]


def _someone(random: Random, number: int, pair: tuple[int, int], others: int) -> Someone:
    first, second = (_visit(random, hospital) for hospital in pair)
    if first.at_home and second.at_home and abs(first.claimed - second.claimed) < 2 * DAY_MS:
        first.claimed = max(first.claimed, second.claimed)  # in one sitting, as soon as both codes are at hand
        second.claimed = first.claimed + 4 * MINUTE_MS
    someone = Someone(number, (first, second))
    someone.acts = sorted([*_wishes(random, others), *_errands(random, others)], key=lambda act: act.time)
    return someone


def _visit(random: Random, hospital: int) -> Visit:
    at_home = random.random() < 0.3
    after = random.randrange(HOUR_MS, DAY_MS) if at_home else random.randrange(MINUTE_MS, 10 * MINUTE_MS)
    invited = random.randrange(INVITED_DAYS * DAY_MS)
    return Visit(hospital, invited, at_home, invited + random.randrange(HOUR_MS, 2 * DAY_MS), after)


def _when(random: Random, earliest: int = 0) -> int:
    """Some time after the visits and `earliest`, in waking hours mostly."""
    low = max(earliest, INVITED_DAYS * DAY_MS)
    day = random.randrange(low // DAY_MS, DAYS) * DAY_MS
    return day + min(DAY_MS - 1, max(0, int(random.gauss(15, 4) * HOUR_MS)))


def _wishes(random: Random, others: int) -> list[Act]:
    found = []
    if random.random() < 0.8:
        terms = {"grantee": random.randrange(others), "days": random.randrange(5, 400), "uses": random.randrange(0, 40)}
        granted = Act(_when(random), "grant", None, data_class=random.randrange(3), **terms)
        found.append(granted)
        if random.random() < 0.5:
            found.append(Act(_when(random, granted.time), "revoke", None))
    for kind, share in (("deny", 0.3), ("request", 0.7), ("rotate", 0.3)):
        if random.random() < share:
            found.append(Act(_when(random), kind, None, random.randrange(others), random.randrange(30, 800)))
    return found


def _errands(random: Random, others: int) -> list[Act]:
    return [
        Act(
            _when(random),
            kind,
            account,
            random.randrange(others),
            random.randrange(5, 400),
            random.randrange(0, 40),
        )
        for account in (0, 1)
        for kind in ERRANDS
        if random.random() < 0.25
    ]
