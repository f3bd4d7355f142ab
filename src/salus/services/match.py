"""Match: who of a custodian's patients is meant, FHIR's `Patient/$match`.

https://hl7.org/fhir/R4/patient-operation-match.html

Candidates share a search key with what was asked; each is compared field by field (`linkage`). The answer is a
searchset with grade, score and, for whom it hands over, which field agreed how far; of nobody more than the asker
gave. Sensitive relations are left out before anything is counted.
"""

from collections import Counter
from typing import Any, NamedTuple

import orjson

from salus.contracts.records import queries as records
from salus.core.errors import Malformed
from salus.core.record import LeafHeader, Status
from salus.linkage.compare import POSSIBLE, PROBABLE, UNRIVALLED_BITS, Comparison, compare
from salus.linkage.demographics import Demographics, of_patient
from salus.linkage.keys import search_keys
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.authorise import for_lookup
from salus.services.discovery_letters import MatchQuery
from salus.services.errors import NotCustodian
from salus.services.found_by import KIND, demographics_of
from salus.services.marks import sensitive_of
from salus.vault.errors import NoSuchRecord, NoSuchRelation, RecordErased, RelationDestroyed

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
AGREEMENT = "salus:match-agreement"
RELATION_SYSTEM = "salus:relation"
MAX_CANDIDATES = 64  # that are compared
MAX_ENTRIES = 10
MOST_ASKED = 3  # names, numbers, addresses that one look-up may try: it is about one person
_UNDER_ONE_KEY = 512


class Candidate(NamedTuple):
    """A patient who may be meant."""

    relation: bytes
    known: Demographics
    comparison: Comparison


class Matched(NamedTuple):
    """The searchset, and the relation that goes with it; None where it is not clear enough whom to hand over."""

    relation: bytes | None
    bundle: bytes
    grades: tuple[str, ...]


def match(organisation: Organisation, query: MatchQuery, lookup: bytes) -> Matched:
    """Answer one look-up; the reads it takes are entered in the access log of every candidate."""
    asked = of_patient(_patient(query.patient), MOST_ASKED)
    ranked = _ranked(organisation, asked, query, lookup)
    ambiguous = _two_persons(organisation, ranked)
    grades = ["probable" if ambiguous and c.comparison.grade == "certain" else c.comparison.grade for c in ranked]
    listed = [(c, g) for c, g in zip(ranked, grades, strict=True) if g == "certain" or not query.only_certain]
    listed = listed[: min(query.count or MAX_ENTRIES, MAX_ENTRIES)]
    handed = listed[0][0].relation if listed and _clear(ranked, grades[0]) and not ambiguous else None
    entries = [_entry(candidate, grade, handed) for candidate, grade in listed]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
    if not entries:
        del bundle["entry"]
    return Matched(handed, orjson.dumps(bundle), tuple(grade for _, grade in listed))


def _patient(octets: bytes) -> dict[str, Any]:
    """Return the resource that somebody else sent; raise Malformed."""
    try:
        found = orjson.loads(octets)
    except ValueError:
        raise Malformed from None
    if not isinstance(found, dict):
        raise Malformed
    return found


def _ranked(organisation: Organisation, asked: Demographics, query: MatchQuery, lookup: bytes) -> list[Candidate]:
    """Return who is possibly meant, the likeliest first, each relation once."""
    population, best, looked = organisation.vault.relation_count(), dict[bytes, Candidate](), list[Looked]()
    places = _places(organisation, asked)
    hidden = sensitive_of(organisation, {relation for relation, _ in places}).union(query.known)
    state = organisation.ledger.view()
    for relation, record in places:
        if relation in hidden or not records.in_use(state, relation):
            continue
        found = _read(organisation, relation, record, lookup)
        if found is None:
            continue
        known, header = found
        looked.append(Looked(for_lookup(organisation, relation, lookup), What.DECISION, [header]))
        candidate = Candidate(relation, known, compare(asked, known, population))
        if relation not in best or best[relation].comparison.weight < candidate.comparison.weight:
            best[relation] = candidate
    log_reads(organisation, looked)
    possible = [c for c in best.values() if c.comparison.score >= POSSIBLE]
    return sorted(possible, key=lambda c: (-c.comparison.weight, c.relation))


def _places(organisation: Organisation, asked: Demographics) -> list[tuple[bytes, bytes]]:
    """Return (relation, record) of the patients that share most search keys with what was asked."""
    shared, counts = organisation.vault.shared, Counter[str]()
    for key in search_keys(asked):
        counts.update(shared.find_under(KIND, key, _UNDER_ONE_KEY))
    places = sorted(counts, key=lambda place: (-counts[place], place))[:MAX_CANDIDATES]
    return [(bytes.fromhex(p.partition("/")[0]), bytes.fromhex(p.partition("/")[2])) for p in places]


def _read(
    organisation: Organisation, relation: bytes, record: bytes, lookup: bytes
) -> tuple[Demographics, LeafHeader] | None:
    """Return who the record says that she is now; None where it is no more, or not valid."""
    try:
        found = organisation.vault.read(for_lookup(organisation, relation, lookup), record)
    except (NotCustodian, NoSuchRelation, NoSuchRecord, RecordErased, RelationDestroyed):
        return None
    return (demographics_of(found.octets), found.header) if found.header.status == Status.CURRENT else None


def _two_persons(organisation: Organisation, ranked: list[Candidate]) -> bool:
    """True if two are certain and do not seem to be the same person: then neither is."""
    certain = [c for c in ranked if c.comparison.grade == "certain"]
    population = organisation.vault.relation_count()
    return any(compare(certain[0].known, c.known, population).score < PROBABLE for c in certain[1:])


def _clear(ranked: list[Candidate], grade: str) -> bool:
    """True if the first may be handed over: certain, or probable and far before the next."""
    if grade == "certain":
        return True
    lead = ranked[0].comparison.weight - ranked[1].comparison.weight if len(ranked) > 1 else UNRIVALLED_BITS
    return grade == "probable" and lead >= UNRIVALLED_BITS


def _entry(candidate: Candidate, grade: str, handed: bytes | None) -> dict[str, Any]:
    """Return one entry. Only who is handed over has handle and reasons: of others these would tell what to try next."""
    patient: dict[str, Any] = {"resourceType": "Patient"}
    extensions: list[dict[str, Any]] = [{"url": GRADE, "valueCode": grade}]
    if candidate.relation == handed:
        patient["identifier"] = [{"system": RELATION_SYSTEM, "value": candidate.relation.hex()}]
        extensions += [
            {
                "url": AGREEMENT,
                "extension": [
                    {"url": "field", "valueCode": str(agreement.field)},
                    {"url": "level", "valueCode": str(agreement.level)},
                    {"url": "weight", "valueDecimal": round(agreement.weight, 2)},
                ],
            }
            for agreement in candidate.comparison.fields
        ]
    score = round(candidate.comparison.score, 4)
    return {"resource": patient, "search": {"extension": extensions, "mode": "match", "score": score}}
