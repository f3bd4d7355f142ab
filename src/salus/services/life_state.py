"""Life state: where a relation is in its life. Several may hold at once; each bars what it bars."""

from enum import StrEnum

from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.types import PersonState
from salus.contracts.records import queries as records
from salus.core.record import Status
from salus.services.actors import Organisation
from salus.services.authorise import for_decision
from salus.services.errors import NotCustodian, UnknownRelation
from salus.state.overlay import Reader
from salus.vault.errors import NoSuchRelation


class LifeState(StrEnum):
    """In the order in which they are shown."""

    CUSTODIAL = "custodial"
    CLAIMED = "claimed"
    FROZEN = "frozen"  # or being recovered
    DECEASED = "deceased"
    RESTRICTED = "restricted"
    TRANSFERRING = "transferring"
    CLOSED = "closed"
    ERASED = "erased"

    @property
    def words(self) -> str:
        """What people read. Who held an invitation nobody else knows, so no more is said than that."""
        return "claimed by invitation" if self is LifeState.CLAIMED else str(self)


def life_state(state: Reader, relation: bytes, time: int) -> tuple[LifeState, ...]:
    """Return what the ledger says of the relation at `time`. Raises UnknownRelation."""
    person = accounts.person(state, relation)
    if person is None:
        raise UnknownRelation
    own = LifeState.CLAIMED if person.state == PersonState.CLAIMED else LifeState.CUSTODIAL
    found = {
        LifeState.FROZEN: accounts.barred(state, relation, time),
        LifeState.DECEASED: records.deceased(state, relation),
        LifeState.RESTRICTED: records.restricted(state, relation),
        LifeState.TRANSFERRING: records.offer(state, relation) is not None,
        LifeState.CLOSED: records.closed(state, relation),
    }
    return (own, *(name for name, holds in found.items() if holds))


def life_state_at(organisation: Organisation, relation: bytes) -> tuple[LifeState, ...]:
    """The same, and whether everything was erased, which the custodian alone knows. Raises UnknownRelation."""
    found = life_state(organisation.ledger.view(), relation, organisation.ledger.now())
    try:
        headers = organisation.vault.headers(for_decision(organisation, relation))
    except (NoSuchRelation, NotCustodian):
        return found
    erased = bool(headers) and all(header.status == Status.TOMBSTONE for header in headers)
    return (*found, LifeState.ERASED) if erased else found
