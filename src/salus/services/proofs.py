"""Make the evidence of a release, of a whole relation, of a log entry: proofs under one signed header."""

from collections.abc import Sequence
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access.events import RecordsReleased
from salus.contracts.access.keys import answer_key
from salus.core.encoding import decode, encode
from salus.core.request import SignedRequest
from salus.evidence.format import (
    FORMAT,
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
    """Return evidence that the records were released in answer to the request. Raises NotReleased."""
    relation = request.payload.relation
    index = _index(ledger, relation, request.id)
    keys = (relation_key(relation), answer_key(relation, request.id), owner_key(request.key))
    facts = _facts(ledger, keys)
    proof = ledger.prove_event(index, facts.log.size)
    event = LogFact(proof.index, proof.size, proof.body, proof.path)
    shown = RequestFact(raw, public, leaves_salt)
    records = _records(disclosed, whole=False)
    return encode(_evidence(ledger, Kind.RELEASE, facts, (event,), disclosed, records, shown, None))


def prove_whole(ledger: Ledger, relation: bytes, disclosed: Disclosed, leaves: Sequence[bytes]) -> bytes:
    """Return evidence that the records are all of the relation, with the hashes of its whole log and map."""
    facts = _facts(ledger, (relation_key(relation),))
    rows = sorted((r.proof.record, r.proof.leaf) for r in disclosed.proven.records)
    whole = WholeRelation(tuple(leaves[: disclosed.proven.opening.log_size]), tuple(rows))
    records = _records(disclosed, whole=True)
    return encode(_evidence(ledger, Kind.COMPLETE_VIEW, facts, (), disclosed, records, None, whole))


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


def _evidence(
    ledger: Ledger,
    kind: Kind,
    facts: _Facts,
    events: tuple[LogFact, ...],
    disclosed: Disclosed,
    records: tuple[RecordFact, ...],
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
        disclosed.proven.opening,
        records,
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


def _index(ledger: Ledger, relation: bytes, request: bytes) -> int:
    for entry in entries(ledger, relation):
        if isinstance(entry.event, RecordsReleased) and entry.event.request == request:
            return entry.number
    raise NotReleased


def own_checkpoint(ledger: Ledger, log: LogValue) -> Checkpoint:
    """Return the ledger's note over its log as it stands, with the growth from `log` to it."""
    note = ledger.checkpoint()
    size = notes.parse(note).checkpoint.size
    growth = () if size == log.size else ledger.prove_growth(min(size, log.size), max(size, log.size))
    return Checkpoint(note, growth)
