"""Whether a relation takes in, or gives up, anything: not while it is another's, closed, or on its way to another."""

from collections.abc import Iterable

from salus.contracts.accounts import queries as accounts
from salus.contracts.records import queries as records
from salus.services.actors import Organisation
from salus.services.errors import CustodyMoving, NotCustodian, RelationClosed


def check_intake(organisation: Organisation, relations: Iterable[bytes]) -> None:
    """Raise NotCustodian, CustodyMoving or RelationClosed unless each may take in something new."""
    state = organisation.ledger.view()
    for relation in relations:
        check_settled(organisation, relation)
        if records.closed(state, relation):
            raise RelationClosed


def check_settled(organisation: Organisation, relation: bytes) -> None:
    """Raise NotCustodian or CustodyMoving where its records must stay as they are: the ledger takes no anchor then."""
    state = organisation.ledger.view()
    if accounts.custodian_of(state, relation) not in (organisation.account, None):
        raise NotCustodian
    if records.offer(state, relation) is not None:
        raise CustodyMoving
