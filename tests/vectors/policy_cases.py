"""Random questions over small pools, so that what is listed and what is there often meet.

A world is one relation with its directives, records, policy set and orders; several questions are asked of each.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from msgspec.structs import replace

from salus.core.record import LeafHeader
from salus.policy.filter import UNFILTERED, Filter
from salus.policy.policies import (
    STRICT,
    EmergencyRule,
    Order,
    PolicyInForce,
    PolicyRule,
    PolicySet,
)
from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.public import Asked, Recipient
from salus.policy.question import Held, Question, Represents
from salus.policy.types import EVERYTHING, Directive, Focused, Provision, SealedPart

NOW = 1000
RELATION, STRANGE = b"r" * 32, b"q" * 32
CLINIC, OTHER = b"c" * 32, b"o" * 32
GROUPS = (b"g" * 32, b"h" * 32)
STAFF = (b"s" * 32, b"t" * 32)
CLASSES = ("laboratory", "medication")
TYPES = ("Observation", "Condition")
CODES = (("loinc", "4548-4"), ("icd", "F32"), ("icd", "Ｆ32"))  # the last one is full-width
LABELS = ("N", "PSY", "R", "V", "Ｎ", "pending")  # and a full-width one
RECORDS = tuple(bytes((n,)) * 16 for n in range(1, 7))
ENCOUNTERS = (b"e" * 16, b"f" * 16)
AUTHORS = ("Practitioner/1", "Practitioner/2")
TIMES = (None, 10, 20, 30, 40)
TREAT, PAYMENT, EMERGENCY, BREAK_GLASS, REPORT = range(1, 6)
IMPLIED = {
    (TREAT, EMERGENCY),
    (PAYMENT, EMERGENCY),
    (TREAT, BREAK_GLASS),
    (EMERGENCY, BREAK_GLASS),
}  # the first speaks of the second
AUTHORITIES = (b"\x41" * 32, b"\x42" * 32)  # of who acts for the person
QUESTIONS = 10  # of a world


class Drawn(NamedTuple):
    question: Question
    directives: list[Held]
    records: list[Facts]


def some(r: Random, pool: Any, chance: float) -> tuple[Any, ...]:
    return tuple(x for x in pool if r.random() < 0.6) if r.random() < chance else ()


def provision(r: Random) -> Provision:
    chance = r.choice((0, 0.15, 0.3))
    periods = ((r.choice(TIMES), r.choice(TIMES)),) * r.randint(1, 2) if r.random() < chance else ()
    return Provision(
        some(r, CLASSES, chance),
        some(r, TYPES, chance),
        some(r, CODES, chance),
        some(r, LABELS, chance),
        some(r, RECORDS, chance),
        periods,
        some(r, STAFF, chance),
        some(r, AUTHORS, chance),
        some(r, ENCOUNTERS, chance),
    )


def facts(r: Random, record: bytes) -> Facts:
    header = LeafHeader(
        record, 1, None, r.choice(CLASSES), r.choice(TYPES), r.choice(TIMES), r.choice(TIMES),
        tuple(x for x in LABELS if r.random() < 0.3), 1, r.choice((None, *AUTHORS)), CLINIC, 5, None,
        r.choice((1, 1, 1, 1, 1, 2, 3, 4)), None, bytes(32), "application/fhir+json", bytes(32),
    )  # fmt: skip
    codes = r.choice((None, (), (r.choice(CODES),), CODES[:2]))
    return Facts(header, codes, r.choice((None, NO_ENCOUNTER, *ENCOUNTERS)))


def directive(r: Random, number: int) -> Held:
    effect = r.choice((1, 1, 1, 2))
    total = effect == 2 and r.random() < 0.08
    identity = bytes((number,)) * 32
    public = Directive(
        id=identity,
        version=r.randint(1, 2),
        chain=r.choice((identity, b"\x09" * 32)),
        replaces=None,
        relation=r.choice((RELATION,) * 9 + (STRANGE,)),
        capacity=r.choice((1, 1, 1, 2, 3)),
        grantee=r.choice(
            ((0, b""), *((1, CLINIC),) * 6, (1, OTHER), (2, b"\0\2"), (2, b"\0\1"), (3, GROUPS[0]), (3, GROUPS[1]))
        ),
        effect=effect,
        total=total,
        purposes=() if total and r.random() < 0.5 else tuple(sorted({r.choice((1, 1, 1, 2, 3)) for _ in range(2)})),
        start=r.choice((NOW - 1,) * 8 + (NOW, NOW + 1)),
        end=r.choice((NOW, NOW + 1) + (NOW + 2,) * 8),
        uses=r.choice((0, 0, 0, 1, 2)),
        redisclosure=0,
        emergency=r.choice(((False, 0, False), (True, r.randint(2, 5), False), (False, 0, True))),
        sealed=None if total else bytes(32),
        status=r.choice((1, 3, 4, 5) + (2,) * (12 if effect == 1 else 20)),
        granted=NOW - 1,
        under=r.choice((None,) * 16 + AUTHORITIES),
    )
    exceptions = tuple((r.choice((1, 2)), provision(r)) for _ in range(r.choice((0, 0, 1, 2))))
    obligations = some(r, ("NORDSCLCD", "ENCRYPT"), 0.5)
    base = provision(r)
    if r.random() < 0.3:  # a few records, so that permits differ in what they cover
        base = replace(EVERYTHING, instances=tuple(r.sample(RECORDS, 3)))
    residual = r.randint(0, 2)
    part = SealedPart(base, exceptions, obligations, residual, None, "", None, None, None, focused(r), None)
    return public, None if total or r.random() < 0.05 else part


def focused(r: Random) -> tuple[Focused, ...]:
    grantees = ((1, CLINIC), (1, OTHER), (2, b"\0\2"), (3, GROUPS[0]), (3, GROUPS[1]))
    return tuple(
        Focused(r.choice((1, 2)), provision(r), some(r, (1, 2, 3, 4), 0.5), some(r, grantees, 0.5))
        for _ in range(r.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 2)))
    )


def policy(r: Random) -> PolicyInForce:
    if r.random() < 0.3:
        return STRICT
    places = sorted({(r.choice((1, 1, 2, 3, 5)), r.choice((0, 0, 1, 2, 7))) for _ in range(r.randint(0, 5))})
    rules = tuple(
        PolicyRule(purpose, role, r.choice((1, 2, 2, 3, 3, 4, 4)), r.randint(2, 5), r.random() < 0.5, False)
        for purpose, role in places
    )
    group = r.choice((None, *GROUPS, GROUPS[0]))
    emergency = EmergencyRule(group, r.randint(2, 5), 1)
    attested = tuple(sorted({r.choice((1, 2, 3)) for _ in range(r.randint(0, 2))}))
    body = PolicySet("", rules, emergency, r.choice((3, 4, 4, 5)), attested)
    choices = tuple((p, r.randint(1, 2)) for p in (0, 1, 2, 3) if r.random() < 0.25)
    return PolicyInForce(b"p" * 32, r.randint(1, 3), body, choices)


def order(r: Random, number: int) -> tuple[bytes, Order]:
    return bytes((number,)) * 32, Order(
        OTHER,
        r.choice((CLINIC, CLINIC, OTHER)),
        r.choice((1, 2, 5)),
        r.choice((NOW - 1, NOW - 1, NOW + 1)),
        r.choice((NOW, NOW + 1, NOW + 2, NOW + 2)),
        r.randint(2, 5),
        bytes(32),
        r.random() < 0.2,
    )


def question(r: Random, under: PolicyInForce, orders: list[tuple[bytes, Order]]) -> Question:
    purpose = r.choice((1, 1, 1, 1, 2, 3, 4, 5))
    in_groups = r.choice(((), GROUPS[:1], GROUPS[:1], GROUPS))
    held = {(a, p): r.choice((0, 0, 0, 41, 42)) for a in AUTHORITIES for p in (TREAT, PAYMENT, EMERGENCY)}
    return Question(
        RELATION,
        Asked(
            Recipient(
                r.choice((CLINIC,) * 15 + (OTHER, RELATION)),
                r.choice(((2,), (2,), (1, 2), (), (7,))),
                lambda g: g in in_groups,
            ),
            purpose,
            lambda p: (p, purpose) in IMPLIED,
            purpose == BREAK_GLASS and r.random() < 0.9,
            r.choice((NOW, NOW, NOW, NOW + 1)),
            lambda authority, permitted: held.get((authority, permitted), 41),
        ),
        r.choice((None, *STAFF)),
        r.choice((UNFILTERED, UNFILTERED, UNFILTERED, Filter(provision(r), None), Filter(provision(r), provision(r)))),
        {bytes((n,)) * 32: r.randint(0, 2) for n in range(1, 10, 2)},
        r.random() < 0.03,
        under,
        orders,
        r.random() < 0.15,
        r.random() < 0.03,
        r.randint(1, 9),
        r.random() < 0.04,
        r.random() < 0.04,
        Represents(AUTHORITIES[0], some(r, LABELS, 0.7)) if r.random() < 0.05 else None,
    )


def cases(seed: int) -> Iterator[Drawn]:
    """Yield the questions of the world that the seed makes."""
    r = Random(seed)
    directives = [directive(r, n) for n in range(1, 1 + r.choice((0, 1, 2, 3, 4, 5, 6, 8)))]
    r.shuffle(directives)
    records = [facts(r, record) for record in RECORDS[: r.randint(0, 6)]]
    under = policy(r)
    orders = [order(r, n) for n in range(r.choice((0, 0, 0, 1, 2)))]
    for _ in range(QUESTIONS):
        yield Drawn(question(r, under, orders), directives, records)


def draw(seed: int) -> Drawn:
    """Return the first question of a world."""
    return next(cases(seed))
