"""A record's leaf and its relation's root: what the custodian commits to, and nobody can guess.

A relation is a small ledger kept by its custodian: a log of every version of every record, a map
from record to current leaf, an access log. The state of the network holds one salted root of it.
"""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.hashing import T
from salus.core.types import Count, DataTime, Digest, Id, Message, Name, Small, Time

RecordId = Annotated[bytes, Meta(min_length=16, max_length=16)]  # random
Code = Annotated[str, Meta(min_length=1, max_length=64)]
PENDING = "pending"  # a label, beside or instead of a confidentiality: the rule set cannot tell what the record tells


class Status(IntEnum):
    """Of a record version."""

    CURRENT = 1
    ENTERED_IN_ERROR = 2
    RESTRICTED = 3
    TOMBSTONE = 4


class LeafHeader(Message, frozen=True):
    """What is known of one version of a record without its content; stays off the ledger.

    `start` and `end` are the clinical period, start <= t < end; both null when it is unknown, and
    then the record is outside every permit and inside every deny that names a period.
    """

    record: RecordId
    version: Count  # from 1
    previous: Digest | None  # leaf of the version before
    data_class: Code  # e.g. "laboratory"; the table is salus.fhir's
    type: Code  # FHIR resource type
    start: DataTime | None
    end: DataTime | None
    labels: tuple[Code, ...]  # v3-ActCode and Confidentiality codes, PENDING, sorted
    rule_set: Small  # version of the rules that gave class, period and labels
    author: Name | None  # reference within the custodian's base, e.g. "Practitioner/12"
    recorder: Id  # account that entered it
    recorded: Time
    origin: tuple[Id, Digest, Id] | None  # (custodian, leaf, release) where it came from elsewhere
    status: Annotated[int, Meta(ge=1, le=4)]
    retention: Small | None  # number of the rule that bars destruction
    content: Digest  # T("content", salt, octets): of the octets exactly as stored
    media_type: Code
    cipher: Digest  # SHA-256 of the ciphertext


def leaf_hash(network: bytes, relation: bytes, salt: bytes, header: bytes) -> bytes:
    """Return the leaf of an encoded header; `salt` is 32 fresh random bytes."""
    return T("leaf", network, relation, salt, header)


def content_digest(network: bytes, salt: bytes, octets: bytes) -> bytes:
    """Return the salted digest of a record's octets; the salt is its own, not the leaf's."""
    return T("content", network, salt, octets)


class RelationOpening(Message, frozen=True):
    """What opens a relation's root, at the `seq` which the ledger counts."""

    relation: Id
    seq: Count
    salt: Digest
    log_size: Count
    log_root: Digest
    map_root: Digest
    access_size: Count
    access_root: Digest


def relation_root(network: bytes, opening: RelationOpening) -> bytes:
    """Return the salted root that the ledger holds for the opening."""
    return T(
        "relation",
        network,
        opening.relation,
        opening.seq,
        opening.salt,
        opening.log_size,
        opening.log_root,
        opening.map_root,
        opening.access_size,
        opening.access_root,
    )


__all__ = [
    "Code",
    "LeafHeader",
    "PENDING",
    "RecordId",
    "RelationOpening",
    "Status",
    "content_digest",
    "leaf_hash",
    "relation_root",
]
