"""Legal holds: while one stands nothing of a relation is destroyed; reading for care goes on.

The reason stays in the vault's outbox for as long as the hold stands; the ledger has a salted commitment.
"""

import os
from typing import Annotated, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from salus.contracts.records import queries as records
from salus.contracts.records.messages import LiftHold, PlaceHold
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.hashing import T
from salus.core.types import Id, Message, Salt
from salus.services.actors import Organisation
from salus.services.answer import Answered
from salus.services.commit_release import MAX_TASKS
from salus.services.erase import run_deferred
from salus.services.move import run_moves
from salus.services.typed import encode_typed

TASK = "hold"


class HoldTask(Message, frozen=True):
    """The reason of a hold, and what opens its commitment."""

    relation: Id
    hold: Id
    salt: Salt
    reason: Annotated[str, Meta(max_length=16 * 1024)]


class HoldView(NamedTuple):
    """A hold that stands; `reason` is empty where this vault does not know it."""

    hold: bytes
    relation: bytes
    placed: int
    reason: str

    def __repr__(self) -> str:
        return f"HoldView({self.hold.hex()})"


class Lifted(NamedTuple):
    """A hold that ended, and the erasures that had waited for it."""

    hold: bytes
    height: int
    erased: tuple[Answered, ...]


def place_hold(organisation: Organisation, relation: bytes, reason: str) -> HoldView:
    """Place a hold. The reason is kept before the ledger knows of it. Raises the contract's refusals."""
    salt = os.urandom(32)
    typed = HoldTask(relation, bytes(32), salt, reason)
    encode_typed(typed)
    commitment = T("hold-reason", organisation.network, salt, reason)
    built = organisation.build(PlaceHold(organisation.account, relation, commitment))
    hold = built.created[0][0]
    organisation.vault.outbox.put([(TASK, encode(replace(typed, hold=hold)))])
    try:
        landed = organisation.carrier.submit_now(built.raw)
    except Refusal:
        forget_ended_holds(organisation)
        raise
    return HoldView(hold, relation, landed.time, reason)


def lift_hold(organisation: Organisation, relation: bytes, hold: bytes) -> Lifted:
    """End a hold, and destroy what had waited for it alone. Raises the contract's refusals."""
    _, landed = organisation.send(LiftHold(organisation.account, relation, hold))
    forget_ended_holds(organisation)
    run_moves(organisation)
    return Lifted(hold, landed.height, run_deferred(organisation))


def list_holds(organisation: Organisation, relation: bytes) -> tuple[HoldView, ...]:
    """Return the holds that stand, oldest first."""
    reasons = {task.hold: task.reason for _, task in _tasks(organisation)}
    held = records.holds(organisation.ledger.view(), relation)
    found = [HoldView(key, relation, entry.placed, reasons.get(key, "")) for key, entry in held]
    return tuple(sorted(found, key=lambda view: (view.placed, view.hold)))


def forget_ended_holds(organisation: Organisation) -> None:
    """Remove the reasons of holds that the ledger does not have, or no longer."""
    state = organisation.ledger.view()
    standing = {
        key
        for relation in dict.fromkeys(task.relation for _, task in _tasks(organisation))
        for key, _ in records.holds(state, relation)
    }
    organisation.vault.outbox.done(row for row, task in _tasks(organisation) if task.hold not in standing)


def _tasks(organisation: Organisation) -> list[tuple[int, HoldTask]]:
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, HoldTask)) for row in rows if row.kind == TASK]
