"""Events of the accounts contract: leaves of the audit log.

`SUBJECTS` names the fields that hold the accounts an event is about (an id or several), for indexes.
"""

from typing import ClassVar

from salus.contracts.accounts.recovery_events import EVENTS as RECOVERY
from salus.core.types import Count, Digest, Id, Message, Small, Time


class OrganisationOpened(Message, frozen=True):
    """An organisation has an account; it is an applicant until members admit it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("organisation", "sponsor")

    organisation: Id
    sponsor: Id
    keys: tuple[Id, ...]  # ids of its keys


class OrganisationKeysChanged(Message, frozen=True):
    """An organisation changed its keys."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("organisation",)

    organisation: Id
    added: tuple[Id, ...]
    revoked: tuple[Id, ...]
    threshold: Small
    seal_key: Digest


class StaffAttested(Message, frozen=True):
    """An organisation stands for a member of staff, known by a salted commitment."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("organisation",)

    organisation: Id
    commitment: Digest
    start: Time
    end: Time


class StaffEnded(Message, frozen=True):
    """An attestation ended before its time."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("organisation",)

    organisation: Id
    commitment: Digest


class AccountsOpened(Message, frozen=True):
    """A custodian opened custodial accounts."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("custodian", "handles")

    custodian: Id
    handles: tuple[Id, ...]


class PersonInvited(Message, frozen=True):
    """An account can be claimed until `end`; an earlier invitation is void."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle", "custodian")

    handle: Id
    custodian: Id
    end: Time


class ClaimMade(Message, frozen=True):
    """A claim waits for the desk or the delay."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle", "carrier")

    handle: Id
    carrier: Id
    claim: Digest


class ClaimRejected(Message, frozen=True):
    """A claim and its invitation are void."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle", "custodian")

    handle: Id
    custodian: Id
    claim: Digest


class ClaimFinal(Message, frozen=True):
    """The account is the person's, claimed by invitation; every earlier key is void."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle",)

    handle: Id
    claim: Digest
    generation: Count
    confirmed: bool  # by the desk; false: after the delay
    keys: tuple[Id, ...]


class KeyAdded(Message, frozen=True):
    """A person listed a further device key."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("account",)

    account: Id
    key: Id


class KeyRevoked(Message, frozen=True):
    """A key of a person or an organisation ended."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("account",)

    account: Id
    key: Id


class SealKeyRotated(Message, frozen=True):
    """A person's HPKE key changed."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("account",)

    account: Id
    seal_key: Digest


EVENTS: dict[int, type[Message]] = {
    0x0201: OrganisationOpened,
    0x0202: OrganisationKeysChanged,
    0x0203: StaffAttested,
    0x0204: StaffEnded,
    0x0205: AccountsOpened,
    0x0206: PersonInvited,
    0x0207: ClaimMade,
    0x0208: ClaimRejected,
    0x0209: ClaimFinal,
    0x020A: KeyAdded,
    0x020B: KeyRevoked,
    0x020C: SealKeyRotated,
    **RECOVERY,
}
