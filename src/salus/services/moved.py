"""What waits in an outbox for a relation's custodian, whoever that is: it moves with the custody."""

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.types import Message
from salus.services import hold, notify, take_petition

MOVED: dict[str, type[Message]] = {
    take_petition.TASK: take_petition.PetitionTask,
    hold.TASK: hold.HoldTask,
    notify.TASK: notify.NoticeTask,
}


def of_relation(kind: str, body: bytes, relation: bytes) -> bool:
    """True if it is a task that moves, and of this relation."""
    shape = MOVED.get(kind)
    if shape is None:
        return False
    try:
        return bool(getattr(decode(body, shape), "relation", None) == relation)
    except Malformed:
        return False
