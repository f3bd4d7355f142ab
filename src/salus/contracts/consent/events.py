"""Events of the consent contract: leaves of the audit log."""

from typing import ClassVar

from salus.core.types import Count, Digest, Id, Message, Small, Time
from salus.policy.types import Emergency, Grantee


class ConsentGranted(Message, frozen=True):
    """A directive with a sealed part stands, unacknowledged; it ended the one that it replaces."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    directive: Id
    version: Count
    chain: Id
    replaces: Id | None
    capacity: Small
    grantee: Grantee
    effect: Small
    purposes: tuple[Small, ...]
    start: Time
    end: Time
    uses: Count
    redisclosure: Small
    emergency: Emergency
    sealed: Digest


class TotallyDenied(Message, frozen=True):
    """A deny of everything stands."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    directive: Id
    capacity: Small
    grantee: Grantee
    purposes: tuple[Small, ...]
    start: Time
    end: Time


class ConsentRevoked(Message, frozen=True):
    """A directive has ended by the will of who may act for the person."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    directive: Id
    version: Count
    capacity: Small


class DirectiveAcknowledged(Message, frozen=True):
    """The custodian holds the opening of the sealed part and enforces it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    directive: Id
    version: Count


class CustodialPermitLapsed(Message, frozen=True):
    """A permit that the custodian had given has ended, since the person claimed the account."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    directive: Id
    version: Count


EVENTS: dict[int, type[Message]] = {
    0x0401: ConsentGranted,
    0x0402: TotallyDenied,
    0x0403: ConsentRevoked,
    0x0404: DirectiveAcknowledged,
    0x0405: CustodialPermitLapsed,
}
