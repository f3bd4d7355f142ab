"""Discovery: each look-up for a person stands on the ledger before it is answered."""

from functools import partial

from salus.contracts.context import Contract
from salus.contracts.discovery import epochs, handlers
from salus.contracts.discovery.events import EVENTS
from salus.contracts.discovery.expected import Accounts, Consent, Governance, Records, Sources
from salus.contracts.discovery.messages import MESSAGES


def contract(accounts: Accounts, governance: Governance, records: Records, consent: Consent) -> Contract:
    """Return the discovery contract over what it needs of the others."""
    sources = Sources(accounts, governance, records, consent)
    return Contract(
        "discovery",
        MESSAGES,
        {
            0x0701: partial(handlers.record_locate, sources),
            0x0702: partial(epochs.announce_locator_key, sources),
        },
        EVENTS,
    )
