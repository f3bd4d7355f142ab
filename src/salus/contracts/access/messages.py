"""Messages of the access contract."""

from typing import Annotated

from msgspec import Meta

from salus.core.sealed import OrderTerms, ReleaseTerms
from salus.core.types import Count, Digest, Height, Id, Message, Salt, Small, Time

Basis = tuple[Small, Id | None, Count]  # (policy.types.BasisKind, id of the directive, set or order, its version)
SignedBytes = Annotated[bytes, Meta(max_length=1024)]


class RecordRelease(Message, frozen=True):
    """Commit a release before any data leaves; by the custodian's gateway key.

    Its id is the request's, T("request", payload), which it consumes.
    """

    custodian: Id
    request: SignedBytes  # COSE_Sign, kind request
    basis: Basis
    relation_root: Digest  # current, or the one before for 30 s
    leaves: Digest  # T("leaves", salt, [sorted leaves])
    trigger: Small
    deliver_by: Time


class RecordRefusal(Message, frozen=True):
    """Commit that a request was refused, and consume it; by the custodian's gateway key."""

    custodian: Id
    request: SignedBytes  # COSE_Sign, kind request or break-glass
    reason: Small  # policy.reasons


class AckRelease(Message, frozen=True):
    """The recipient has verified what it got; by its gateway key, or a person's device key."""

    recipient: Id
    relation: Id
    release: Id
    leaves: Digest  # the commitment of the release, which the received leaves open; of a session, its root


class BreakGlass(Message, frozen=True):
    """Commit a release in an emergency, and open its review; by the custodian's gateway key.

    The recipient signed the reason in its request, for the purpose of break-glass.
    """

    custodian: Id
    request: SignedBytes  # COSE_Sign, kind break-glass
    policy: tuple[Id, Count]  # (set, version) in force for the relation
    relation_root: Digest
    leaves: Digest
    deliver_by: Time


class ReviewBreakGlass(Message, frozen=True):
    """Say whether it was justified; by the custodian's or a regulator's gateway key, or the person's device key."""

    reviewer: Id
    relation: Id
    release: Id
    verdict: Small  # core.glass


class OpenRelease(Message, frozen=True):
    """Open a session, which consumes its request and is one use; by the custodian's gateway key."""

    custodian: Id
    request: SignedBytes  # COSE_Sign, kind request
    basis: Basis
    relation_root: Digest
    ends: Time  # no page leaves at this time or later
    trigger: Small


class CloseRelease(Message, frozen=True):
    """Close a session and commit to its local log; by the custodian's gateway key."""

    custodian: Id
    relation: Id
    release: Id
    root: Digest  # T("session", session, salt, size, root of the log)


class PushRelease(Message, frozen=True):
    """Commit a release that nobody asked for; by the custodian's gateway key. Its id is derived.

    It rests on a directive, or the law demands it: a mandate or an order. It is sealed to the key that
    the ledger lists for the recipient.
    """

    custodian: Id
    recipient: Id
    relation: Id
    purpose: Small
    basis: Basis
    relation_root: Digest
    leaves: Digest
    trigger: Small
    deliver_by: Time


class DeferredRelease(Message, frozen=True):
    """Commit what was released in an emergency while the ledger could not; by the custodian's gateway key.

    It opens the review as break-glass does. `outage` is the state that the gateway decided on: its height, and the
    block time up to which that was known to be the newest.
    """

    custodian: Id
    request: SignedBytes  # COSE_Sign, kind break-glass
    occurred: Time
    outage: tuple[Height, Time]
    policy: tuple[Id, Count]  # (set, version) in force for the relation in this block
    relation_root: Digest
    leaves: Digest


class RecordSealedOrder(Message, frozen=True):
    """Record that an order forbids notice, without saying whom it is about; by the issuer's gateway key.

    The issuer is a regulator, or the member that was served with it.
    """

    issuer: Id
    commitment: Digest  # core.sealed.order_commitment
    end: Time  # nothing is released under it at this time or later
    notice_until: Time  # until when it forbids notice


class RecordSealedRelease(Message, frozen=True):
    """Commit a release under an order that forbids notice; by the custodian's gateway key. Its id is derived."""

    custodian: Id
    order: Id
    commitment: Digest  # core.sealed.release_commitment


class OpenSealedRelease(Message, frozen=True):
    """Show what was released when silence is over; by the custodian's gateway key."""

    custodian: Id
    release: Id
    order_salt: Salt
    order: OrderTerms
    salt: Salt
    terms: ReleaseTerms


MAX_BULK = 1000
BulkEntry = tuple[Id, Basis, Digest, Digest]  # (relation, basis, relation root, leaves)


class RecordBulkRelease(Message, frozen=True):
    """Commit a release over many relations; by the custodian's gateway key. Entries succeed or fail apart.

    Each rests on a directive or a policy set. The id is derived; the release of entry i is T("release", custodian,
    nonce, message index, i).
    """

    custodian: Id
    recipient: Id
    purpose: Small
    deliver_by: Time
    entries: Annotated[tuple[BulkEntry, ...], Meta(min_length=1, max_length=MAX_BULK)]


MESSAGES: dict[int, type[Message]] = {
    0x0501: RecordRelease,
    0x0502: RecordRefusal,
    0x0503: AckRelease,
    0x0504: BreakGlass,
    0x0505: ReviewBreakGlass,
    0x0506: OpenRelease,
    0x0507: CloseRelease,
    0x0508: PushRelease,
    0x0510: DeferredRelease,
    0x0511: RecordSealedOrder,
    0x0512: RecordSealedRelease,
    0x0513: OpenSealedRelease,
    0x0514: RecordBulkRelease,
}
