"""End the attestation of a member of staff at once."""

from salus.client.batcher import Landed
from salus.contracts.accounts.messages import EndStaff
from salus.services.actors import Organisation


def end_staff(organisation: Organisation, commitment: bytes) -> Landed:
    """End it. Raises the contract's refusals."""
    return organisation.send(EndStaff(organisation.account, commitment))[1]
