"""Merging relations never lets out what one of them kept in; unmerged, each decides as if the others were not there.

A failure prints its seed.
"""

import random
from collections import Counter
from typing import Any

from properties.merged_cases import merges
from salus.policy.decision import decide
from salus.policy.question import Decision, Tier

FIXED = range(40_000, 41_500)
WORLDS = 3_000


def narrower(during: Decision, before: Decision, case: Any) -> bool:
    """True if nothing goes that did not go before, on this permit or on another: a release rests on one alone.

    In an emergency the same may go on the glass instead of a permit.
    """
    if not set(during.allowed) <= set(before.allowed):
        permits = [held for held in case.directives if held[0].effect == 1]
        denies = [held for held in case.directives if held[0].effect == 2]
        each = [decide(case.question, [permit, *denies], case.records) for permit in permits]
        if not set(during.allowed) <= {record for one in each for record in one.allowed}:
            return False
    return during.permitted <= before.permitted


def check(seed: int, tiers: Counter[int]) -> None:
    for number, (before, during, others) in enumerate(merges(seed)):
        place = f"seed {seed}, question {number}"
        one, two = decide(*before), decide(*during)
        if before.question.emergency:  # what a lost permit gave, the glass may still give, and no more than it
            assert set(two.allowed) <= set(decide(*before).allowed) | _by_glass(before), place
        else:
            assert narrower(two, one, before), place
        alone = [held for held in before.directives if held not in others]
        assert decide(before.question, alone, before.records) == one, place  # unmerged: as if there were no others
        assert decide(during.question._replace(merged=(), objections=()), during.directives, during.records) == one
        tiers[two.tier] += two != one
        tiers[0] += one.permitted and not two.permitted


def _by_glass(case: object) -> set[bytes]:
    """What the emergency gives by itself, without any permit."""
    question, directives, records = case  # type: ignore[misc]
    denies = [held for held in directives if held[0].effect == 2]
    return set(decide(question, denies, records).allowed)


def test_a_merge_never_widens_and_its_end_restores() -> None:
    tiers: Counter[int] = Counter()
    first = random.randrange(2**40)
    for seed in (*FIXED, *range(first, first + WORLDS)):
        check(seed, tiers)
    assert all(tiers[tier] >= 20 for tier in (0, Tier.DIRECTIVES, Tier.DEFAULT)), tiers
