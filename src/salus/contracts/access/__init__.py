"""Access: each release and refusal stands on the ledger before any data leaves."""

from functools import partial

from salus.contracts.access import bulk, deferred, glass, handlers, push, sealed, sessions
from salus.contracts.access.basis import Sources
from salus.contracts.access.events import EVENTS
from salus.contracts.access.expected import Accounts, Consent, CountUse, Governance, Records
from salus.contracts.access.messages import MESSAGES
from salus.contracts.context import Contract


def contract(
    accounts: Accounts, governance: Governance, records: Records, consent: Consent, count_use: CountUse
) -> Contract:
    """Return the access contract over what it needs of the others; `count_use` writes to consent's state."""
    sources = Sources(accounts, governance, records, consent)
    return Contract(
        "access",
        MESSAGES,
        {
            0x0501: partial(handlers.record_release, sources, count_use),
            0x0502: partial(handlers.record_refusal, sources),
            0x0503: handlers.ack_release,
            0x0504: partial(glass.break_glass, sources),
            0x0505: partial(glass.review_break_glass, sources),
            0x0506: partial(sessions.open_release, sources, count_use),
            0x0507: partial(sessions.close_release, sources),
            0x0508: partial(push.push_release, sources, count_use),
            0x0510: partial(deferred.deferred_release, sources),
            0x0511: partial(sealed.record_sealed_order, sources),
            0x0512: partial(sealed.record_sealed_release, sources),
            0x0513: partial(sealed.open_sealed_release, sources),
            0x0514: partial(bulk.record_bulk_release, sources, count_use),
        },
        EVENTS,
    )
