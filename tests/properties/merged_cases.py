"""Worlds in which the relation is merged with others: some directives are theirs, and they opted in and out."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from salus.policy.policies import Preference
from salus.policy.question import Held, Question
from vectors.policy_cases import QUESTIONS, Drawn, cases

MERGED = (b"m" * 32, b"n" * 32)


class Merge(NamedTuple):
    """One question before and while relations are merged; `others` are the directives of the others alone."""

    before: Drawn
    during: Drawn
    others: list[Held]


def preference(r: Random) -> Preference:
    return tuple((purpose, r.randint(1, 2)) for purpose in (0, 1, 2, 3) if r.random() < 0.3)


def merges(seed: int) -> Iterator[Merge]:
    """Yield the questions of the world of `seed`, of which part of the directives are another relation's."""
    r = Random(f"merged {seed}")
    others = MERGED[: r.randint(1, 2)]
    objections = tuple(preference(r) for _ in others)
    moved = dict[bytes, bytes]()
    for question, directives, records in islice(cases(seed), QUESTIONS):
        for public, _ in directives:
            moved.setdefault(public.id, r.choice(others) if r.random() < 0.5 else public.relation)
        held = [(replace(public, relation=moved[public.id]), part) for public, part in directives]
        merged: Question = question._replace(merged=others, objections=objections)
        theirs = [pair for pair in held if pair[0].relation in others]
        yield Merge(Drawn(question, held, records), Drawn(merged, held, records), theirs)


def merged_cases(seed: int) -> Iterator[Drawn]:
    """Yield the merged questions alone."""
    return (merge.during for merge in merges(seed))
