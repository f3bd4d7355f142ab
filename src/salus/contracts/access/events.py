"""Events of the access contract: leaves of the audit log, from which accounting is made."""

from typing import ClassVar

from salus.contracts.access.messages import Basis
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
    use: Count  # how many releases rested on the basis's chain, this one included; 0 without a directive
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


EVENTS: dict[int, type[Message]] = {0x0501: RecordsReleased, 0x0502: RequestRefused, 0x0503: ReleaseAcknowledged}
