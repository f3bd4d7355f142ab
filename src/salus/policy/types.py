"""The values a decision is made of. Public parts stand on the ledger, sealed parts never do."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.hashing import T
from salus.core.record import Code, RecordId
from salus.core.types import Count, DataTime, Digest, Id, Message, Small, Time
from salus.policy.form import Form


class OrganisationRole(IntEnum):
    """What a member is admitted as; a directive may name a role as grantee."""

    HOSPITAL = 1
    CLINIC = 2
    LABORATORY = 3
    PHARMACY = 4
    PAYER = 5
    RESEARCH = 6
    REGULATOR = 7
    MANUFACTURER = 8
    LOCATOR = 9


class Capacity(IntEnum):
    """In which capacity a message for a person is signed; representatives take further numbers."""

    SELF = 1
    CUSTODIAN = 2  # of a custodial account: the custodian's gateway key
    ATTESTED = 3  # a consent taken on paper or at another desk; never shown as signed by the person
    REPRESENTATIVE = 4  # somebody with authority: a parent, guardian, proxy, agency or estate
    DELEGATE = 5  # a helper with stated powers, whom the person named


class Power(IntEnum):
    """What somebody does for a person; what protects is possible also where the rest is barred."""

    PROTECT = 1  # revoke, deny totally
    GRANT = 2
    PREFER = 3
    PETITION = 4
    ACCESS = 5  # receive what the person may receive


class GranteeKind(IntEnum):
    """How a directive names who it is about."""

    ANYONE = 0  # id empty; for denies
    ORGANISATION = 1  # id: account, 32 bytes
    ROLE = 2  # id: OrganisationRole as two bytes, big-endian
    GROUP = 3  # id: group, 32 bytes; membership is evaluated at release


class Effect(IntEnum):
    PERMIT = 1
    DENY = 2


class Redisclosure(IntEnum):
    """May the recipient pass on what it got?"""

    NO = 0
    SAME_PURPOSE = 1


class BasisKind(IntEnum):
    """What a release rests on."""

    SELF = 1
    DIRECTIVE = 2
    POLICY = 3
    ORDER = 4
    BREAK_GLASS = 5


class Trigger(IntEnum):
    """What set a release off."""

    REQUEST = 1
    PUSH = 2
    SUBSCRIPTION = 3
    LAW = 4


class Residual(IntEnum):
    """What the recipient may be told of what was left out; "may be incomplete" always shows."""

    NONE = 0
    GENERIC = 1
    ITEMISED = 2


class Status(IntEnum):
    """Of a directive."""

    UNACKNOWLEDGED = 1  # a permit is unusable, a deny counts as total
    ACTIVE = 2
    REVOKED = 3
    REPLACED = 4
    SUSPENDED = 5  # granted while somebody else had the keys: a permit is unusable, a deny counts


Grantee = tuple[Annotated[int, Meta(ge=0, le=3)], Annotated[bytes, Meta(max_length=32)]]
Emergency = tuple[bool, Small, bool]  # (lift: break-glass may lift it, label ceiling, refuse: never lift)
Purposes = Annotated[tuple[Small, ...], Meta(min_length=1, max_length=16)]  # sorted, distinct


class Directive(Message, frozen=True):
    """The public part of a directive, as validators enforce it, with its state."""

    id: Id
    version: Count  # 1, and one more for each replacement
    chain: Id  # first directive of the chain of replacements; uses count here
    replaces: Id | None
    relation: Id
    capacity: Small
    grantee: Grantee
    effect: Annotated[int, Meta(ge=1, le=2)]
    total: bool  # a deny of everything
    purposes: tuple[Small, ...]  # empty only in a total deny: all purposes
    start: Time
    end: Time  # start <= t < end
    uses: Count  # at most this many releases; 0: unlimited
    redisclosure: Annotated[int, Meta(ge=0, le=1)]
    emergency: Emergency
    sealed: Digest | None  # commitment to the sealed part; null in a total deny
    status: Annotated[int, Meta(ge=1, le=5)]
    granted: Time  # of the block that took it
    under: Id | None  # the authority, where a representative or delegate signed


Period = tuple[DataTime | None, DataTime | None]  # start <= t < end; null is open
Coding = tuple[Annotated[str, Meta(max_length=256)], Code]  # (system, code)


class Provision(Message, frozen=True):
    """What data: AND across the fields, OR inside each list; an empty list does not restrict."""

    classes: tuple[Code, ...]
    types: tuple[Code, ...]
    codes: tuple[Coding, ...]
    labels: tuple[Code, ...]
    instances: tuple[RecordId, ...]
    periods: tuple[Period, ...]  # a record matches when its whole clinical period lies within one
    persons: tuple[Digest, ...]  # commitments of members of staff who may receive
    authors: tuple[Code, ...]
    encounters: tuple[RecordId, ...]


EVERYTHING = Provision((), (), (), (), (), (), (), (), ())
Excepted = tuple[Annotated[int, Meta(ge=1, le=2)], Provision]  # (Effect, what): permit adds or lifts, deny carves out


class Focused(Message, frozen=True):
    """An exception for some purposes or recipients only; an empty list does not restrict."""

    effect: Annotated[int, Meta(ge=1, le=2)]
    provision: Provision
    purposes: Annotated[tuple[Small, ...], Meta(max_length=16)]
    grantees: Annotated[tuple[Grantee, ...], Meta(max_length=16)]


class SealedPart(Message, frozen=True):
    """The sealed part of a directive: goes to the custodian and the patient's devices only."""

    base: Provision
    exceptions: Annotated[tuple[Excepted, ...], Meta(max_length=16)]  # one level; each beats its base
    obligations: tuple[Code, ...]  # v3-ActCode, e.g. NORDSCLCD
    residual: Annotated[int, Meta(ge=0, le=2)]
    legal_basis: Code | None
    text: Annotated[str, Meta(max_length=8192)]  # as shown to the person
    policy_uri: Annotated[str, Meta(min_length=1, max_length=1024)] | None
    presenter: Annotated[str, Meta(min_length=1, max_length=128)] | None
    presented: Time | None
    focused: Annotated[tuple[Focused, ...], Meta(max_length=16)]  # exceptions as well
    form: Form | None  # what its FHIR Consent says beside; null: the plain form


def sealed_commitment(
    network: bytes, relation: bytes, directive: bytes, version: int, salt: bytes, body: bytes
) -> bytes:
    """Return the commitment to an encoded sealed part; `salt` is 32 fresh random bytes."""
    return T("sealed", network, relation, directive, version, salt, body)
