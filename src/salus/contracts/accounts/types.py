"""What the accounts contract stores."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Id, Message, Name, PublicKey, Small, Time


class PersonState(IntEnum):
    CUSTODIAL = 1  # the custodian's own: no keys, its gateway signs
    CLAIMED = 2  # "claimed by invitation": who held the invitation is known to nobody else


class KeyStatus(IntEnum):
    LISTED = 1
    REVOKED = 2
    FROZEN = 3  # it vetoed a recovery twice; live again if that recovery comes to nothing


class RecoveryPolicy(IntEnum):
    """How a person's account can be recovered; a short menu, so that the choice tells accounts little apart."""

    IN_PERSON = 1  # no keyholders: the custodian and a second member re-identify the person
    TWO_OF_THREE = 2  # keyholders
    THREE_OF_FIVE = 3


POLICIES = frozenset(map(int, RecoveryPolicy))  # for membership only


class Organisation(Message, frozen=True):
    """An organisation's public profile. Whether it is a member stands in governance."""

    name: Name
    realm: Name
    roles: tuple[Small, ...]  # policy.types.OrganisationRole, sorted
    threshold: Small  # of its administration keys
    seal_key: Digest  # id of its HPKE public key


class Key(Message, frozen=True):
    """A listed key, live while start <= t < end and not revoked."""

    suite: Small
    role: Small  # core.keys.Role
    public: PublicKey
    start: Time
    end: Time
    generation: Count  # of the account when it was listed; 0 for organisations
    status: Annotated[int, Meta(ge=1, le=3)]


class Person(Message, frozen=True):
    """A person's account at one custodian: its id is the handle and the relation's id."""

    custodian: Id
    state: Annotated[int, Meta(ge=1, le=2)]
    generation: Count  # 0 while custodial; each claim and recovery adds one and voids every earlier key
    policy: Small | None  # RecoveryPolicy; null while custodial, which bars recovery
    seal_key: Digest | None  # id of the person's HPKE public key; null while custodial
    barred: bool  # a freeze or a recovery stands, and has to be asked for: every act looks here first


class Staff(Message, frozen=True):
    """An attested member of staff, start <= t < end."""

    start: Time
    end: Time


class Invitation(Message, frozen=True):
    """Who holds the secret of `public` may claim the account before `end`."""

    public: PublicKey
    end: Time


class PendingClaim(Message, frozen=True):
    """A claim that waits for the desk, or for the delay to pass."""

    id: Digest  # T("claim", payload); its first 40 bits are the short code
    keys: tuple[tuple[Small, PublicKey, Time, Time], ...]  # (suite, public key, start, end), role DEVICE
    seal_key: Digest
    policy: Small
    time: Time  # of the block that took it
