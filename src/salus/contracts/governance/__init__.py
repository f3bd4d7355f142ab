"""Governance: who is a member, who validates, the parameters; changed only by a vote of members."""

from functools import partial

from salus.contracts.context import Contract
from salus.contracts.governance import decisions, emergency, escrow, handlers
from salus.contracts.governance.events import EVENTS
from salus.contracts.governance.expected import Accounts
from salus.contracts.governance.messages import MESSAGES


def contract(accounts: Accounts) -> Contract:
    """Return the governance contract over what it needs of `accounts`."""
    return Contract(
        "governance",
        MESSAGES,
        {
            0x0101: partial(handlers.propose, accounts),
            0x0102: partial(handlers.vote, accounts),
            0x0110: partial(emergency.emergency_suspend, accounts),
            0x0111: partial(escrow.record_escrow, accounts),
            0x0112: partial(escrow.open_escrow, accounts),
        },
        EVENTS,
        begin_block=partial(decisions.begin_block, accounts),
    )
