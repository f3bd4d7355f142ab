"""Events of the consent contract: leaves of the audit log."""

from typing import ClassVar

from salus.core.types import Count, Digest, Id, Message, Small, Time
from salus.policy.policies import Level, Preference
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


class PolicySetNamed(Message, frozen=True):
    """The relation is under this policy set from now on, as its custodian says; the person sees it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    set: Id


class ConsentAttested(Message, frozen=True):
    """A directive stands, unacknowledged, which the person did not sign: the attester answers for it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "attester")

    relation: Id
    attester: Id
    staff: Digest
    method: Small
    evidence: Digest
    directive: Id
    version: Count
    chain: Id
    replaces: Id | None
    grantee: Grantee
    effect: Small
    purposes: tuple[Small, ...]
    start: Time
    end: Time
    uses: Count
    redisclosure: Small
    emergency: Emergency
    sealed: Digest


class OrderRecorded(Message, frozen=True):
    """An order stands, which directives do not stop."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian", "issuer", "recipient")

    relation: Id
    custodian: Id
    issuer: Id
    recipient: Id
    order: Id
    purpose: Small
    start: Time
    end: Time
    ceiling: Level
    commitment: Digest


class OrderEnded(Message, frozen=True):
    """Its issuer withdrew an order."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "issuer")

    relation: Id
    issuer: Id
    order: Id


class PreferenceSet(Message, frozen=True):
    """What the person prefers where policies ask."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    capacity: Small
    preference: Preference


class CustodialPreferenceLapsed(Message, frozen=True):
    """Where the custodian had opted in, nothing is said, since the person claimed the account."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    preference: Preference  # what is left: where it had opted out


class GrantConfirmed(Message, frozen=True):
    """A directive that somebody gave for the person is her own from now on."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    directive: Id
    version: Count


class ConsentSuspended(Message, frozen=True):
    """A permit granted while somebody else may have had the person's keys serves no more, until she reaffirms it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    directive: Id
    version: Count
    ended: bool  # it was not acknowledged yet, and is revoked


class PreferenceLapsed(Message, frozen=True):
    """Where the person had opted in, nothing is said: somebody else may have said it with her keys."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    preference: Preference  # what is left: where she had opted out


class ConsentReaffirmed(Message, frozen=True):
    """A suspended permit is in force again."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation",)

    relation: Id
    directive: Id
    version: Count
    capacity: Small


EVENTS: dict[int, type[Message]] = {
    0x0401: ConsentGranted,
    0x0402: TotallyDenied,
    0x0403: ConsentRevoked,
    0x0404: DirectiveAcknowledged,
    0x0405: CustodialPermitLapsed,
    0x0406: PolicySetNamed,
    0x0407: ConsentAttested,
    0x0408: OrderRecorded,
    0x0409: OrderEnded,
    0x040A: PreferenceSet,
    0x040B: CustodialPreferenceLapsed,
    0x040C: ConsentSuspended,
    0x040D: ConsentReaffirmed,
    0x040E: GrantConfirmed,
    0x040F: PreferenceLapsed,
}
