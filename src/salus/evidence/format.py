"""The evidence object: everything needed to check one fact offline, in one dCBOR array.

It holds what its reader was given anyway, salts, and hashes: of a neighbour in a tree no key and no
value in clear. It proves nothing without the genesis, which the reader must have from elsewhere.
"""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode
from salus.core.errors import Oversized
from salus.core.record import RecordId, RelationOpening
from salus.core.types import Count, Digest, Id, Message, PublicKey, Salt
from salus.merkle.smt import Proof, Siblings

FORMAT = 1
MAX_EVIDENCE_BYTES = 64 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024  # room for the commit of a consortium
MAX_RECORDS = 100_000
MAX_PATH = 64  # of a log of 2^64 entries

Path = Annotated[tuple[Digest, ...], Meta(max_length=MAX_PATH)]


class Kind(IntEnum):
    """What the object is meant to prove."""

    RELEASE = 1  # these records were released to this recipient
    COMPLETE_VIEW = 2  # these are all records of a relation, with their history
    STATE_FACT = 3  # keys of the state have these values


class StateFact(Message, frozen=True):
    """A key of the state with its value (null: it has none) under the header's app hash."""

    key: Annotated[bytes, Meta(min_length=1, max_length=256)]
    value: Annotated[bytes, Meta(max_length=64 * 1024)] | None
    proof: Proof


class LogFact(Message, frozen=True):
    """Inclusion of an event in the network's log, of the size that the state holds."""

    index: Count
    size: Count
    body: Annotated[bytes, Meta(max_length=64 * 1024)]  # its entry is T("event", body)
    path: Path


class Checkpoint(Message, frozen=True):
    """A signed note over the log, and the consistency proof between its size and the state's."""

    note: Annotated[bytes, Meta(max_length=16 * 1024)]
    growth: Path  # from the smaller size to the larger; empty where they are equal


class RecordFact(Message, frozen=True):
    """One version of a record in the relation's map. In a complete view `siblings` is empty: the map is whole."""

    header: Annotated[bytes, Meta(max_length=64 * 1024)]  # encoded LeafHeader, as hashed
    salt: Salt  # of the leaf
    siblings: Siblings  # from the map's root down to the leaf
    content: tuple[Salt, Annotated[bytes, Meta(max_length=32 * 1024 * 1024)]] | None  # (salt, octets delivered)


class RequestFact(Message, frozen=True):
    """The recipient's signed request that the release answers."""

    signed: Annotated[bytes, Meta(max_length=1024)]  # COSE_Sign, kind request
    public: PublicKey  # its key id is the signer's
    leaves_salt: Salt  # opens the release's commitment T("leaves", salt, [sorted leaves])


class WholeRelation(Message, frozen=True):
    """All of a relation's log and map as hashes, so that both roots can be computed from nothing."""

    leaves: Annotated[tuple[Digest, ...], Meta(max_length=MAX_RECORDS)]  # in the order of the log
    entries: Annotated[tuple[tuple[RecordId, Digest], ...], Meta(max_length=MAX_RECORDS)]  # sorted by record


class Evidence(Message, frozen=True):
    """The object. Which parts are there follows from `kind`; `verify` says what is missing."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    kind: Annotated[int, Meta(ge=1, le=3)]
    header: Annotated[bytes, Meta(max_length=MAX_HEADER_BYTES)]  # COSE_Sign, kind header
    facts: Annotated[tuple[StateFact, ...], Meta(max_length=256)]  # sorted by key, distinct
    events: Annotated[tuple[LogFact, ...], Meta(max_length=16)]
    checkpoint: Checkpoint | None
    opening: RelationOpening | None
    records: Annotated[tuple[RecordFact, ...], Meta(max_length=MAX_RECORDS)]
    request: RequestFact | None
    whole: WholeRelation | None


def read_evidence(raw: bytes) -> Evidence:
    """Return the object in `raw`; raise Oversized, or Malformed unless it is its one encoding."""
    if len(raw) > MAX_EVIDENCE_BYTES:
        raise Oversized
    return decode(raw, Evidence)


def origin(network: bytes) -> str:
    """Return the origin line of the network's checkpoints, also the name of the keys that sign them."""
    return f"salus/{network.hex()}"
