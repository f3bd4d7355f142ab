"""Consent: what a person permits and denies, to whom, for what, until when."""

from functools import partial

from salus.contracts.consent import handlers
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
        },
        EVENTS,
        protective=(0x0402, 0x0403),
    )
