"""Records: one salted root per relation, which its custodian can neither change nor take back."""

from functools import partial

from salus.contracts.context import Contract
from salus.contracts.records import custody, handlers, life, merging, moving, petitions
from salus.contracts.records.events import EVENTS
from salus.contracts.records.expected import Accounts, Governance, HandOver, Lapse, SuccessorOf
from salus.contracts.records.messages import MESSAGES


def contract(
    accounts: Accounts, governance: Governance, hand_over: HandOver, lapse: Lapse, successor_of: SuccessorOf
) -> Contract:
    """Return the records contract over what it needs of the others."""
    sources = custody.Sources(accounts, governance, hand_over, lapse, successor_of)
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
            0x0310: partial(life.record_death, accounts),
            0x0311: partial(life.reverse_death, accounts),
            0x0312: partial(life.close_relation, accounts),
            0x0313: partial(life.reopen_relation, accounts, governance),
            0x0314: partial(custody.offer_custody, sources),
            0x0315: partial(custody.withdraw_offer, sources),
            0x0316: partial(custody.accept_custody, sources),
            0x0317: partial(custody.take_over_custody, sources),
            0x0320: partial(merging.merge_relations, accounts, governance),
            0x0321: partial(merging.unmerge_relations, accounts),
            0x0322: partial(moving.move_record, accounts),
        },
        EVENTS,
    )
