"""A question, a permit and a record that fit together; tests change one thing at a time."""

from typing import Any

import msgspec

from salus.core.record import LeafHeader
from salus.core.record import Status as RecordStatus
from salus.policy.decision import decide
from salus.policy.filter import UNFILTERED
from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.public import Asked, Recipient
from salus.policy.question import Decision, Held, Question
from salus.policy.types import EVERYTHING, Directive, Effect, Provision, Residual, SealedPart, Status

NOW = 1_800_000_000_000
TREAT, EMERGENCY, BREAK_GLASS, RESEARCH = 1, 3, 4, 5
RELATION, CLINIC, OTHER = b"r" * 32, b"c" * 32, b"o" * 32
GROUP, STAFF = b"g" * 32, b"s" * 32
FIRST, SECOND, THIRD = (bytes((n,)) * 16 for n in (1, 2, 3))


def header(**fields: Any) -> LeafHeader:
    sound = LeafHeader(
        record=FIRST,
        version=1,
        previous=None,
        data_class="laboratory",
        type="Observation",
        start=100,
        end=200,
        labels=("N",),
        rule_set=1,
        author="Practitioner/1",
        recorder=OTHER,
        recorded=150,
        origin=None,
        status=int(RecordStatus.CURRENT),
        retention=None,
        content=bytes(32),
        media_type="application/fhir+json",
        cipher=bytes(32),
    )
    return msgspec.structs.replace(sound, **fields)


def record(
    codes: tuple[tuple[str, str], ...] | None = (("icd", "F32"),), encounter: bytes | None = NO_ENCOUNTER, **fields: Any
) -> Facts:
    return Facts(header(**fields), codes, encounter)


def provision(**fields: Any) -> Provision:
    return msgspec.structs.replace(EVERYTHING, **fields)


def sealed(*exceptions: tuple[int, Provision], base: Provision = EVERYTHING, **fields: Any) -> SealedPart:
    sound = SealedPart(base, exceptions, (), int(Residual.GENERIC), None, "", None, None, None, (), None)
    return msgspec.structs.replace(sound, **fields)


def permit(number: int = 1, **fields: Any) -> Directive:
    identity = bytes((number,)) * 32
    sound = Directive(
        id=identity,
        version=1,
        chain=identity,
        replaces=None,
        relation=RELATION,
        capacity=1,
        grantee=(1, CLINIC),
        effect=int(Effect.PERMIT),
        total=False,
        purposes=(TREAT,),
        start=NOW - 10,
        end=NOW + 10,
        uses=0,
        redisclosure=0,
        emergency=(False, 0, False),
        sealed=bytes(32),
        status=int(Status.ACTIVE),
        granted=NOW - 10,
        under=None,
    )
    return msgspec.structs.replace(sound, **fields)


def deny(number: int = 9, **fields: Any) -> Directive:
    return permit(number, **({"effect": int(Effect.DENY), "grantee": (0, b"")} | fields))


def asked(**fields: Any) -> Asked:
    sound = Asked(
        Recipient(CLINIC, (2,), lambda group: group == GROUP),
        TREAT,
        lambda purpose: False,
        False,
        NOW,
    )
    return sound._replace(**fields)


def question(asked_: Asked | None = None, **fields: Any) -> Question:
    sound: dict[str, Any] = {
        "relation": RELATION,
        "asked": asked() if asked_ is None else asked_,
        "staff": STAFF,
        "filter": UNFILTERED,
        "used": {},
        "recipient_suspended": False,
    }
    return Question(**(sound | fields))


def decided(*directives: Held, records: tuple[Facts, ...] | None = None, **fields: Any) -> Decision:
    return decide(question(**fields), directives, (record(),) if records is None else records)
