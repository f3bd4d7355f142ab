"""What the representation contract stores, and what of it is sealed."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.hashing import T
from salus.core.record import Code
from salus.core.types import Count, Digest, Id, Message, Small, Time


class Kind(IntEnum):
    """What somebody is to the person. Sealed: "parent" would say that the person is a child."""

    PARENT = 1
    GUARDIAN = 2
    PROXY = 3  # whom the person named
    WARD_AGENCY = 4
    ESTATE = 5


class Rule(IntEnum):
    """How several who act for one person decide."""

    ANY = 1  # each by itself
    ALL = 2  # together, in one envelope
    ORDERED = 3  # the first who stands; the next only when those before are suspended, ended or out of term


class Springs(IntEnum):
    """On what an authority begins to act, beside its term."""

    NOTHING = 1
    INCAPACITY = 2
    DEATH = 3
    DATE = 4  # its start, which lies ahead when it is made


class Standing(IntEnum):
    """Of a representation; its term is looked at beside it."""

    ACTIVE = 1
    DISPUTED = 2  # protects, and for the purposes in `goes_on` it grants
    SUSPENDED = 3
    ENDED = 4


Powers = Annotated[tuple[Small, ...], Meta(min_length=1, max_length=8)]  # policy.types.Power, sorted, distinct
Purposes = Annotated[tuple[Small, ...], Meta(max_length=16)]  # sorted, distinct


class Representation(Message, frozen=True):
    """Somebody's authority to act for a person, start <= t < end."""

    representative: Id  # a person's account opened for this, or an organisation
    powers: Powers
    purposes: Purposes  # that it may grant for; without the power to grant none
    rule: Annotated[int, Meta(ge=1, le=3)]
    place: Small  # among several in order, from 1; else 0
    springs: Annotated[int, Meta(ge=1, le=4)]
    start: Time
    end: Time
    sealed: Digest  # commitment to a `Private`
    attester: Id | None  # null: the person named it herself
    standing: Annotated[int, Meta(ge=1, le=4)]
    goes_on: Purposes  # while disputed


class Incapacity(Message, frozen=True):
    """The person cannot decide for herself, says the custodian with a witness; no entry: she can."""

    since: Time
    witness: Id  # a second member, or the custodian, whose member of staff says so
    staff: Digest | None
    evidence: Digest  # T("incapacity", salt, document); the document stays with the custodian


class Delegation(Message, frozen=True):
    """A helper whom the person named, start <= t < end; void under another generation of her account."""

    delegate: Id
    powers: Powers
    purposes: Purposes
    start: Time
    end: Time
    generation: Count
    ended: bool


class Private(Message, frozen=True):
    """The sealed part of a representation, which the custodian's gateway enforces."""

    kind: Annotated[int, Meta(ge=1, le=5)]
    excluded: Annotated[tuple[Code, ...], Meta(max_length=64)]  # labels that the representative never gets
    until: Time | None  # when it really ends, for instance at majority; the public end is a drawn one
    evidence: Annotated[str, Meta(max_length=1024)]  # where the document is that shows it


def private_commitment(network: bytes, relation: bytes, representation: bytes, salt: bytes, body: bytes) -> bytes:
    """Return the commitment to an encoded `Private`; `salt` is 32 fresh random bytes."""
    return T("representation-part", network, relation, representation, salt, body)
