"""Events of the access contract: leaves of the audit log, from which accounting is made."""

from typing import ClassVar

from salus.contracts.access.messages import Basis
from salus.contracts.access.other_events import EVENTS as OTHERS
from salus.core.types import Count, Digest, Id, Message, Small, Time


class RecordsReleased(Message, frozen=True):
    """The custodian bound itself to a release before any data left; `request` is its id.

    The recipient is the account that lists the key of the request; it equals the relation when a
    person asked for what is its own.
    """

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian")

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    filter: Digest
    purpose: Small
    staff: Digest | None
    seal_key: Digest
    basis: Basis
    use: Count  # how many releases rested on the directive's chain, this one included; 0 on other grounds
    relation_root: Digest
    leaves: Digest
    trigger: Small
    deliver_by: Time


class RequestRefused(Message, frozen=True):
    """The custodian refused a request, which is consumed."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian")

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    filter: Digest
    purpose: Small
    staff: Digest | None
    reason: Small  # policy.reasons


class ReleaseAcknowledged(Message, frozen=True):
    """The recipient got and verified what was released; later than `deliver_by` if the block is."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient")

    relation: Id
    recipient: Id
    request: Id
    leaves: Digest
    deliver_by: Time


class GlassBroken(Message, frozen=True):
    """A release in an emergency, which alerts the person; its review is open. `basis` names set and version."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian")

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    filter: Digest
    purpose: Small
    staff: Digest | None
    seal_key: Digest
    basis: Basis
    reason: Small  # core.glass
    relation_root: Digest
    leaves: Digest
    deliver_by: Time


class BreakGlassReviewed(Message, frozen=True):
    """A reviewer has spoken; the second one closes the review."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian", "reviewer")

    relation: Id
    recipient: Id  # who broke the glass
    custodian: Id
    request: Id
    reviewer: Id
    kind: Small  # core.glass.ReviewerKind
    verdict: Small
    closed: bool


class SessionOpened(Message, frozen=True):
    """The custodian bound itself to a session: one use, however many pages; none at `ends` or later."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian")

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    filter: Digest
    purpose: Small
    staff: Digest | None
    seal_key: Digest
    basis: Basis
    use: Count
    relation_root: Digest
    ends: Time
    trigger: Small


class SessionClosed(Message, frozen=True):
    """The custodian committed to the session's local log; neither pages nor records can be counted by it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian")

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    root: Digest


class RecordsPushed(Message, frozen=True):
    """The custodian bound itself to a release that nobody asked for; `release` is its id."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian")

    relation: Id
    recipient: Id
    custodian: Id
    release: Id
    purpose: Small
    basis: Basis
    use: Count
    relation_root: Digest
    leaves: Digest
    trigger: Small
    deliver_by: Time


EVENTS: dict[int, type[Message]] = {
    0x0501: RecordsReleased,
    0x0502: RequestRefused,
    0x0503: ReleaseAcknowledged,
    0x0504: GlassBroken,
    0x0505: BreakGlassReviewed,
    0x0506: SessionOpened,
    0x0507: SessionClosed,
    0x0508: RecordsPushed,
    **OTHERS,
}
