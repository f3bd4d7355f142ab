"""Move a record that was filed under the wrong patient: to the right one, and out of the wrong one's for good.

Use moves at once, in one transaction: the right relation has the record, and what stands in its place in the wrong one
says that it was entered in error and moved, and holds nothing. What it was is destroyed there once the ledger agrees,
which a legal hold bars; until then only who keeps for that hold can read the versions before.

| step | after a crash here |
|---|---|
| 1. one transaction: the record in the right relation, a mark in the wrong one, this task, the notice | go on at 2 |
| 2. an entry in the access log of both | done again, unless it is there |
| 3. `MoveRecord` on the ledger for the wrong relation; while a hold stands the task waits | go on at 4 |
| 4. content and keys destroyed, a tombstone | done again, which changes nothing |
| 5. the wrong relation is anchored; the right one in its own window, so that times do not link the two | done again |
"""

import os
from typing import NamedTuple

from salus.contracts.records import queries as records
from salus.contracts.records.errors import HoldStands, IdInUse
from salus.contracts.records.messages import MoveRecord
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.hashing import T, object_id
from salus.core.record import RecordId
from salus.core.types import Id, Message, Nonce, Salt
from salus.services.access_log import Looked, What, list_reads, log_reads
from salus.services.actors import Organisation
from salus.services.anchor import anchor_one
from salus.services.attest_staff import Badge
from salus.services.authorise import for_decision, for_move
from salus.services.commit_release import MAX_TASKS
from salus.services.misfiled import refiled
from salus.services.notify import notice_task, send_notices
from salus.services.petition_letters import Change
from salus.vault.deposit import Deposit
from salus.vault.erasure import MOVED, Erasure
from salus.vault.shared import SharedResource

TASK = "move"
MOVES = "Move"  # no FHIR type has this name
_MEDIA_TYPE = "application/cbor"


class MoveTask(Message, frozen=True):
    """A move on its way; kept for good, as what opens the receipt on the ledger."""

    relation: Id  # the wrong one
    record: RecordId
    to: Id
    there: RecordId  # the record's id in the right relation
    staff: Id | None
    nonce: Nonce  # of the envelope that tells the ledger
    salt: Salt

    def receipt(self, network: bytes) -> bytes:
        """Return what the ledger holds of it."""
        return T("move-receipt", network, encode(self))

    def id(self, network: bytes, custodian: bytes) -> bytes:
        """Return the id that the move has, or will have, on the ledger."""
        return object_id("move", network, custodian, self.nonce, 0, 0)


class MovedRecord(NamedTuple):
    """A record that was moved. `destroyed`: false while a hold keeps what it was where it was."""

    move: bytes
    relation: bytes
    record: bytes
    to: bytes
    there: bytes
    destroyed: bool


def move_record(
    organisation: Organisation, relation: bytes, record: bytes, to: bytes, staff: Badge | None = None
) -> MovedRecord:
    """Move a record to another relation of the custodian; tell who received it from the wrong one.

    Raises NotCustodian, NoSuchRelation, NoSuchRecord, NotMovable.
    """
    there, writes, identifiers = refiled(organisation, relation, record, to)
    by = None if staff is None else staff.commitment
    task = MoveTask(relation, record, to, there, by, os.urandom(16), os.urandom(32))
    move = task.id(organisation.network, organisation.account)
    kept = SharedResource(MOVES, move.hex(), encode(task), _MEDIA_TYPE)
    told = notice_task(relation, (record,), Change.MOVED)
    organisation.vault.deposit(Deposit(writes, [kept], identifiers, [(TASK, encode(task)), told]))
    done = carry_out_move(organisation, task)
    send_notices(organisation)
    return done


def carry_out_move(organisation: Organisation, task: MoveTask) -> MovedRecord:
    """Do what is left of a move whose task stands in the outbox; destroy nothing while a hold stands."""
    move = task.id(organisation.network, organisation.account)
    _log(organisation, task, move)
    destroyed = _agreed(organisation, task, move)
    if destroyed:
        erasure = Erasure(task.relation, (task.record,), organisation.ledger.now(), (), MOVED)
        organisation.vault.erase(erasure)
        anchor_one(organisation, task.relation)
        organisation.vault.outbox.done(row for row, other in move_tasks(organisation) if other.nonce == task.nonce)
    return MovedRecord(move, task.relation, task.record, task.to, task.there, destroyed)


def run_moves(organisation: Organisation) -> tuple[MovedRecord, ...]:
    """Go on with the moves that wait; return those that are done now."""
    done = []
    for _, task in move_tasks(organisation):
        try:
            done.append(carry_out_move(organisation, task))
        except Refusal:
            continue  # stays in the outbox
    return tuple(one for one in done if one.destroyed)


def move_tasks(organisation: Organisation) -> list[tuple[int, MoveTask]]:
    """Return (outbox id, task) of the moves of which something is left to do, oldest first."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, MoveTask)) for row in rows if row.kind == TASK]


def _agreed(organisation: Organisation, task: MoveTask, move: bytes) -> bool:
    """Tell the ledger, unless it knows; false while a legal hold stands over the wrong relation."""
    state = organisation.ledger.view()
    if records.move(state, task.relation, move) is not None:
        return True
    if records.holds(state, task.relation):
        return False
    message = MoveRecord(organisation.account, task.relation, task.receipt(organisation.network))
    try:
        organisation.send_as(task.nonce, message)
    except HoldStands:  # placed a moment ago, by another of our processes
        return False
    except IdInUse:  # an earlier attempt landed after all
        return True
    return True


def _log(organisation: Organisation, task: MoveTask, move: bytes) -> None:
    """Enter the move in both access logs, once each."""
    for relation, record, what in (
        (task.relation, task.record, What.MOVED_AWAY),
        (task.to, task.there, What.MOVED_HERE),
    ):
        scope = for_decision(organisation, relation)
        if all((entry.rule, entry.what) != (move, what) for entry in list_reads(organisation, scope)):
            headers = [header for header in organisation.vault.headers(scope) if header.record == record]
            log_reads(organisation, [Looked(for_move(organisation, relation, move), what, headers, task.staff)])
