"""Erase: destroy what a person asked to have destroyed, now or when hold and retention rule have ended."""

from collections.abc import Sequence

from salus.contracts.records import queries as records
from salus.contracts.records.errors import HoldStands
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.errors import Refusal
from salus.core.record import LeafHeader, Status
from salus.services.actors import Organisation
from salus.services.answer import Answered, Decided, answer, answer_task, answer_tasks
from salus.services.authorise import for_decision
from salus.services.errors import NoSuchPetition
from salus.services.intake import check_settled
from salus.services.retention import all_kept_until
from salus.services.take_petition import Waiting, find_waiting, waiting_petitions
from salus.vault.errors import NoSuchRecord, NoSuchRelation


def erase(organisation: Organisation, petition: bytes) -> Answered:
    """Erase what the petition names, or defer it while a legal hold or a retention rule stands.

    After an erasure nothing in the live vault opens it, a tombstone stands in its place, the person has a signed
    receipt, earlier recipients are told. A deferral says its ground; `run_deferred` erases when that has ended.
    Raises NoSuchPetition, NotCustodian, CustodyMoving, NoSuchRecord, the contract's refusals.
    """
    waiting = find_waiting(organisation, petition)
    entry = records.petition(organisation.ledger.view(), waiting.relation, petition)
    if entry is None or entry.kind != PetitionKind.ERASE or not entry.open:
        raise NoSuchPetition
    check_settled(organisation, waiting.relation)
    headers = _headers(organisation, waiting)
    ground = _barred(organisation, waiting.relation, headers)
    if ground != Ground.NONE:
        if (entry.outcome, entry.ground) == (Outcome.DEFERRED, ground):
            return Answered(petition, waiting.relation, Outcome.DEFERRED, ground, b"")
        return _defer(organisation, waiting, ground)
    scope = for_decision(organisation, waiting.relation)
    leaves = [(h.record, organisation.vault.leaf(scope, h.record, h.version)) for h in headers]
    decided = Decided(waiting.relation, petition, Outcome.DONE, leaves=leaves)
    try:
        return answer(organisation, answer_task(organisation, decided, waiting.wish))
    except HoldStands:  # placed a moment ago, by another of our processes: nothing was destroyed
        return _defer(organisation, waiting, Ground.LEGAL_HOLD)


def run_deferred(organisation: Organisation) -> tuple[Answered, ...]:
    """Erase what was deferred and is no longer barred; return what was done."""
    state, done = organisation.ledger.view(), list[Answered]()
    under_way = [task.petition for _, task in answer_tasks(organisation)]
    for waiting in waiting_petitions(organisation):
        entry = records.petition(state, waiting.relation, waiting.petition)
        if entry is None or entry.outcome != Outcome.DEFERRED or waiting.petition in under_way:
            continue
        try:
            answered = erase(organisation, waiting.petition)
        except Refusal:
            continue  # stays in the outbox
        if answered.receipt:
            done.append(answered)
    return tuple(done)


def _headers(organisation: Organisation, waiting: Waiting) -> list[LeafHeader]:
    """Return the headers of what is to be erased, sorted by record; raise NoSuchRecord."""
    try:
        current = {h.record: h for h in organisation.vault.headers(for_decision(organisation, waiting.relation))}
    except NoSuchRelation:
        current = {}
    wanted = waiting.wish.records or tuple(current)
    if any(record not in current for record in wanted):
        raise NoSuchRecord
    return [current[record] for record in sorted(wanted) if current[record].status != Status.TOMBSTONE]


def _barred(organisation: Organisation, relation: bytes, headers: Sequence[LeafHeader]) -> Ground:
    if records.holds(organisation.ledger.view(), relation):
        return Ground.LEGAL_HOLD
    return Ground.RETENTION if all_kept_until(headers) > organisation.ledger.now() else Ground.NONE


def _defer(organisation: Organisation, waiting: Waiting, ground: Ground) -> Answered:
    decided = Decided(waiting.relation, waiting.petition, Outcome.DEFERRED, ground)
    return answer(organisation, answer_task(organisation, decided, waiting.wish))
