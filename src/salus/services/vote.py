"""Cast a member's ballot on a proposal."""

from salus.client.batcher import Landed
from salus.contracts.governance.messages import Vote
from salus.services.actors import Organisation


def vote(organisation: Organisation, proposal: bytes, approve: bool = True) -> Landed:
    """Cast the member's one ballot, signed by its administration keys. Raises the contract's refusals."""
    return organisation.send_administration(Vote(organisation.account, proposal, approve))[1]
