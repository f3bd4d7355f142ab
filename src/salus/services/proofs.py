"""Make the evidence of a release, of a whole relation, of a log entry: proofs under one signed header."""

from collections.abc import Sequence
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access.events import (
    GlassBroken,
    RecordsPushed,
    RecordsReleased,
    RequestRefused,
    SessionClosed,
    SessionOpened,
)
from salus.contracts.access.keys import answer_key
from salus.contracts.access.other_events import DeferredReleased, ReleasedInBulk
from salus.core.encoding import decode, encode
from salus.core.errors import Kind as Why
from salus.core.errors import Refusal
from salus.core.request import SignedRequest
from salus.core.types import Message
from salus.evidence.format import (
    ANNEXED,
    FORMAT,
    Annex,
    Annexed,
    Checkpoint,
    Evidence,
    Kind,
    LogFact,
    RecordFact,
    RequestFact,
    StateFact,
    WholeRelation,
)
from salus.evidence.state import LOG_KEY, LogValue, owner_key, relation_key
from salus.merkle import checkpoint as notes
from salus.services.errors import NotReleased
from salus.services.history import entries
from salus.vault.reading import Proven

_ANSWERS = (
    RecordsReleased,
    RequestRefused,
    GlassBroken,
    SessionOpened,
    RecordsPushed,
    DeferredReleased,
    ReleasedInBulk,
)
_NO_SALT = bytes(32)  # where a request is shown and the leaves are opened by an annex


class Disclosed(NamedTuple):
    """Records with the proofs of their place, and their octets by record; those left out are not shown."""

    proven: Proven
    octets: dict[bytes, bytes]


class _Facts(NamedTuple):
    header: bytes
    facts: tuple[StateFact, ...]
    log: LogValue


def prove_release(
    ledger: Ledger, request: SignedRequest, raw: bytes, public: bytes, leaves_salt: bytes, disclosed: Disclosed
) -> bytes:
    """Return evidence that the records were released on the request, by break-glass too. Raises NotReleased."""
    relation = request.payload.relation
    index = _index(ledger, relation, request.id, (RecordsReleased, GlassBroken, DeferredReleased))
    keys = (relation_key(relation), answer_key(relation, request.id), owner_key(request.key))
    facts = _facts(ledger, keys)
    shown = RequestFact(raw, public, leaves_salt)
    events = _events(ledger, facts, index)
    return encode(_evidence(ledger, Kind.RELEASE, facts, events, disclosed, shown, None))


def prove_push(ledger: Ledger, relation: bytes, release: bytes, leaves_salt: bytes, disclosed: Disclosed) -> bytes:
    """Return evidence that the records were pushed, alone or in bulk. Raises NotReleased."""
    index = _index(ledger, relation, release, (RecordsPushed, ReleasedInBulk))
    facts = _facts(ledger, (relation_key(relation), answer_key(relation, release)))
    evidence = _evidence(ledger, Kind.PUSH, facts, _events(ledger, facts, index), disclosed, None, None)
    return encode(Annexed(ANNEXED, encode(evidence), Annex(leaves_salt, None, ())))


def prove_records(ledger: Ledger, relation: bytes, leaves_salt: bytes, disclosed: Disclosed) -> bytes:
    """Return evidence that the records stand in the relation's map; of a release it says nothing."""
    facts = _facts(ledger, (relation_key(relation),))
    evidence = _evidence(ledger, Kind.RECORDS, facts, (), disclosed, None, None)
    return encode(Annexed(ANNEXED, encode(evidence), Annex(leaves_salt, None, ())))


def prove_page(
    ledger: Ledger, request: SignedRequest, raw: bytes, public: bytes, salt: bytes, page: bytes, disclosed: Disclosed
) -> bytes:
    """Return evidence that the records are the encoded page of the session that the request opened."""
    relation = request.payload.relation
    index = _index(ledger, relation, request.id, (SessionOpened,))
    facts = _facts(ledger, (relation_key(relation), answer_key(relation, request.id), owner_key(request.key)))
    shown = RequestFact(raw, public, _NO_SALT)
    evidence = _evidence(ledger, Kind.PAGE, facts, _events(ledger, facts, index), disclosed, shown, None)
    return encode(Annexed(ANNEXED, encode(evidence), Annex(salt, page, ())))


def prove_session(
    ledger: Ledger, request: SignedRequest, raw: bytes, public: bytes, salt: bytes, pages: Sequence[bytes]
) -> bytes:
    """Return evidence that a session was opened and closed, and that its log holds `pages`. Raises NotReleased."""
    relation = request.payload.relation
    opened = _index(ledger, relation, request.id, (SessionOpened,))
    closed = _index(ledger, relation, request.id, (SessionClosed,))
    facts = _facts(ledger, (answer_key(relation, request.id), owner_key(request.key)))
    shown = RequestFact(raw, public, _NO_SALT)
    evidence = _evidence(ledger, Kind.SESSION, facts, _events(ledger, facts, opened, closed), None, shown, None)
    return encode(Annexed(ANNEXED, encode(evidence), Annex(salt, None, tuple(pages))))


