"""Accounts: organisations, their staff, persons at one custodian each, and all their keys."""

from functools import partial

from salus.contracts.accounts import claims, devices, organisations, recovery, recovery_changes, recovery_in_person
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
            0x0210: recovery_changes.set_keyholders,
            0x0211: partial(recovery_changes.add_freeze_key, governance),
            0x0212: partial(recovery_changes.propose_change, governance),
            0x0213: recovery_changes.veto_change,
            0x0214: partial(recovery_changes.complete_change, governance),
            0x0215: partial(recovery.start_recovery, governance),
            0x0216: partial(recovery.veto_recovery, governance),
            0x0217: partial(recovery.settle_recovery, governance),
            0x0218: partial(recovery.complete_recovery, governance, consents),
            0x0219: recovery_in_person.freeze_account,
            0x021A: partial(recovery_in_person.freeze_in_person, governance),
            0x021B: partial(recovery_in_person.lift_freeze, governance),
            0x021C: partial(recovery_in_person.reprove_account, governance),
            0x021D: partial(recovery_in_person.confirm_reproof, governance),
        },
        EVENTS,
        protective=(0x020D, 0x0213, 0x0216, 0x0219, 0x021A),
    )
