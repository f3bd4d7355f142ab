"""Confirm, reject or complete a pending claim."""

from salus.client.batcher import Landed
from salus.contracts.accounts import queries
from salus.contracts.accounts.messages import ClaimAccount, CompleteClaim, ConfirmClaim, RejectClaim
from salus.services.actors import Organisation
from salus.services.errors import NoPendingClaim, WrongShortCode
from salus.wallet.invitation import same_short_code


def confirm_claim(organisation: Organisation, handle: bytes, short_code: str) -> Landed:
    """Make the claim final: the desk sees the person, who reads the short code off her wallet.

    Raises NoPendingClaim, WrongShortCode, the contract's refusals.
    """
    pending = _pending(organisation, handle)
    if not same_short_code(short_code, pending):
        raise WrongShortCode
    return organisation.send(ConfirmClaim(organisation.account, handle, pending))[1]


def reject_claim(organisation: Organisation, handle: bytes) -> Landed:
    """Void the claim and its invitation. Raises NoPendingClaim, the contract's refusals."""
    return organisation.send(RejectClaim(organisation.account, handle, _pending(organisation, handle)))[1]


def complete_claim(organisation: Organisation, handle: bytes) -> Landed:
    """Make a claim final after the network's delay; any member can. Raises NoPendingClaim, the contract's refusals."""
    return organisation.send(CompleteClaim(organisation.account, handle, _pending(organisation, handle)))[1]


def claim_envelope(organisation: Organisation, claim: bytes) -> bytes:
    """Return the envelope in which a member carries somebody's signed claim."""
    return organisation.build(ClaimAccount(organisation.account, claim)).raw


def _pending(organisation: Organisation, handle: bytes) -> bytes:
    pending = queries.pending_claim(organisation.ledger.view(), handle)
    if pending is None:
        raise NoPendingClaim
    return pending.id
