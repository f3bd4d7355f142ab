"""The few keys and values of the state that evidence speaks of, read by their documented layout.

Stated here a second time on purpose: a verifier depends on the format and not on the contracts'
code. A test holds the two together.
"""

from typing import TypeVar

from msgspec import Struct

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.types import Count, Digest, Height, Id, Message, Nonce, Small, Time

LOG_KEY = b"\x00\x02"
RELEASED = 1  # outcome of an answer
RECORDS_RELEASED = 0x0501  # number of the event
S = TypeVar("S", bound=Struct)


class LogValue(Message, frozen=True):
    """Size and root of the network's log, under LOG_KEY."""

    size: Height
    root: Digest


class RelationValue(Message, frozen=True):
    """Under 03 01 relation."""

    root: Digest
    seq: Count
    anchored: Time
    previous: Digest | None
    replaced: Time | None


class AnswerValue(Message, frozen=True):
    """Under 05 01 relation request."""

    outcome: Small
    recipient: Id
    answered: Time
    leaves: Digest | None
    deliver_by: Time | None
    acknowledged: Time | None


class Released(Message, frozen=True):
    """The event of a release."""

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    filter: Digest
    purpose: Small
    staff: Digest | None
    seal_key: Digest
    basis: tuple[Small, Id | None, Count]  # (kind, id, version)
    use: Count
    relation_root: Digest
    leaves: Digest
    trigger: Small
    deliver_by: Time


class ReleasedBody(Message, frozen=True):
    """The body of a release's entry in the log."""

    number: Small
    nonce: Nonce  # of the envelope
    index: Small  # of the message in it
    event: Released


def relation_key(relation: bytes) -> bytes:
    """Return the key of a relation's root."""
    return b"\x03\x01" + relation


def answer_key(relation: bytes, request: bytes) -> bytes:
    """Return the key of the answer to a request."""
    return b"\x05\x01" + relation + request


def owner_key(key: bytes) -> bytes:
    """Return the key under which stands, as it is, the account that a signing key is listed for."""
    return b"\x02\x03" + key


def read(raw: bytes | None, shape: type[S]) -> S | None:
    """Return the `shape` in `raw`, or None where there is none."""
    try:
        return None if raw is None else decode(raw, shape)
    except Malformed:
        return None
