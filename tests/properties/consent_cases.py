"""Random directives, in the normal form that a Consent is read into, with the names that its Consent uses."""

from dataclasses import replace
from random import Random
from typing import Any

from msgspec.structs import replace as changed

from salus.core.keys import FOREVER
from salus.fhir.classes import DATA_CLASSES
from salus.fhir.consent.stated import NO_EMERGENCY, Names, Stated
from salus.fhir.labels import ORDER
from salus.fhir.rule_sets import newest
from salus.policy.form import PLAIN, Attachment, Form
from salus.policy.purposes import ACT_REASON
from salus.policy.types import Focused, Grantee, Provision, SealedPart

RELATION, CUSTODIAN = b"\x11" * 32, b"\x12" * 32
CODES = ("TREAT", "ETREAT", "HPAYMT", "HOPERAT", "HRESCH", "HMARKT", "BTG")
BEFORE = (0, 0, 0, 2_000_000_000_000)  # by how much a period of data lies earlier: a quarter before 1970 too
NUMBERS = {code: number for number, code in enumerate(CODES, start=1)}
TREAT, ETREAT, BTG = NUMBERS["TREAT"], NUMBERS["ETREAT"], NUMBERS["BTG"]
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LABELS = (*ORDER, *sorted(newest().labels))
CODINGS = [(system, str(n)) for system in ("http://snomed.info/sct", "http://loinc.org") for n in range(3)]
DAY = 86_400_000
ANYONE: tuple[Grantee, ...] = ((0, b""),)
GLASS = ("Group/privileged", "Group/night-shift")
WORDS = "Für die Behandlung.\n第二行 \u202e and \U0001f600"
NAMES = Names(
    RELATION,
    CUSTODIAN,
    {(ACT_REASON, code): number for code, number in NUMBERS.items()},
    newest().labels,
    {ETREAT: (TREAT,)},
    break_glass=frozenset(GLASS),
)


def some(r: Random, pool: Any, most: int = 3, chance: float = 0.4) -> tuple[Any, ...]:
    return tuple(r.sample(list(pool), r.randint(1, min(most, len(pool))))) if r.random() < chance else ()


def ids(r: Random, size: int, chance: float) -> tuple[bytes, ...]:
    return tuple(r.randbytes(size) for _ in range(r.randint(1, 2))) if r.random() < chance else ()


