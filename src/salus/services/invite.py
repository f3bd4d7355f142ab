"""Invite a patient to claim her account."""

import os
from typing import NamedTuple

from salus.contracts.accounts.messages import InvitePerson
from salus.services.actors import Organisation
from salus.services.lookup import DAY_MS
from salus.wallet.invitation import SECRET_BYTES, InvitationCode


class Invitation(NamedTuple):
    """What is handed to the patient; whoever has it can claim, so its repr shows none of it."""

    handle: bytes
    code: str  # to be printed
    link: str  # the same, for a QR code
    end: int

    def __repr__(self) -> str:
        return f"Invitation({self.handle.hex()})"


def invite(organisation: Organisation, handle: bytes, days: int = 14) -> Invitation:
    """Make an invitation that ends after `days` whole days; an earlier one is void. Raises the contract's refusals."""
    code = InvitationCode(os.urandom(SECRET_BYTES))
    end = (organisation.ledger.now() // DAY_MS + days + 1) * DAY_MS
    public = code.key(organisation.network).public
    organisation.send(InvitePerson(organisation.account, handle, public, end))
    return Invitation(handle, code.printed(organisation.network), code.link(organisation.network), end)
