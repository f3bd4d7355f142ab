"""List who acts for a person, as the ledger has it."""

from salus.client.ledger import Ledger
from salus.contracts.representation import queries as representation
from salus.contracts.representation.types import Delegation, Representation
from salus.services import lookup


def list_representations(ledger: Ledger, relation: bytes) -> tuple[tuple[bytes, Representation], ...]:
    """Return (id, representation) of a relation, ended ones too, sorted by id; raise UnknownRelation."""
    state = ledger.view()
    lookup.person(state, relation)
    return tuple(representation.representations(state, relation))


def list_delegations(ledger: Ledger, relation: bytes) -> tuple[tuple[bytes, Delegation], ...]:
    """Return (id, delegation) of a relation, ended ones too, sorted by id; raise UnknownRelation."""
    state = ledger.view()
    lookup.person(state, relation)
    return tuple(representation.delegations(state, relation))
