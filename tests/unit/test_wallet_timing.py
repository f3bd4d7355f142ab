"""When a wallet acts, what its menus offer, what wishes make of a sealed part."""

from itertools import pairwise
from random import Random

import pytest
from policy_samples import header

from salus.core.encoding import decode
from salus.core.hashing import T
from salus.policy.directives import permit_gap
from salus.policy.provision import Facts
from salus.policy.types import EVERYTHING, Effect, Provision, SealedPart
from salus.services.grant import provision
from salus.wallet import menu, timing
from salus.wallet.menu import DAY_MS, MINUTE_MS
from salus.wallet.wishes import MAX_DENIED, NOTHING, denied, granted, opens_something

NOW = 20_000 * DAY_MS + 12_345_678


class Edge(Random):
    """Chance that always falls on one end."""

    def __init__(self, high: bool) -> None:
        super().__init__(0)
        self.high = high

    def randint(self, a: int, b: int) -> int:
        return b if self.high else a


def test_times_lie_within_what_is_written_of_them() -> None:
    low, high = Edge(False), Edge(True)
    assert (timing.first(low, NOW), timing.first(high, NOW)) == (NOW, NOW + 10 * DAY_MS)
    assert timing.following(low, NOW) == NOW + 4 * DAY_MS and timing.following(high, NOW) == NOW + 10 * DAY_MS
    assert timing.after_missing(low, NOW) == NOW + DAY_MS and timing.after_missing(high, NOW) == NOW + 3 * DAY_MS
    end = NOW + 14 * DAY_MS
    assert (timing.claim_at(low, NOW, end), timing.claim_at(high, NOW, end)) == (NOW, end - DAY_MS)
    assert timing.claim_at(high, NOW, NOW + 1) == NOW  # no day is left


def test_a_wish_waits_three_days_and_a_half_on_average() -> None:
    """The mean wait until the next appointment of a running sequence is E[X^2] / 2 E[X]; the table says 3.7 days."""
    chance, times, time = Random(7), [], 0
    while time < 40_000 * DAY_MS:
        times.append(time := timing.following(chance, time))
    gaps = [b - a for a, b in pairwise(times)]
    wait = sum(gap * gap for gap in gaps) / sum(gaps) / 2
    assert abs(wait / DAY_MS - 3.71) < 0.05


@pytest.mark.parametrize(
    ("days", "length"),
    [(1, 1), (2, 7), (7, 7), (8, 30), (30, 30), (47, 90), (365, 365), (366, 1826), (3650, 3653), (9999, 9999)],
)
def test_an_end_date_to_the_millisecond_is_none(days: int, length: int) -> None:
    for start in (None, NOW + 777):
        first, end = menu.validity(NOW, start, days)
        assert (first, end) == (20_000 * DAY_MS, (20_000 + length + 1) * DAY_MS)


@pytest.mark.parametrize(("wanted", "given"), [(0, 0), (1, 1), (2, 1), (3, 3), (9, 3), (10, 10), (99, 30), (5000, 100)])
def test_uses_are_rounded_down(wanted: int, given: int) -> None:
    assert menu.uses(wanted) == given


def test_whole_times_are_rounded_up() -> None:
    assert menu.whole(1, MINUTE_MS) == MINUTE_MS == menu.whole(MINUTE_MS, MINUTE_MS)
    assert menu.whole(MINUTE_MS + 1, MINUTE_MS) == 2 * MINUTE_MS


def opens(body: bytes, data_class: str) -> bool:
    return permit_gap(decode(body, SealedPart), Facts(header(data_class=data_class), (), b""), None) is None


def test_wishes_follow_one_another() -> None:
    laboratory, imaging = provision(classes=("laboratory",)), provision(classes=("imaging",))
    assert not opens_something(NOTHING) and not opens(NOTHING, "laboratory")
    one = granted(NOTHING, laboratory, "Laboratory.")
    assert opens(one, "laboratory") and not opens(one, "imaging") and opens_something(one)
    two = denied(granted(one, EVERYTHING), imaging)
    assert opens(two, "laboratory") and not opens(two, "imaging")
    assert decode(two, SealedPart).exceptions == ((int(Effect.DENY), imaging),)
    assert not opens(granted(two, EVERYTHING), "imaging")  # what was denied stays denied
    assert denied(two, EVERYTHING) == NOTHING


def test_more_denials_than_a_sealed_part_holds_open_nothing() -> None:
    body = granted(NOTHING, EVERYTHING)
    for number in range(MAX_DENIED):
        body = denied(body, provision(codes=(("s", str(number)),)))
    assert opens_something(body) and not opens_something(denied(body, provision(codes=(("s", "x"),))))


def test_sealed_parts_of_any_wish_fit_the_wallet() -> None:
    body = granted(NOTHING, Provision(*((),) * 9))
    assert len(body) < 32 * 1024 and len(T("x", bytes(32), body)) == 32
