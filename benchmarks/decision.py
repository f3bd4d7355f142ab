"""The decision over directives: pure and warm, and cold from the state with sealed parts to decode.

A relation has 16 directives (permits and denies, to this recipient and to others, some ended), as have
many others in the same state on disk. Warm: `policy.decide` on values at hand, for 1, 10, 100 and 1,000
records. Cold: another relation each time, directives scanned and decoded from the state, sealed
parts decoded, then decided for 10 records.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from salus.contracts.consent.keeper import get_directives, put_directive
from salus.core.encoding import decode, encode
from salus.core.record import LeafHeader, Status
from salus.policy.decision import decide
from salus.policy.filter import UNFILTERED
from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.public import Asked, Recipient
from salus.policy.question import Held, Question
from salus.policy.types import EVERYTHING, Directive, Effect, GranteeKind, Provision, Residual, SealedPart
from salus.policy.types import Status as DirectiveStatus
from salus.state.overlay import Overlay
from salus.state.store import Store

DIRECTIVES = 16
NOW, TREAT, PAYMENT = 1_800_000_000_000, 1, 3
RECIPIENT, OTHER = sha256(b"recipient").digest(), sha256(b"other").digest()
CLASSES = ("laboratory", "vital-signs", "imaging", "procedure", "condition", "medication")
YEAR_MS = 31_557_600_000


def run(full: bool) -> dict[str, float]:
    """Return the figures; `full` has ten times the relations."""
    rng = random.Random(16)
    relations = [sha256(n.to_bytes(4, "big")).digest() for n in range(20_000 if full else 2_000)]
    parts = [encode(_sealed(rng)) for _ in range(DIRECTIVES)]
    records = [_facts(rng, n) for n in range(1_000)]
    figures: dict[str, float] = {
        "decision_directives_per_relation_count": DIRECTIVES,
        "decision_relations_in_state_count": len(relations),
    }
    held: list[Held] = [
        (directive, decode(part, SealedPart))
        for directive, part in zip(_directives(relations[0], rng), parts, strict=True)
    ]
    for size in (1, 10, 100, 1_000):
        question = _question(relations[0])
        taken = _times(lambda n=size, q=question: decide(q, held, records[:n]), 20_000 // (size + 9))  # type: ignore[misc]
        figures |= _quantiles(f"decision_warm_{size}_records", taken)
    return figures | _quantiles("decision_cold_10_records", _cold(relations, parts, records[:10], rng))


def _cold(relations: list[bytes], parts: list[bytes], records: list[Facts], rng: random.Random) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        filler = Store.in_memory()
        overlay = Overlay(filler)
        for relation in relations:
            for directive in _directives(relation, rng):
                put_directive(overlay, directive)
        store = Store.open(Path(folder) / "state")
        store.load((key, value) for key, value in overlay.writes.items() if value is not None)
        store.checkpoint(1, {})
        order = relations[:]
        rng.shuffle(order)
        turns = iter(order)

        def one() -> object:
            relation = next(turns)
            directives = get_directives(store, relation)
            held = [(d, decode(part, SealedPart)) for d, part in zip(directives, parts, strict=True)]
            return decide(_question(relation), held, records)

        taken = _times(one, len(order))
        store.close()
        return taken


def _times(work: Callable[[], object], count: int) -> list[float]:
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e6)
    return taken


def _quantiles(name: str, taken: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    return {f"{name}_p50_us": round(cuts[49], 1), f"{name}_p99_us": round(cuts[98], 1)}


def _question(relation: bytes) -> Question:
    recipient = Recipient(RECIPIENT, (2,), lambda group: False)
    asked = Asked(recipient, TREAT, lambda permitted: False, False, NOW)
    return Question(relation, asked, None, UNFILTERED, {}, False)


def _directives(relation: bytes, rng: random.Random) -> list[Directive]:
    """Half permits, a quarter denies, to this recipient; the rest to others, ended, or for another purpose."""
    found = []
    for number in range(DIRECTIVES):
        key = sha256(relation + bytes((number,))).digest()
        effect = Effect.DENY if number % 4 == 3 else Effect.PERMIT
        directive = Directive(
            key,
            1,
            key,
            None,
            relation,
            1,
            (int(GranteeKind.ORGANISATION), OTHER if number % 4 == 2 else RECIPIENT),
            int(effect),
            False,
            (PAYMENT if number % 8 == 5 else TREAT,),
            NOW - YEAR_MS,
            NOW - 1 if number % 8 == 6 else NOW + YEAR_MS,
            0,
            0,
            (True, 0, False),
            rng.randbytes(32),
            int(DirectiveStatus.ACTIVE),
        )
        found.append(directive)
    return sorted(found, key=lambda directive: directive.id)


def _sealed(rng: random.Random) -> SealedPart:
    since = NOW - rng.randrange(1, 6) * YEAR_MS
    base: Provision = replace(EVERYTHING, classes=(rng.choice(CLASSES),), periods=((since, NOW),))
    return SealedPart(base, (), (), int(Residual.GENERIC), None, "", None, None, None, (), None)


def _facts(rng: random.Random, number: int) -> Facts:
    start = NOW - rng.randrange(10 * YEAR_MS)
    salt = sha256(number.to_bytes(4, "big")).digest()
    header = LeafHeader(
        salt[:16],
        1,
        None,
        rng.choice(CLASSES),
        "Observation",
        start,
        start + 1,
        ("N",),
        1,
        "Practitioner/1",
        OTHER,
        start,
        None,
        int(Status.CURRENT),
        None,
        salt,
        "application/fhir+json",
        salt,
    )
    return Facts(header, (("http://loinc.org", "2345-7"),), NO_ENCOUNTER)
