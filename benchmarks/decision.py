"""The decision: pure and warm, as a gateway makes it over the ledger, and cold.

A relation has 16 directives (permits and denies, to this recipient and to others, some ended), as have all others
in the same state on disk; a custodian has 1,000 of them.

- warm: `policy.decide` on values at hand, for 1, 10, 100 and 1,000 records;
- ledger_warm: a view of the ledger is opened, member of staff, recipient and purpose are looked up, and the
  custodian's relations are asked about in turn, their situations kept (`services.situations`);
- ledger_after_a_block: the same, each at a new height, so that the stored directives are read and compared;
- cold: another relation each time, directives and sealed parts decoded and opened.
"""

import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from threading import RLock

from msgspec.structs import replace

from salus.contracts.accounts.keeper import put_organisation, put_staff
from salus.contracts.accounts.queries import staff_attested
from salus.contracts.accounts.types import Organisation, Staff
from salus.contracts.consent.keeper import put_directive
from salus.contracts.governance.keeper import put_member, put_purpose
from salus.contracts.governance.types import Member, MemberState
from salus.core.encoding import encode
from salus.core.keys import FOREVER
from salus.core.record import LeafHeader, Status
from salus.core.request import Request
from salus.ledger.embedded.views import Views
from salus.policy.decision import decide, decide_prepared
from salus.policy.filter import UNFILTERED
from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.public import Asked, Recipient
from salus.policy.question import Held, Question
from salus.policy.types import (
    EVERYTHING,
    Directive,
    Effect,
    GranteeKind,
    Provision,
    Residual,
    SealedPart,
    sealed_commitment,
)
from salus.policy.types import Status as DirectiveStatus
from salus.services.authorise import AskedFor, _question
from salus.services.objects import SealedPartOpening
from salus.services.purposes import PURPOSES
from salus.services.situations import Situations
from salus.state.overlay import Overlay
from salus.state.store import Store

DIRECTIVES, AT_CUSTODIAN = 16, 1_000
COLD = 2_000  # relations asked about for the first time
NOW, TREAT, PAYMENT = 1_800_000_000_000, 1, 4
RECIPIENT, OTHER = sha256(b"recipient").digest(), sha256(b"other").digest()
NETWORK, STAFF = sha256(b"network").digest(), sha256(b"staff").digest()
CLASSES = ("laboratory", "vital-signs", "imaging", "procedure", "condition", "medication")
YEAR_MS = 31_557_600_000
Openings = Mapping[bytes, bytes]  # by directive, as a vault keeps them


def run(full: bool) -> dict[str, float]:
    """Return the figures; `full` has a million directives on the ledger."""
    count = 62_500 if full else 3_000
    rng = random.Random(16)
    parts = [_sealed(rng) for _ in range(DIRECTIVES)]
    records = [_facts(rng, n) for n in range(1_000)]
    figures: dict[str, float] = {
        "decision_directives_per_relation_count": DIRECTIVES,
        "decision_directives_in_state_count": count * DIRECTIVES,
    }
    held: list[Held] = list(zip(_directives(_relation(0), rng), parts, strict=True))
    for size in (1, 10, 100, 1_000):
        question = _warm_question(_relation(0))
        taken = _times(lambda n=size, q=question: decide(q, held, records[:n]), 20_000 // (size + 9))  # type: ignore[misc]
        figures |= _quantiles(f"decision_warm_{size}_records", taken)
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: what built a million keys has a heap that no gateway has.
        building = get_context("spawn").Process(target=_build, args=(Path(folder) / "state", count))
        building.start()
        building.join()
        store = Store.open(Path(folder) / "state")
        try:
            return figures | _Gateway(Views(store, RLock()), parts).figures(records)
        finally:
            store.close()


def _relation(number: int) -> bytes:
    return sha256(number.to_bytes(4, "big")).digest()


def _build(folder: Path, count: int) -> None:
    """Write a ledger's state with `count` relations; those asked about have sealed parts that open."""
    rng = random.Random(16)
    bodies = [encode(_sealed(rng)) for _ in range(DIRECTIVES)]
    overlay = Overlay(Store.in_memory())
    put_member(overlay, RECIPIENT, Member(int(MemberState.ACTIVE), False, False))
    put_organisation(overlay, RECIPIENT, Organisation("Clinic", "org", (2,), 1, bytes(32)))
    put_staff(overlay, RECIPIENT, STAFF, Staff(0, FOREVER))
    for purpose in PURPOSES:
        put_purpose(overlay, purpose)
    for number in range(count):
        for directive, body in zip(_directives(_relation(number), rng), bodies, strict=True):
            sealed = _commitment(directive, body) if number < COLD else directive.sealed
            put_directive(overlay, replace(directive, sealed=sealed))
    store = Store.open(folder)
    store.load((key, value) for key, value in overlay.writes.items() if value is not None)
    store.checkpoint(1, {})
    store.close()


def _commitment(directive: Directive, body: bytes) -> bytes:
    return sealed_commitment(NETWORK, directive.relation, directive.id, 1, _salt(directive.id), body)


def _salt(directive: bytes) -> bytes:
    return sha256(directive).digest()


class _Gateway:
    """What a custodian's gateway does for a decision, without its vault's records."""

    def __init__(self, views: Views, parts: list[SealedPart]) -> None:
        self.views, self.height = views, 1
        self.situations = Situations(NETWORK)
        bodies, rng = [encode(part) for part in parts], random.Random(0)
        self.openings: dict[bytes, Openings] = {}  # as the vault keeps them
        self.asked: dict[bytes, AskedFor] = {}
        for relation in map(_relation, range(COLD)):
            directives = zip(_directives(relation, rng), bodies, strict=True)
            self.openings[relation] = {d.id: encode(SealedPartOpening(_salt(d.id), body)) for d, body in directives}
            payload = Request(relation, bytes(32), TREAT, STAFF, bytes(32), bytes(16), NOW + 1)
            self.asked[relation] = AskedFor(bytes(32), b"", payload, RECIPIENT, False, UNFILTERED, b"")

    def decide(self, relation: bytes, records: list[Facts]) -> None:
        view = self.views.open(self.height, NOW)
        if not staff_attested(view, RECIPIENT, STAFF, NOW):
            raise LookupError("not attested")
        situation = self.situations.of(view, relation, self.openings.__getitem__)
        asked = self.asked[relation]
        who = self.situations.who(view, RECIPIENT, TREAT)
        decision = decide_prepared(_question(view, NOW, asked, situation, who, False), situation.prepared, records)
        if not decision.permitted:
            raise LookupError("not permitted")

    def figures(self, records: list[Facts]) -> dict[str, float]:
        one, ten = records[:1], records[:10]
        turns = map(_relation, range(COLD))
        found = _quantiles("decision_cold_10_records", _times(lambda: self.decide(next(turns), ten), COLD))
        own = itertools.cycle([_relation(n) for n in range(AT_CUSTODIAN // DIRECTIVES)])
        found |= _quantiles("decision_ledger_warm_1_records", _times(lambda: self.decide(next(own), one), 10_000))

        def after_a_block() -> None:
            self.height += 1
            self.decide(next(own), one)

        return found | _quantiles("decision_ledger_after_a_block_1_records", _times(after_a_block, 5_000))


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


def _warm_question(relation: bytes) -> Question:
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
            NOW - YEAR_MS,
            None,
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
