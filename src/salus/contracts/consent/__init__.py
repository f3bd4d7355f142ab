"""Consent: what a person permits and denies, to whom, for what, until when."""

from functools import partial

from salus.contracts.consent import attesting, confirming, handlers, orders, preferences, reaffirming
from salus.contracts.consent.events import EVENTS
from salus.contracts.consent.expected import Accounts, Governance
from salus.contracts.consent.messages import MESSAGES
from salus.contracts.context import Contract


def contract(accounts: Accounts, governance: Governance) -> Contract:
    """Return the consent contract over what it needs of `accounts` and `governance`."""
    return Contract(
        "consent",
        MESSAGES,
        {
            0x0401: partial(handlers.grant_consent, accounts, governance),
            0x0402: partial(handlers.deny_totally, accounts, governance),
            0x0403: partial(handlers.revoke_consent, accounts),
            0x0404: partial(handlers.ack_directive, accounts),
            0x0405: partial(preferences.set_preference, accounts, governance),
            0x0406: partial(preferences.name_policy_set, accounts, governance),
            0x0407: partial(attesting.attest_consent, accounts, governance),
            0x0408: partial(orders.record_order, accounts, governance),
            0x0409: orders.withdraw_order,
            0x040A: partial(reaffirming.reaffirm_consent, accounts, governance),
            0x040B: partial(confirming.confirm_grant, accounts),
        },
        EVENTS,
        protective=(0x0402, 0x0403, 0x0409),
    )
