"""Random questions over small pools, so that what is listed and what is there often meet."""

from random import Random
from typing import Any, NamedTuple

from salus.core.record import LeafHeader
from salus.policy.filter import UNFILTERED, Filter
from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.public import Asked, Recipient
from salus.policy.question import Held, Question
from salus.policy.types import Directive, Focused, Provision, SealedPart

NOW = 1000
RELATION, STRANGE = b"r" * 32, b"q" * 32
CLINIC, OTHER = b"c" * 32, b"o" * 32
GROUPS = (b"g" * 32, b"h" * 32)
STAFF = (b"s" * 32, b"t" * 32)
CLASSES = ("laboratory", "medication")
TYPES = ("Observation", "Condition")
CODES = (("loinc", "4548-4"), ("icd", "F32"), ("icd", "Ｆ32"))  # the last one is full-width
LABELS = ("N", "PSY", "R", "pending")
RECORDS = tuple(bytes((n,)) * 16 for n in range(1, 7))
ENCOUNTERS = (b"e" * 16, b"f" * 16)
AUTHORS = ("Practitioner/1", "Practitioner/2")
TIMES = (None, 10, 20, 30, 40)


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
        tuple(x for x in LABELS if r.random() < 0.4), 1, r.choice((None, *AUTHORS)), CLINIC, 5, None,
        r.choice((1, 1, 1, 1, 1, 2, 3, 4)), None, bytes(32), "application/fhir+json", bytes(32),
    )  # fmt: skip
    codes = r.choice((None, (), (r.choice(CODES),), CODES[:2]))
    return Facts(header, codes, r.choice((None, NO_ENCOUNTER, *ENCOUNTERS)))


def directive(r: Random, number: int) -> Held:
    effect = r.choice((1, 1, 2))
    total = effect == 2 and r.random() < 0.08
    identity = bytes((number,)) * 32
    public = Directive(
        id=identity,
        version=r.randint(1, 2),
        chain=r.choice((identity, b"\x09" * 32)),
        replaces=None,
        relation=r.choice((RELATION,) * 9 + (STRANGE,)),
        capacity=1,
        grantee=r.choice(
            ((0, b""), *((1, CLINIC),) * 6, (1, OTHER), (2, b"\0\2"), (2, b"\0\1"), (3, GROUPS[0]), (3, GROUPS[1]))
        ),
        effect=effect,
        total=total,
        purposes=() if total and r.random() < 0.5 else tuple(sorted(dict.fromkeys(r.choices((1, 1, 1, 2, 3), k=2)))),
        start=r.choice((NOW - 1,) * 8 + (NOW, NOW + 1)),
        end=r.choice((NOW, NOW + 1) + (NOW + 2,) * 8),
        uses=r.choice((0, 0, 0, 1, 2)),
        redisclosure=0,
        emergency=(False, 0, False),
        sealed=None if total else bytes(32),
        status=r.choice((1, 3, 4) + (2,) * (9 if effect == 1 else 20)),
    )
    exceptions = tuple((r.choice((1, 2)), provision(r)) for _ in range(r.choice((0, 0, 1, 2))))
    obligations = some(r, ("NORDSCLCD", "ENCRYPT"), 0.5)
    part = SealedPart(
        provision(r), exceptions, obligations, r.randint(0, 2), None, "", None, None, None, focused(r), None
    )
    return public, None if total or r.random() < 0.05 else part


def focused(r: Random) -> tuple[Focused, ...]:
    grantees = ((1, CLINIC), (1, OTHER), (2, b"\0\2"), (3, GROUPS[0]), (3, GROUPS[1]))
    return tuple(
        Focused(r.choice((1, 2)), provision(r), some(r, (1, 2, 3, 4), 0.5), some(r, grantees, 0.5))
        for _ in range(r.choice((0, 0, 0, 0, 1, 2)))
    )


def draw(seed: int) -> Drawn:
    r = Random(seed)
    purpose = r.choice((1, 1, 1, 1, 2, 3, 4))
    implied = {(1, 3), (1, 4), (3, 4)}  # a directive for the first speaks of the second
    question = Question(
        RELATION,
        Asked(
            Recipient(
                r.choice((CLINIC,) * 12 + (OTHER, RELATION)), r.choice(((2,), (1, 2), ())), lambda g: g == GROUPS[0]
            ),
            purpose,
            lambda p: (p, purpose) in implied,
            purpose == 4 and r.random() < 0.8,
            NOW,
        ),
        r.choice((None, *STAFF)),
        r.choice((UNFILTERED, UNFILTERED, Filter(provision(r), None), Filter(provision(r), provision(r)))),
        {bytes((n,)) * 32: r.randint(0, 2) for n in range(1, 10, 2)},
        r.random() < 0.03,
    )
    directives = [directive(r, n) for n in range(1, 1 + r.choice((0, 1, 2, 3, 4, 5, 6)))]
    r.shuffle(directives)
    records = [facts(r, record) for record in RECORDS[: r.randint(0, 6)]]
    return Drawn(question, directives, records)
