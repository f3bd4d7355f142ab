"""The few keys and values of the state that evidence speaks of, read by their documented layout.

Stated here a second time on purpose: a verifier depends on the format and not on the contracts'
code. A test holds the two together.
"""

from enum import IntEnum
from typing import TypeVar

from msgspec import Struct

from salus.core.encoding import decode, decode_plain, encode
from salus.core.errors import Malformed
from salus.core.types import Count, Digest, Height, Id, Message, Nonce, Small, Time

LOG_KEY = b"\x00\x02"
S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=Message)


class Outcome(IntEnum):
    """Of an answer."""

    RELEASED = 1
    SESSION = 3
    BREAK_GLASS = 4
    PUSHED = 5
    DEFERRED = 6
    SEALED = 7
    BULK = 8


class Ground(IntEnum):
    """What a release rests on: the first number of its basis."""

    SELF = 1
    DIRECTIVE = 2
    POLICY = 3
    ORDER = 4
    BREAK_GLASS = 5


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


Basis = tuple[Small, Id | None, Count]  # (kind, id, version)


class Released(Message, frozen=True):
    """Event 0x0501, of a release."""

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
    leaves: Digest
    trigger: Small
    deliver_by: Time


class Broken(Message, frozen=True):
    """Event 0x0504, of a release by break-glass."""

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    filter: Digest
    purpose: Small
    staff: Digest | None
    seal_key: Digest
    basis: Basis
    reason: Small
    relation_root: Digest
    leaves: Digest
    deliver_by: Time


class Opened(Message, frozen=True):
    """Event 0x0506, of a session that began."""

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


class Closed(Message, frozen=True):
    """Event 0x0507, of a session that ended."""

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    root: Digest


class Pushed(Message, frozen=True):
    """Event 0x0508, of a release that nobody asked for."""

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


class Deferred(Message, frozen=True):
    """Event 0x0510, of a release by break-glass that the ledger took later than it happened."""

    relation: Id
    recipient: Id
    custodian: Id
    request: Id
    filter: Digest
    purpose: Small
    staff: Digest | None
    seal_key: Digest
    basis: Basis
    reason: Small
    relation_root: Digest
    leaves: Digest
    occurred: Time
    outage: tuple[Height, Time]
    deliver_by: Time


class InBulk(Message, frozen=True):
    """Event 0x0515, of one relation's part of a bulk release."""

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
    0x0501: Released,
    0x0504: Broken,
    0x0506: Opened,
    0x0507: Closed,
    0x0508: Pushed,
    0x0510: Deferred,
    0x0515: InBulk,
}


class _Head(Message, frozen=True):
    """How the body of an entry of the log begins, before the event."""

    number: Small
    nonce: Nonce  # of the envelope
    index: Small  # of the message in it


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


def read_event(body: bytes, shape: type[E]) -> E | None:
    """Return the event of `shape` in the body of a log entry, or None where it is another."""
    try:
        fields = decode_plain(body)
        if not isinstance(fields, list) or len(fields) != 4 or not isinstance(fields[3], list):
            return None
        if EVENTS.get(decode(encode(fields[:3]), _Head).number) is not shape:
            return None
        return decode(encode(fields[3]), shape)
    except Malformed:
        return None
