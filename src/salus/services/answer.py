"""Answer a petition: on the ledger, by deed, with a signed receipt; in steps that a crash may come between.

An answer stands in the outbox from before the ledger knows of it until its receipt is posted, and `resume` goes on
where it was left. Destruction comes after the ledger's consent: a hold placed a moment ago still bars it.

| step | after a crash here |
|---|---|
| 1. task in the outbox; for an amendment in the transaction of the new version | the answer is sent |
| 2. `AnswerPetition` on the ledger; refused: the task goes, nothing was done | the deed is done |
| 3. erase | done again, which changes nothing |
| 4. anchor the relation, post the receipt, keep a copy | done again |
| 5. the task leaves the outbox | nothing is left to do |
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from salus.contracts.records import errors as refused
from salus.contracts.records import queries as records
from salus.contracts.records.messages import AnswerPetition, RestrictRelation
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.cose import content_type
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.types import Id, Message, Small
from salus.services.actors import Organisation
from salus.services.anchor import anchor_one
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NoSuchPetition
from salus.services.notify import notice_task, send_notices
from salus.services.objects import sign
from salus.services.petition_letters import (
    Change,
    Receipt,
    ReceiptLetter,
    Wish,
    cose_kind,
    receipt_commitment,
    receipt_info,
)
from salus.services.take_petition import waiting_petitions
from salus.services.typed import encode_typed
from salus.vault.erasure import Erasure
from salus.vault.seals import seal
from salus.vault.shared import SharedResource

TASK = "answer"
RECEIPTS = "Receipt"  # no FHIR type has this name


class AnswerTask(Message, frozen=True):
    """An answer on its way."""

    relation: Id
    petition: Id
    kind: Small
    outcome: Small
    ground: Small
    receipt: bytes  # COSE_Sign, kind erasure or receipt
    answer_key: bytes | None
    records: tuple[bytes, ...]  # to be erased


class Answered(NamedTuple):
    """What the custodian did about a petition. `receipt` is signed; the ledger holds its commitment."""

    petition: bytes
    relation: bytes
    outcome: Outcome
    ground: Ground
    receipt: bytes

    def __repr__(self) -> str:
        return f"Answered({self.petition.hex()}, {self.outcome.name}, {self.ground.name})"


class Decided(NamedTuple):
    """An answer to be given: (record, leaf) of what is erased or amended, words for the person alone."""

    relation: bytes
    petition: bytes
    outcome: Outcome
    ground: Ground = Ground.NONE
    leaves: Sequence[tuple[bytes, bytes]] = ()
    words: str = ""
    statement: bytes | None = None


def answer_task(organisation: Organisation, decided: Decided, wish: Wish | None) -> AnswerTask:
    """Sign the receipt and return the task; raise NoSuchPetition."""
    entry = records.petition(organisation.ledger.view(), decided.relation, decided.petition)
    if entry is None:
        raise NoSuchPetition
    receipt = Receipt(
        organisation.account,
        decided.relation,
        decided.petition,
        entry.kind,
        int(decided.outcome),
        int(decided.ground),
        tuple(decided.leaves),
        decided.statement,
        decided.words,
        organisation.ledger.now(),
        os.urandom(32),
    )
    encode_typed(receipt)
    erased = decided.outcome == Outcome.DONE and entry.kind == PetitionKind.ERASE
    return AnswerTask(
        decided.relation,
        decided.petition,
        entry.kind,
        int(decided.outcome),
        int(decided.ground),
        sign(receipt.cose, organisation.network, receipt, organisation.gateway),
        None if wish is None else wish.answer_key,
        tuple(record for record, _ in decided.leaves) if erased else (),
    )


def answer(organisation: Organisation, task: AnswerTask) -> Answered:
    """Give the answer of a task, which is put into the outbox; raise the contract's refusals: then nothing was done."""
    organisation.vault.outbox.put([outbox_task(task)])
    return carry_out(organisation, task)


def outbox_task(task: AnswerTask) -> tuple[str, bytes]:
    """Return the outbox row of an answer."""
    return TASK, encode(task)


def answer_tasks(organisation: Organisation) -> list[tuple[int, AnswerTask]]:
    """Return (outbox id, task) of the answers on their way, oldest first."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, AnswerTask)) for row in rows if row.kind == TASK]


def carry_out(organisation: Organisation, task: AnswerTask) -> Answered:
    """Do what is left of an answer whose task stands in the outbox."""
    try:
        _commit(organisation, task)
    except Refusal as refusal:
        if refusal.code >> 8 == refused.NoSuchPetition.code >> 8:  # the contract's: it will not be taken later either
            drop_answer(organisation, task.petition)
        raise
    _do(organisation, task)
    if task.kind in (PetitionKind.AMEND, PetitionKind.ERASE) and task.outcome != Outcome.DEFERRED:
        anchor_one(organisation, task.relation)
    _hand_over(organisation, task)
    drop_answer(organisation, task.petition, also_petition=task.outcome != Outcome.DEFERRED)
    send_notices(organisation)
    return Answered(task.petition, task.relation, Outcome(task.outcome), Ground(task.ground), task.receipt)


def _commit(organisation: Organisation, task: AnswerTask) -> None:
    """Put the answer on the ledger, unless it is there."""
    state, commitment = organisation.ledger.view(), receipt_commitment(organisation.network, task.receipt)
    entry = records.petition(state, task.relation, task.petition)
    if entry is not None and entry.receipt == commitment:
        return
    messages: list[Message] = [
        AnswerPetition(organisation.account, task.relation, task.petition, task.outcome, task.ground, commitment)
    ]
    wanted = task.kind == PetitionKind.RESTRICT
    if _restricts(task) and records.restricted(state, task.relation) != wanted:
        messages.append(RestrictRelation(organisation.account, task.relation, wanted))
    organisation.send(*messages)


def _restricts(task: AnswerTask) -> bool:
    return task.outcome == Outcome.DONE and task.kind in (PetitionKind.RESTRICT, PetitionKind.UNRESTRICT)


def _do(organisation: Organisation, task: AnswerTask) -> None:
    """Erase what the ledger agreed to; tell of a restriction. Notices of an erasure are put in its transaction."""
    now = organisation.ledger.now()
    if task.records:
        told = notice_task(task.relation, task.records, Change.ERASED)
        organisation.vault.erase(Erasure(task.relation, task.records, now, (told,)))
    if _restricts(task):
        change = Change.RESTRICTED if task.kind == PetitionKind.RESTRICT else Change.USED_AGAIN
        organisation.vault.outbox.put([notice_task(task.relation, (), change)])


def _hand_over(organisation: Organisation, task: AnswerTask) -> None:
    """Keep the receipt, and post it to a person who has a wallet."""
    media_type = content_type(cose_kind(task.kind, task.outcome))
    organisation.vault.shared.put([SharedResource(RECEIPTS, task.petition.hex(), task.receipt, media_type)])
    if task.answer_key is not None:
        sealed = seal(task.answer_key, receipt_info(organisation.network, task.petition), task.receipt)
        letter = ReceiptLetter(task.relation, task.petition, task.kind, task.outcome, sealed)
        organisation.exchange.post(task.relation, "receipt", encode(letter))


def drop_answer(organisation: Organisation, petition: bytes, *, also_petition: bool = False) -> None:
    """Take an answer off the outbox; its petition too where that is settled."""
    rows = [row for row, task in answer_tasks(organisation) if task.petition == petition]
    if also_petition:
        rows += [waiting.row for waiting in waiting_petitions(organisation) if waiting.petition == petition]
    organisation.vault.outbox.done(rows)
