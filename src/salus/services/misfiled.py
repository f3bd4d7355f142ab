"""What a move writes: a record of one patient as another's, and the mark that it leaves behind.

Its octets are the same but for the references to the patient; its header says from which leaf it came.
"""

import os
from collections.abc import Sequence

import orjson

from salus.core.record import LeafHeader, Status
from salus.fhir.compartment import subject_of
from salus.fhir.parts import parts_named
from salus.fhir.references import ID_SYSTEM
from salus.fhir.rule_sets import newest
from salus.fhir.validate import references_of
from salus.services.actors import Organisation
from salus.services.authorise import for_decision
from salus.services.errors import NotMovable
from salus.services.facts import FHIR_JSON
from salus.services.labelling import Bundled, settle
from salus.services.patients import PATIENTS
from salus.vault.erasure import MOVED, NO_MEDIA, NOTHING
from salus.vault.errors import NoSuchRecord, NoSuchRelation
from salus.vault.reading import ReadRecord
from salus.vault.records import RecordWrite
from salus.vault.shared import Identifier

NO_RELEASE = bytes(32)  # in the origin of what came from another relation of the same custodian


def refiled(
    organisation: Organisation, relation: bytes, record: bytes, to: bytes
) -> tuple[bytes, list[RecordWrite], list[Identifier]]:
    """Return the record's id there, what is written, which names lead there. Raises NotMovable, as `vault.read`."""
    scope, now = for_decision(organisation, relation), organisation.ledger.now()
    found = organisation.vault.read(scope, record)
    header = found.header
    if relation == to or header.status == Status.TOMBSTONE or header.media_type != FHIR_JSON or header.type == PATIENTS:
        raise NotMovable
    octets = _about(found, _patient(organisation, to))
    there = _free_id(organisation, to, record)
    origin = (organisation.account, organisation.vault.leaf(scope, record, header.version), NO_RELEASE)
    write = _write(header, to, there, octets, now, origin)
    mark = RecordWrite(
        relation, record, b"", NO_MEDIA, NOTHING, MOVED, now, header.version, status=int(Status.RESTRICTED)
    )
    resource = orjson.loads(octets)
    name, place = str(resource["id"]), f"{relation.hex()}/{record.hex()}"
    known = organisation.vault.shared.find(header.type, ID_SYSTEM, name)
    names = [Identifier(header.type, ID_SYSTEM, name, f"{to.hex()}/{there.hex()}")]
    parts = parts_named(newest(), header.type, references_of(resource)) if newest().tells(header.type) else ()
    bundle = Bundled({f"{header.type}/{name}": there}, {there: tuple(parts)})
    writes: Sequence[RecordWrite] = settle(organisation, to, [write], bundle)
    return there, [mark, *writes], names if known == place or there != record else []


def _about(found: ReadRecord, patient: str) -> bytes:
    """Return the octets with every reference to the patient that they are about leading to another."""
    subjects = subject_of(orjson.loads(found.octets))
    if not subjects:
        raise NotMovable
    return found.octets.replace(_quoted(subjects[0]), _quoted(patient))


def _quoted(patient: str) -> bytes:
    return orjson.dumps(f"{PATIENTS}/{patient}")


def _patient(organisation: Organisation, relation: bytes) -> str:
    """Return the logical id of the relation's patient, of a segment that of its main relation; raise NotMovable."""
    main = organisation.vault.attributes.of(relation).segment_of or relation
    scope = for_decision(organisation, main)
    try:
        headers = organisation.vault.headers(scope)
    except NoSuchRelation:
        headers = []
    for header in reversed(headers):
        if header.type == PATIENTS and header.status == Status.CURRENT:
            return str(orjson.loads(organisation.vault.read(scope, header.record).octets)["id"])
    raise NotMovable


def _free_id(organisation: Organisation, relation: bytes, record: bytes) -> bytes:
    """Return the record's own id, another where the relation had it before: what was moved may be moved back."""
    try:
        organisation.vault.leaf(for_decision(organisation, relation), record, 1)
    except (NoSuchRecord, NoSuchRelation):
        return record
    return os.urandom(16)


def _write(
    header: LeafHeader, to: bytes, there: bytes, octets: bytes, now: int, origin: tuple[bytes, bytes, bytes]
) -> RecordWrite:
    return RecordWrite(
        to,
        there,
        octets,
        FHIR_JSON,
        header.data_class,
        header.type,
        now,
        0,
        header.start,
        header.end,
        header.labels,
        header.rule_set,
        header.author,
        header.recorder,
        origin,
        header.status,
        header.retention,
    )
