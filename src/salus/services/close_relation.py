"""Close a relation: it is kept, and takes in nothing new; open it again."""

from salus.client.batcher import Landed
from salus.contracts.records.messages_life import CloseRelation, ReopenRelation
from salus.services.actors import Organisation


def close_relation(organisation: Organisation, relation: bytes) -> Landed:
    """Close: only the person, mandates and orders get anything from here on. Raises the contract's refusals."""
    _, landed = organisation.send(CloseRelation(organisation.account, relation))
    return landed


def reopen_relation(organisation: Organisation, relation: bytes) -> Landed:
    """End the closing. Raises the contract's refusals."""
    _, landed = organisation.send(ReopenRelation(organisation.account, relation))
    return landed
