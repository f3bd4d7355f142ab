"""Which relations of a custodian show themselves to which of its staff: a segment to those of its purposes alone."""

from salus.contracts.accounts import queries as accounts
from salus.services.actors import Organisation
from salus.vault.attributes import Attributes


def shows(organisation: Organisation, noted: Attributes, purpose: str, staff: bytes | None) -> bool:
    """True if the relation shows itself to the badge for the purpose; a main one shows itself to all."""
    if noted.segment_of is None:
        return True
    if staff is None or purpose not in noted.purposes:
        return False
    state, now = organisation.ledger.view(), organisation.ledger.now()
    return accounts.staff_attested(state, organisation.account, staff, now)
