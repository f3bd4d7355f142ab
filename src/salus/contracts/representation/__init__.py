"""Representation: who acts for a person beside herself, by law or by her word, for how long, under which rule."""

from functools import partial

from salus.contracts.context import Contract
from salus.contracts.representation import delegates, disputes, incapacity, keeping, making
from salus.contracts.representation.events import EVENTS
from salus.contracts.representation.expected import Accounts, Consent, Governance, Life
from salus.contracts.representation.messages import MESSAGES


def contract(accounts: Accounts, governance: Governance, consent: Consent, life: Life) -> Contract:
    """Return the representation contract over what it needs of the others."""
    return Contract(
        "representation",
        MESSAGES,
        {
            0x0601: partial(making.attest_representation, accounts, governance),
            0x0602: partial(making.name_proxy, accounts, governance),
            0x0603: partial(keeping.renew_representation, accounts, governance),
            0x0604: partial(keeping.narrow_representation, accounts, governance),
            0x0605: partial(keeping.end_representation, accounts),
            0x0606: partial(disputes.dispute_representation, accounts, governance, consent, life),
            0x0607: partial(disputes.settle_dispute, accounts, governance),
            0x0608: partial(incapacity.declare_incapacity, accounts, governance),
            0x0609: partial(incapacity.end_incapacity, accounts),
            0x060A: partial(delegates.name_delegate, accounts, governance),
            0x060B: partial(delegates.end_delegate, accounts),
        },
        EVENTS,
        protective=(0x0605, 0x0606, 0x060B),
    )
