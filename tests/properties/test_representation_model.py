"""Who acts and what holds, against a naive model, on generated families; a failure prints its seed."""

import random
from random import Random
from typing import Any

import pytest

from contracts.precedence import NOW, Nothing
from properties.naive_representation import still_holds, who_may
from salus.contracts.context import Signer
from salus.contracts.representation import keeper, queries
from salus.contracts.representation.types import Incapacity, Representation
from salus.core.keys import Role
from salus.policy.types import Capacity, Power
from salus.state.overlay import Overlay

RELATION = b"r" * 32
PEOPLE = tuple(bytes((n,)) * 32 for n in range(1, 5))
PURPOSES = (1, 2, 3)
FAMILIES, PARTS, FIXED = 1_500, 4, range(50_000, 51_500)


def some(r: Random, pool: Any) -> tuple[int, ...]:
    return tuple(sorted(x for x in pool if r.random() < 0.75))


def family(r: Random) -> dict[bytes, Representation]:
    """Up to five representations; those of one group under one rule, each with a place of its own."""
    rules = {springs: r.randint(1, 3) for springs in (1, 2, 3)}
    made = {}
    for number in range(r.randint(0, 5)):
        springs = r.choice((1, 1, 1, 2, 3, 4))
        rule = rules[1 if springs == 4 else springs]
        powers = some(r, Power) or (1,)
        purposes = some(r, PURPOSES) or (1,)
        purposes = purposes if 2 in powers else ()
        standing = r.choice((1, 1, 1, 1, 2, 2, 3, 4))
        goes_on = some(r, purposes) if standing == 2 and rule == 1 else ()
        start, end = NOW - r.randint(0, 2), NOW + r.randint(1, 3)
        made[bytes((0x40 + number,)) * 32] = Representation(
            r.choice(PEOPLE), tuple(map(int, powers)), purposes, rule, number + 1 if rule == 3 else 0, springs, start,
            end, bytes(32), None, standing, goes_on,
        )  # fmt: skip
    return made


def disagreement(seed: int) -> str | None:
    """Return where the two differ for the family of a seed, None where they agree."""
    r = Random(seed)
    entries, state = family(r), Overlay(Nothing())
    for name, entry in entries.items():
        keeper.put_representation(state, RELATION, name, entry)
    incapable = r.random() < 0.5
    if incapable:
        keeper.put_incapacity(state, RELATION, Incapacity(NOW, PEOPLE[0], None, bytes(32)))
    for _ in range(12):
        dead, time = r.random() < 0.25, NOW + r.randint(-2, 3)
        power, signed = r.choice(tuple(Power)), [p for p in PEOPLE if r.random() < 0.5]
        purposes = some(r, PURPOSES) or (1,)
        purposes = purposes if power == Power.GRANT else ()
        signers = tuple(Signer(p, p, int(Role.DEVICE)) for p in signed)
        capacity = int(Capacity.REPRESENTATIVE)
        found = queries.acts(state, RELATION, signers, capacity, time, power, purposes, dead)
        now = {"incapable": incapable, "dead": dead}
        expected = who_may(entries, set(signed), time, int(power), purposes, **now)
        if (found is None) != (not expected) or (found is not None and found not in expected):
            return f"seed {seed}: acts {found!r}, not one of {expected!r}"
        under, purpose = r.choice((*entries, b"?" * 32)), r.choice(PURPOSES)
        answer = queries.holds(state, RELATION, under, time, purpose, dead)
        if answer != still_holds(entries, under, time, purpose, **now):
            return f"seed {seed}: holds {answer}"
    return None


@pytest.mark.parametrize("part", range(PARTS))
def test_the_contract_is_the_naive_model(part: int) -> None:
    first = random.randrange(2**40)
    for seed in range(first, first + FAMILIES):
        assert disagreement(seed) is None, f"seed {seed}"


def test_the_fixed_families_agree() -> None:
    for seed in FIXED:
        assert disagreement(seed) is None, f"seed {seed}"
