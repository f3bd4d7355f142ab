"""Restrict: keep a relation and do not use it; nobody but the person gets anything of it."""

from salus.client.batcher import Landed
from salus.contracts.records import queries as records
from salus.contracts.records.messages import RestrictRelation
from salus.contracts.records.types import Outcome, PetitionKind
from salus.services.actors import Organisation
from salus.services.answer import Answered, Decided, answer, answer_task
from salus.services.errors import NoSuchPetition
from salus.services.notify import notice_task, send_notices
from salus.services.petition_letters import Change
from salus.services.take_petition import find_waiting


def restrict(organisation: Organisation, relation: bytes, *, restricted: bool = True) -> Landed:
    """Restrict a relation, or let it be used again, of the custodian's own accord. Raises the contract's refusals."""
    _, landed = organisation.send(RestrictRelation(organisation.account, relation, restricted))
    change = Change.RESTRICTED if restricted else Change.USED_AGAIN
    organisation.vault.outbox.put([notice_task(relation, (), change)])
    send_notices(organisation)
    return landed


def restrict_as_asked(organisation: Organisation, petition: bytes) -> Answered:
    """Do as a petition to restrict, or to use again, asks; the answer and the restriction are one envelope.

    Raises NoSuchPetition, the contract's refusals.
    """
    waiting = find_waiting(organisation, petition)
    entry = records.petition(organisation.ledger.view(), waiting.relation, petition)
    if entry is None or entry.kind not in (PetitionKind.RESTRICT, PetitionKind.UNRESTRICT):
        raise NoSuchPetition
    decided = Decided(waiting.relation, petition, Outcome.DONE)
    return answer(organisation, answer_task(organisation, decided, waiting.wish))