def time(r: Random) -> int:
    unit = r.choice((DAY, 1000, 1))
    return r.randint(1, 4_000_000_000_000 // unit) * unit


def period(r: Random, before: int = 0) -> tuple[int | None, int | None]:
    start, end = sorted((time(r) - before, time(r) - before))
    return r.choice(((start, end + 1), (start, end + 1), (start, None), (None, end), (None, None)))


def provision(r: Random, persons: bool = True) -> Provision:
    chance = r.choice((0, 0.15, 0.4))
    return Provision(
        some(r, DATA_CLASSES, 2, chance),
        some(r, ("Condition", "Observation", "List"), 2, chance),
        some(r, CODINGS, 3, chance),
        some(r, LABELS, 3, chance),
        ids(r, 16, chance),
        tuple(period(r, r.choice(BEFORE)) for _ in range(r.randint(1, 3))) if r.random() < chance else (),
        ids(r, 32, chance) if persons else (),
        some(r, ("Practitioner/1", "Organization/x.2", "Patient/p-3"), 2, chance),
        ids(r, 16, chance),
    )


def grantee(r: Random, kinds: tuple[int, ...] = (1, 2, 3)) -> Grantee:
    kind = r.choice(kinds)
    return kind, r.randint(1, 9).to_bytes(2, "big") if kind == 2 else r.randbytes(32)


def attachment(r: Random) -> Attachment:
    data, url = r.randbytes(r.randint(1, 60)), "https://papers.example/1"
    return Attachment(
        "application/pdf",
        r.choice((None, "de-CH")),
        r.choice((None, data)),
        r.choice((None, url)),
        r.choice((None, 0, 2**31 - 1)),
        r.choice((None, r.randbytes(20))),
        r.choice((None, "Form 3")),
        r.choice((None, "2022", "2022-06-13")),
    )


def focused(r: Random, effect: int, purposes: tuple[int, ...], grantees: tuple[Grantee, ...]) -> Focused:
    """An exception that can be reached, for some purposes or recipients."""
    own = r.choice((1, 2))
    inner = own == effect == 1
    pool = [n for n in (purposes if inner else NUMBERS.values()) if n != BTG]
    pool += [ETREAT] if TREAT in pool and ETREAT not in pool else []
    for_whom = some(r, (grantee(r, (2, 3) if inner else (1, 2, 3)), *(g for g in grantees if g[0])), 2, 0.5)
    what = tuple(sorted(some(r, pool, 3, 0.5))) or (() if for_whom else (pool[0],))
    return Focused(own, provision(r, persons=not for_whom), what, for_whom)


def referred(stated: Stated) -> list[tuple[bytes, str]]:
    """All ids that the Consent refers to, with the type of what each is."""
    part = stated.sealed
    found = [(RELATION, "Patient"), (CUSTODIAN, "Organization")]
    for one in (part.base, *(p for _, p in part.exceptions), *(one.provision for one in part.focused)):
        found += [(x, "Observation") for x in one.instances] + [(x, "Encounter") for x in one.encounters]
        found += [(x, "Practitioner") for x in one.persons]
    written = () if part.base.persons or (part.form and part.form.unnamed) else stated.grantees
    for kind, name in (*written, *(g for one in part.focused for g in one.grantees)):
        if kind in (1, 3):
            found.append((name, "Organization" if kind == 1 else "Group"))
    return found


def draw_form(r: Random, unnamed: bool, glass: tuple[str, ...]) -> Form:
    if r.random() < 0.4:
        return Form((), (), (), None, unnamed, glass, ())
    return Form(
        tuple((r.choice((None, "urn:oid:1.2")), str(n)) for n in range(r.randint(0, 2))),
        r.choice(((), ((ACT, "IDSCL"),), (("http://loinc.org", "59284-0"), (ACT, "INFA")))),
        r.choice(((), ("RelatedPerson/mother",), ("Patient/self", "Practitioner/1"))),
        r.choice((None, "DocumentReference/1", attachment(r))),
        unnamed,
        glass,
        (),
    )


def draw(seed: int) -> tuple[Stated, Names]:
    r = Random(seed)
    effect = r.choice((1, 1, 2))
    base = provision(r)
    unnamed = effect == 1 and not base.persons and r.random() < 0.2
    anyone = effect == 2 and (bool(base.persons) or r.random() < 0.3)
    grantees = ANYONE if anyone else tuple(grantee(r) for _ in range(1 if base.persons or unnamed else r.randint(1, 2)))
    every = NAMES.all_purposes(effect)
    purposes = every if r.random() < 0.2 else tuple(sorted(r.sample(every, r.randint(1, len(every)))))
    emergency = NO_EMERGENCY
    if r.random() < 0.4:
        emergency = r.choice(((True, 5, False), (True, r.randint(0, 4), False), (False, 0, True)))
    form = draw_form(r, unnamed, some(r, GLASS) if emergency[0] else ())
    part = SealedPart(
        base,
        tuple((r.choice((1, 2)), provision(r)) for _ in range(r.choice((0, 0, 1, 3)))),
        some(r, ("NORDSCLCD", "ENCRYPT"), 2),
        r.randint(0, 2),
        r.choice((None, "GDPR 9.2.a")),
        r.choice(("", "", WORDS)),
        r.choice((None, "https://policies.example/2")),
        r.choice((None, "Sr. Agnès")),
        r.choice((None, time(r))),
        tuple(focused(r, effect, purposes, grantees) for _ in range(r.choice((0, 0, 1, 2)))),
        form,
    )
    start, end = period(r)
    validity = start or 0, FOREVER if end is None else end
    uses = r.choice((0, 0, r.randint(1, 2**31 - 1)))
    replaces = r.randbytes(32) if effect == 1 and len(grantees) == 1 and r.random() < 0.3 else None
    stated = Stated(grantees, effect, False, purposes, *validity, uses, r.randint(0, 1), emergency, replaces, part)
    return named(r, stated, form)


def named(r: Random, stated: Stated, form: Form) -> tuple[Stated, Names]:
    """Let the Consent call some of what it refers to by names of its own."""
    known, called = dict[str, bytes](), dict[bytes, str]()
    for number, (one, kind) in enumerate(referred(stated) if r.random() < 0.5 else ()):
        if one not in called and r.random() < 0.6:
            called[one] = f"{r.choice(('', 'https://fhir.example/base/'))}{kind}/n-{number}"
            known[called[one]] = one
    form = changed(form, names=tuple(sorted(called.items())))
    sealed = changed(stated.sealed, form=None if form == PLAIN else form)
    meant = form.unnamed or (sealed.base.persons and stated.effect == 1)
    community: Grantee = stated.grantees[0] if meant else (3, b"\x13" * 32)
    return stated._replace(sealed=sealed), replace(NAMES, known=known, community=community)
