"""The evidence object: everything needed to check one fact offline, in one dCBOR array.

It holds what its reader was given anyway, salts, and hashes: of a neighbour in a tree no key and no
value in clear. It proves nothing without the genesis, which the reader must have from elsewhere.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.encoding import decode
from salus.core.errors import Malformed, Oversized
from salus.core.hashing import T
from salus.core.record import RecordId, RelationOpening
from salus.core.types import Count, Digest, Id, Message, PublicKey, Salt, Time
from salus.merkle.log import Log
from salus.merkle.smt import Proof, Siblings

FORMAT = 1
ANNEXED = 2  # format of an object around one of format 1
MAX_EVIDENCE_BYTES = 64 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024  # room for the commit of a consortium
MAX_RECORDS = 100_000
MAX_PAGES = 100_000
MAX_PATH = 64  # of a log of 2^64 entries
NO_SALT = bytes(32)  # of leaves, where a request is shown and an annex opens them
_ANNEXED_HEAD = b"\x83\x02"  # an array of three that begins with 2

Path = Annotated[tuple[Digest, ...], Meta(max_length=MAX_PATH)]


class Kind(IntEnum):
    """What the object is meant to prove."""

    RELEASE = 1  # these records were released to this recipient
    COMPLETE_VIEW = 2  # these are all records of a relation, with their history
    STATE_FACT = 3  # keys of the state have these values
    PUSH = 4  # these records were released to this recipient, which had not asked
    PAGE = 5  # these records are a page of a session that was opened
    SESSION = 6  # a session was opened and closed, and its log holds these pages
    RECORDS = 7  # these records stood in a relation's map; that they were released, the ledger does not say yet


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
    leaves_salt: Salt  # opens the release's commitment T("leaves", salt, [sorted leaves]); of a session NO_SALT


class WholeRelation(Message, frozen=True):
    """All of a relation's log and map as hashes, so that both roots can be computed from nothing."""

    leaves: Annotated[tuple[Digest, ...], Meta(max_length=MAX_RECORDS)]  # in the order of the log
    entries: Annotated[tuple[tuple[RecordId, Digest], ...], Meta(max_length=MAX_RECORDS)]  # sorted by record


class Evidence(Message, frozen=True):
    """The object. Which parts are there follows from `kind`; `verify` says what is missing."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    kind: Annotated[int, Meta(ge=1, le=7)]
    header: Annotated[bytes, Meta(max_length=MAX_HEADER_BYTES)]  # COSE_Sign, kind header
    facts: Annotated[tuple[StateFact, ...], Meta(max_length=256)]  # sorted by key, distinct
    events: Annotated[tuple[LogFact, ...], Meta(max_length=16)]
    checkpoint: Checkpoint | None
    opening: RelationOpening | None
    records: Annotated[tuple[RecordFact, ...], Meta(max_length=MAX_RECORDS)]
    request: RequestFact | None
    whole: WholeRelation | None


class Page(Message, frozen=True):
    """An entry of a session's log: what left together, answering one search. The log holds T("page", salt, entry)."""

    session: Id
    number: Count  # rises from page to page
    time: Time
    filter: Digest  # commitment to what was searched for, T("filter", salt, encoded filter)
    leaves: Annotated[tuple[Digest, ...], Meta(max_length=MAX_RECORDS)]  # of the records, sorted


class Annex(Message, frozen=True):
    """What the kinds from PUSH on need beside the parts of a release."""

    salt: Salt  # of a push: of its leaves; of a page: of its entry; of a session: of its closing
    page: Annotated[bytes, Meta(max_length=8 * 1024 * 1024)] | None  # encoded Page
    pages: Annotated[tuple[Digest, ...], Meta(max_length=MAX_PAGES)]  # all entries of the session's log, in order


class Annexed(Message, frozen=True):
    """An object of format 2: one of format 1 with an annex."""

    format: Annotated[int, Meta(ge=ANNEXED, le=ANNEXED)]
    evidence: Annotated[bytes, Meta(max_length=MAX_EVIDENCE_BYTES)]
    annex: Annex


class Read(NamedTuple):
    """An object as it was read."""

    evidence: Evidence
    annex: Annex | None  # there from PUSH on, and only there


def read_evidence(raw: bytes) -> Read:
    """Return the object in `raw`, of either format; raise Oversized, or Malformed unless it is its one encoding."""
    if len(raw) > MAX_EVIDENCE_BYTES:
        raise Oversized
    if raw[:2] != _ANNEXED_HEAD:
        read = Read(decode(raw, Evidence), None)
    else:
        annexed = decode(raw, Annexed)
        read = Read(decode(annexed.evidence, Evidence), annexed.annex)
    if (read.evidence.kind >= Kind.PUSH) != (read.annex is not None):
        raise Malformed
    return read


def page_entry(network: bytes, salt: bytes, page: bytes) -> bytes:
    """Return what a session's log holds of an encoded page."""
    return T("page", network, salt, page)


def session_root(network: bytes, session: bytes, salt: bytes, pages: Sequence[bytes]) -> bytes:
    """Return what the closing of a session commits to; the salt hides how many pages there were."""
    return T("session", network, session, salt, len(pages), Log(pages).root())


def origin(network: bytes) -> str:
    """Return the origin line of the network's checkpoints, also the name of the keys that sign them."""
    return f"salus/{network.hex()}"
