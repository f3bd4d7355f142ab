"""Records: one salted root per relation, which its custodian can neither change nor take back."""

from functools import partial

from salus.contracts.context import Contract
from salus.contracts.records import handlers, merging, moving, petitions
from salus.contracts.records.events import EVENTS
from salus.contracts.records.expected import Accounts, Governance
from salus.contracts.records.messages import MESSAGES


def contract(accounts: Accounts, governance: Governance) -> Contract:
    """Return the records contract over what it needs of `accounts` and `governance`."""
    return Contract(
        "records",
        MESSAGES,
        {
            0x0301: partial(handlers.anchor_relations, accounts, governance),
            0x0302: partial(petitions.petition, accounts),
            0x0303: partial(petitions.answer_petition, accounts),
            0x0304: partial(petitions.place_hold, accounts),
            0x0305: partial(petitions.lift_hold, accounts),
            0x0306: partial(petitions.restrict_relation, accounts),
            0x0320: partial(merging.merge_relations, accounts, governance),
            0x0321: partial(merging.unmerge_relations, accounts),
            0x0322: partial(moving.move_record, accounts),
        },
        EVENTS,
    )
