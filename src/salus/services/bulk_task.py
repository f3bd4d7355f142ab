"""A bulk release on its way, and what its one stream holds."""

from typing import Annotated

from msgspec import Meta

from salus.contracts.access.messages import MAX_BULK, Basis
from salus.core.types import Count, Digest, Id, Message, Salt, Small, Time

TASK = "bulk"  # kind of the outbox


class Part(Message, frozen=True):
    """One relation's part."""

    release: Id
    relation: Id
    seq: Count  # of the opening
    leaves_salt: Salt
    leaves: Digest
    records: tuple[bytes, ...]
    basis: Basis
    left_out: tuple[Small, bool | None, Count | None]
    obligations: tuple[str, ...]
    redisclosure: Small


class BulkTask(Message, frozen=True):
    """A bulk release, in the outbox from before the ledger knows of it until its stream is posted."""

    bulk: Id
    recipient: Id
    purpose: Small
    deliver_by: Time
    parts: Annotated[tuple[Part, ...], Meta(max_length=MAX_BULK)]


class BulkContent(Message, frozen=True):
    """What the stream holds: the receipts of all parts, in order, and those that left."""

    receipts: Annotated[tuple[Digest, ...], Meta(max_length=MAX_BULK)]
    parts: Annotated[tuple[tuple[Id, Id, bytes], ...], Meta(max_length=MAX_BULK)]  # (release, relation, Content)
