"""Amend: a new version whose leaf names the one before; or a refusal, and the person's statement beside the record."""

import os
from typing import NamedTuple

import orjson

from salus.contracts.records import queries as records
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.record import LeafHeader, Status
from salus.fhir.bundle import BundleRefused
from salus.fhir.classify import describe
from salus.fhir.compartment import subject_of
from salus.fhir.outcome import error
from salus.fhir.validate import Json, parse, validate
from salus.services.actors import Organisation
from salus.services.anchor import anchor_one
from salus.services.answer import Answered, AnswerTask, Decided, answer, answer_task, carry_out, outbox_task
from salus.services.authorise import for_decision
from salus.services.errors import NoSuchPetition, NothingProposed
from salus.services.facts import FHIR_JSON
from salus.services.found_by import found_by
from salus.services.intake import check_settled
from salus.services.notify import notice_task, send_notices
from salus.services.patients import PATIENTS
from salus.services.petition_letters import Change
from salus.services.take_petition import Waiting, find_waiting, waiting_petitions
from salus.vault.deposit import Deposit
from salus.vault.errors import RecordErased
from salus.vault.reading import ReadRecord
from salus.vault.records import RecordWrite
from salus.vault.shared import Identifier


class Corrected(NamedTuple):
    """A record that has a new version; `previous` is the leaf of the one before, which stays in the log."""

    relation: bytes
    record: bytes
    version: int
    previous: bytes


def accept_amendment(organisation: Organisation, petition: bytes, octets: bytes | None = None) -> Answered:
    """Take the amendment as proposed, or as the custodian words it in `octets`; tell earlier recipients.

    The new version and the task of its answer are one transaction. Raises NoSuchPetition, NothingProposed,
    NoSuchRecord, RecordErased, InvalidBundle with its `issues`, VersionConflict, the contract's refusals.
    """
    waiting = _waiting(organisation, petition)
    content = octets if octets is not None else waiting.wish.proposed
    if content is None or len(waiting.wish.records) != 1:
        raise NothingProposed
    before, leaf = _current(organisation, waiting.relation, waiting.wish.records[0])
    write = _version(organisation, waiting.relation, before, content)
    decided = Decided(waiting.relation, petition, Outcome.DONE, leaves=[(write.record, leaf)])
    task = answer_task(organisation, decided, waiting.wish)
    told = notice_task(waiting.relation, (write.record,), Change.AMENDED)
    organisation.vault.deposit(Deposit([write], identifiers=_names(write), tasks=[outbox_task(task), told]))
    return carry_out(organisation, task)


def correct(organisation: Organisation, relation: bytes, record: bytes, octets: bytes) -> Corrected:
    """Correct a record of the custodian's own accord; anchor it, tell earlier recipients.

    Raises NotCustodian, CustodyMoving, NoSuchRecord, RecordErased, InvalidBundle, VersionConflict.
    """
    before, leaf = _current(organisation, relation, record)
    write = _version(organisation, relation, before, octets)
    told = notice_task(relation, (record,), Change.AMENDED)
    organisation.vault.deposit(Deposit([write], identifiers=_names(write), tasks=[told]))
    anchor_one(organisation, relation)
    send_notices(organisation)
    return Corrected(relation, record, before.header.version + 1, leaf)


def _names(write: RecordWrite) -> list[Identifier]:
    """Return by what her Patient resource finds her from now on; what it said before still finds her too."""
    return found_by(write.relation, write.record, write.octets) if write.type == PATIENTS else []


def refuse_petition(
    organisation: Organisation, relation: bytes, petition: bytes, ground: Ground, words: str = ""
) -> Answered:
    """Refuse a petition of any kind. Against a refused amendment her statement is filed beside the record.

    Raises NoSuchPetition, the contract's refusals.
    """
    waiting = next((one for one in waiting_petitions(organisation) if one.petition == petition), None)
    entry = records.petition(organisation.ledger.view(), relation, petition)
    if entry is None or not entry.open:
        raise NoSuchPetition
    decided = Decided(relation, petition, Outcome.REFUSED, ground, words=words)
    wish = None if waiting is None else waiting.wish
    if waiting is None or entry.kind != PetitionKind.AMEND or not waiting.wish.text or not waiting.wish.records:
        return answer(organisation, answer_task(organisation, decided, wish))
    return _file_statement(organisation, waiting, decided)


def _file_statement(organisation: Organisation, waiting: Waiting, decided: Decided) -> Answered:
    """Deposit the statement and the task of the refusal in one transaction."""
    before, leaf = _current(organisation, waiting.relation, waiting.wish.records[0])
    statement = _statement(organisation, waiting, before.header)
    named = decided._replace(statement=statement.record, leaves=[(before.header.record, leaf)])
    task: AnswerTask = answer_task(organisation, named, waiting.wish)
    organisation.vault.deposit(Deposit([statement], tasks=[outbox_task(task)]))
    return carry_out(organisation, task)


def _waiting(organisation: Organisation, petition: bytes) -> Waiting:
    waiting = find_waiting(organisation, petition)
    entry = records.petition(organisation.ledger.view(), waiting.relation, petition)
    if entry is None or entry.kind != PetitionKind.AMEND or not entry.open:
        raise NoSuchPetition
    return waiting


def _current(organisation: Organisation, relation: bytes, record: bytes) -> tuple[ReadRecord, bytes]:
    check_settled(organisation, relation)
    scope = for_decision(organisation, relation)
    found = organisation.vault.read(scope, record)
    if found.header.status == Status.TOMBSTONE:
        raise RecordErased
    return found, organisation.vault.leaf(scope, record, found.header.version)


def _version(organisation: Organisation, relation: bytes, before: ReadRecord, octets: bytes) -> RecordWrite:
    """Return the write of the next version, described as at an import; raise InvalidBundle."""
    resource = _checked(octets, before)
    about, header = describe(resource), before.header
    return RecordWrite(
        relation,
        header.record,
        octets,
        FHIR_JSON,
        about.data_class,
        about.type,
        organisation.ledger.now(),
        header.version,
        about.start_ms,
        about.end_ms,
        about.labels,
        about.rule_set,
        about.author,
        retention=header.retention,
    )


def _checked(octets: bytes, before: ReadRecord) -> Json:
    """Return the resource: valid, of the same type, id and patient as the version before."""
    resource, issues = parse(octets)
    if resource is not None:
        issues = validate(resource, octets)
        old = orjson.loads(before.octets) if before.header.media_type == FHIR_JSON else {}
        same = all(resource.get(name) == old.get(name) for name in ("resourceType", "id"))
        if not issues and (not same or subject_of(resource) != subject_of(old)):
            issues = [error("invariant", "Resource", "Another type, id or patient than the version before.")]
    if resource is None or issues:
        raise BundleRefused(issues)
    return resource


def _statement(organisation: Organisation, waiting: Waiting, disputed: LeafHeader) -> RecordWrite:
    """Return her statement as a Communication about the record, of its class, period and labels: it goes with it."""
    now = organisation.ledger.now()
    resource = {
        "resourceType": "Communication",
        "status": "completed",
        "about": [{"reference": f"{disputed.type}/{disputed.record.hex()}"}],
        "payload": [{"contentString": waiting.wish.text}],
    }
    return RecordWrite(
        waiting.relation,
        os.urandom(16),
        orjson.dumps(resource),
        FHIR_JSON,
        disputed.data_class,
        "Communication",
        now,
        0,
        disputed.start,
        disputed.end,
        disputed.labels,
        disputed.rule_set,
    )
