"""Accounts: organisations, their staff, persons at one custodian each, and all their keys."""

from functools import partial

from salus.contracts.accounts import claims, devices, organisations
from salus.contracts.accounts.events import EVENTS
from salus.contracts.accounts.expected import Consents, Governance
from salus.contracts.accounts.messages import MESSAGES
from salus.contracts.context import Contract


def contract(governance: Governance, consents: Consents) -> Contract:
    """Return the accounts contract over what it needs of `governance` and `consents`."""
    return Contract(
        "accounts",
        MESSAGES,
        {
            0x0201: partial(organisations.open_organisation, governance),
            0x0202: partial(organisations.change_organisation_keys, governance),
            0x0203: partial(organisations.attest_staff, governance),
            0x0204: organisations.end_staff,
            0x0205: partial(claims.open_accounts, governance),
            0x0206: partial(claims.invite_person, governance),
            0x0207: partial(claims.claim_account, governance),
            0x0208: partial(claims.confirm_claim, governance, consents),
            0x0209: partial(claims.reject_claim, governance),
            0x020A: partial(claims.complete_claim, governance, consents),
            0x020B: partial(devices.add_key, governance),
            0x020C: devices.revoke_key,
            0x020D: devices.revoke_own_key,
            0x020E: devices.rotate_seal_key,
        },
        EVENTS,
        protective=(0x020D,),
    )