def prove_whole(ledger: Ledger, relation: bytes, disclosed: Disclosed, leaves: Sequence[bytes]) -> bytes:
    """Return evidence that the records are all of the relation, with the hashes of its whole log and map."""
    facts = _facts(ledger, (relation_key(relation),))
    rows = sorted((r.proof.record, r.proof.leaf) for r in disclosed.proven.records)
    whole = WholeRelation(tuple(leaves[: disclosed.proven.opening.log_size]), tuple(rows))
    return encode(_evidence(ledger, Kind.COMPLETE_VIEW, facts, (), disclosed, None, whole))


def prove_entry(ledger: Ledger, index: int) -> bytes:
    """Return evidence that an event is entry `index` of the log; raises LookupError where there is no such event."""
    facts = _facts(ledger, ())
    proof = ledger.prove_event(index, facts.log.size)
    if not proof.body:
        raise LookupError(index)
    shown = (LogFact(proof.index, proof.size, proof.body, proof.path),)
    checkpoint, kind = own_checkpoint(ledger, facts.log), int(Kind.STATE_FACT)
    parts = (facts.header, facts.facts, shown, checkpoint, None, (), None, None)
    return encode(Evidence(FORMAT, ledger.network, kind, *parts))


def prove_answer(ledger: Ledger, relation: bytes, request: bytes) -> bytes:
    """Return evidence of what the log says of a request, or of a push by its id; raise NotReleased where there is none.

    Of a session it is the opening. It shows what validators saw: who, for what, under which ground, and no record.
    """
    return prove_entry(ledger, _index(ledger, relation, request, _ANSWERS))


def _evidence(
    ledger: Ledger,
    kind: Kind,
    facts: _Facts,
    events: tuple[LogFact, ...],
    disclosed: Disclosed | None,
    request: RequestFact | None,
    whole: WholeRelation | None,
) -> Evidence:
    return Evidence(
        FORMAT,
        ledger.network,
        int(kind),
        facts.header,
        facts.facts,
        events,
        own_checkpoint(ledger, facts.log),
        None if disclosed is None else disclosed.proven.opening,
        () if disclosed is None else _records(disclosed, whole=whole is not None),
        request,
        whole,
    )


def _facts(ledger: Ledger, keys: Sequence[bytes]) -> _Facts:
    ordered = sorted((LOG_KEY, *keys))
    proof = ledger.prove(ordered)
    facts = tuple(StateFact(*row) for row in zip(ordered, proof.values, proof.proofs, strict=True))
    log = next(fact.value for fact in facts if fact.key == LOG_KEY)
    if log is None:
        raise NotReleased
    return _Facts(proof.header, facts, decode(log, LogValue))


def _records(disclosed: Disclosed, *, whole: bool) -> tuple[RecordFact, ...]:
    """Return the records sorted by id; in a whole relation the map itself takes the place of paths."""
    facts = []
    for record in sorted(disclosed.proven.records, key=lambda record: record.header.record):
        octets = disclosed.octets.get(record.header.record)
        siblings = () if whole else record.proof.membership.siblings
        content = None if octets is None else (record.content_salt, octets)
        facts.append(RecordFact(encode(record.header), record.salt, siblings, content))
    return tuple(facts)


def _index(ledger: Ledger, relation: bytes, release: bytes, shapes: tuple[type[Message], ...]) -> int:
    """Return where in the log the event of one of `shapes` about the release stands."""
    for entry in entries(ledger, relation):
        event = entry.event
        if isinstance(event, shapes) and release in (getattr(event, "request", None), getattr(event, "release", None)):
            return entry.number
    raise NotReleased


def _events(ledger: Ledger, facts: _Facts, *indexes: int) -> tuple[LogFact, ...]:
    proofs = [ledger.prove_event(index, facts.log.size) for index in indexes]
    return tuple(LogFact(proof.index, proof.size, proof.body, proof.path) for proof in proofs)


def own_checkpoint(ledger: Ledger, log: LogValue) -> Checkpoint | None:
    """Return the ledger's note over its log, with the growth between `log` and it; None where there is none for now.

    Evidence without one is good: it says that nobody has witnessed the log.
    """
    try:
        note = ledger.checkpoint()
    except Refusal as refusal:
        if refusal.kind is not Why.UNAVAILABLE:
            raise
        return None
    size = notes.parse(note).checkpoint.size
    growth = () if size == log.size else ledger.prove_growth(min(size, log.size), max(size, log.size))
    return Checkpoint(note, growth)
