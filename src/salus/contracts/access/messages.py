"""Messages of the access contract."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Id, Message, Small, Time

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


MESSAGES: dict[int, type[Message]] = {
    0x0501: RecordRelease,
    0x0502: RecordRefusal,
    0x0503: AckRelease,
    0x0504: BreakGlass,
    0x0505: ReviewBreakGlass,
    0x0506: OpenRelease,
    0x0507: CloseRelease,
    0x0508: PushRelease,
}
