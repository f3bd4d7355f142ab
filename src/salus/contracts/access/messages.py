"""Messages of the access contract."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Id, Message, Small, Time

Basis = tuple[Small, Id | None, Count]  # (policy.types.BasisKind, id of the directive, its version)


class RecordRelease(Message, frozen=True):
    """Commit a release before any data leaves; by the custodian's gateway key.

    Its id is the request's, T("request", payload), which it consumes.
    """

    custodian: Id
    request: Annotated[bytes, Meta(max_length=1024)]  # COSE_Sign, kind request
    basis: Basis
    relation_root: Digest  # current, or the one before for 30 s
    leaves: Digest  # T("leaves", salt, [sorted leaves])
    trigger: Small
    deliver_by: Time


class RecordRefusal(Message, frozen=True):
    """Commit that a request was refused, and consume it; by the custodian's gateway key."""

    custodian: Id
    request: Annotated[bytes, Meta(max_length=1024)]
    reason: Small  # policy.reasons


class AckRelease(Message, frozen=True):
    """The recipient has verified what it got; by its gateway key, or a person's device key."""

    recipient: Id
    relation: Id
    release: Id
    leaves: Digest  # the commitment of the release, which the received leaves open


MESSAGES: dict[int, type[Message]] = {0x0501: RecordRelease, 0x0502: RecordRefusal, 0x0503: AckRelease}
