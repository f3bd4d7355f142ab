"""Vectors of a merge's approval, and of what a move of a record commits to."""

from salus.core.approval import APPROVAL, MergeApproval
from salus.core.encoding import encode
from salus.services.merge_letters import approval_info
from salus.services.move import MoveTask
from salus.services.objects import sign

from .fixed import NETWORK, NOW, fixed, key
from .record_vectors import RELATION

Vectors = dict[str, object]


def approvals() -> Vectors:
    """A signed approval of a merge; a move's id and its receipt."""
    one, other = sorted((RELATION, fixed("other relation")))
    said = MergeApproval(RELATION, 1, one, other, fixed("approval nonce", 16), NOW + 1000)
    record, nonce = fixed("record", 16), fixed("move nonce", 16)
    task = MoveTask(RELATION, record, other, record, None, nonce, fixed("move salt"))
    return {
        "network": NETWORK.hex(),
        "payload": encode(said).hex(),
        "id": said.id(NETWORK).hex(),
        "approval": sign(APPROVAL, NETWORK, said, key("device")).hex(),
        "public": key("device").public.hex(),
        "relation": RELATION.hex(),
        "letter_info": approval_info(NETWORK, RELATION).hex(),
        "move": task.id(NETWORK, fixed("hospital")).hex(),
        "custodian": fixed("hospital").hex(),
        "move_nonce": task.nonce.hex(),
        "moved": encode(task).hex(),
        "move_receipt": task.receipt(NETWORK).hex(),
    }
