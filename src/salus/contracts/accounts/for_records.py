"""What accounts answers to records: see `salus.contracts.records.expected.HandOver`."""

from msgspec.structs import replace

from salus.contracts.accounts import keeper
from salus.state.overlay import Overlay


def hand_over(state: Overlay, relation: bytes, custodian: bytes) -> None:
    """Make `custodian` the one that holds the relation; keys and state of the account stay as they are.

    An invitation, and a claim that waits, were the former custodian's to settle: both end. Nothing where there
    is no such relation.
    """
    entry = keeper.get_person(state, relation)
    if entry is None:
        return
    keeper.end_claim(state, relation)
    keeper.put_person(state, relation, replace(entry, custodian=custodian))
