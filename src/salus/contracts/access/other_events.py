"""Events of releases that were deferred, sealed, or made in bulk."""

from typing import Annotated, ClassVar

from msgspec import Meta

from salus.contracts.access.messages import MAX_BULK, Basis
from salus.core.types import Count, Digest, Height, Id, Message, Small, Time


class DeferredReleased(Message, frozen=True):
    """A release in an emergency, made before this block while the ledger could not commit; its review is open.

    The data left at `occurred`; what was decided on was the state of `outage`, (height, known newest up to).
    `deliver_by` is when the recipient should have its evidence.
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
    reason: Small  # core.glass
    relation_root: Digest
    leaves: Digest
    occurred: Time
    outage: tuple[Height, Time]
    deliver_by: Time


class SealedOrderRecorded(Message, frozen=True):
    """An order that forbids notice exists. It names nobody but its issuer."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("issuer",)

    issuer: Id
    order: Id
    commitment: Digest
    end: Time
    notice_until: Time


class SealedReleaseRecorded(Message, frozen=True):
    """Somebody's data was released under such an order. It names neither person nor recipient."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("issuer", "custodian")

    issuer: Id
    custodian: Id
    release: Id
    order: Id
    commitment: Digest
    notice_until: Time


class SealedReleaseOpened(Message, frozen=True):
    """What was released under an order that forbade notice, now that it may be told; it was recorded at `released`."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian", "issuer")

    relation: Id
    recipient: Id
    custodian: Id
    issuer: Id
    release: Id
    purpose: Small
    basis: Basis  # names the order
    ceiling: Small
    writ: Digest
    relation_root: Digest
    leaves: Digest
    released: Time
    notice_until: Time
    deliver_by: Time


class BulkReleased(Message, frozen=True):
    """A bulk release. `root` is over the receipts of the entries that stand, in order; the others are named apart."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("recipient", "custodian")

    recipient: Id
    custodian: Id
    bulk: Id
    purpose: Small
    entries: Count  # that stand
    root: Digest  # RFC 9162, over core.bulk.receipt
    refused: Annotated[tuple[tuple[Small, Small], ...], Meta(max_length=MAX_BULK)]  # (place in the message, code)
    deliver_by: Time


class ReleasedInBulk(Message, frozen=True):
    """One relation's part of a bulk release; the custodian bound itself to it before any data left."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "recipient", "custodian")

    relation: Id
    recipient: Id
    custodian: Id
    release: Id
    bulk: Id
    purpose: Small
    basis: Basis
    use: Count
    relation_root: Digest
    leaves: Digest
    deliver_by: Time


EVENTS: dict[int, type[Message]] = {
    0x0510: DeferredReleased,
    0x0511: SealedOrderRecorded,
    0x0512: SealedReleaseRecorded,
    0x0513: SealedReleaseOpened,
    0x0514: BulkReleased,
    0x0515: ReleasedInBulk,
}
