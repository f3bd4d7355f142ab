"""Merge two relations of one person at a custodian: one patient for the desk, and what one side denies holds for both.

Nothing is moved or rewritten in the vault or on the ledger: the merge is the ledger's link, which everybody asks.
"""

from typing import NamedTuple

from salus.contracts.accounts.types import PersonState
from salus.contracts.records import queries as records
from salus.contracts.records.messages import MergeRelations
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import NotAllAgreed, NotCustodian, WouldLinkSegment
from salus.services.take_approval import WaitingApproval, waiting_approvals


class Merged(NamedTuple):
    """A merge as it stands on the ledger; `sides` are all that are merged now, sorted."""

    one: bytes
    other: bytes
    sides: tuple[bytes, ...]
    height: int


def merge(organisation: Organisation, first: bytes, second: bytes, *, link_segments: bool = False) -> Merged:
    """Merge two relations with the approvals that came. Where one lacks, nothing is sent, so nothing shows.

    Raises UnknownRelation, NotCustodian, NotAllAgreed, WouldLinkSegment unless it is said, the contract's refusals.
    """
    one, other = sorted((first, second))
    state = organisation.ledger.view()
    if any(lookup.person(state, side).custodian != organisation.account for side in (one, other)):
        raise NotCustodian
    here = [found for found in waiting_approvals(organisation) if (found.said.one, found.said.other) == (one, other)]
    newest: dict[bytes, WaitingApproval] = {found.said.relation: found for found in here}
    group = sides_of(organisation, one) + sides_of(organisation, other)
    if any(side not in newest for side in group if lookup.person(state, side).state == PersonState.CLAIMED):
        raise NotAllAgreed
    if not link_segments and any(organisation.vault.attributes.of(side).sensitive for side in group):
        raise WouldLinkSegment
    approvals = tuple(newest[side].raw for side in dict.fromkeys(group) if side in newest)
    _, landed = organisation.send(MergeRelations(organisation.account, one, other, approvals))
    organisation.vault.outbox.done(waiting.row for waiting in here)
    return Merged(one, other, sides_of(organisation, one), landed.height)


def sides_of(organisation: Organisation, relation: bytes) -> tuple[bytes, ...]:
    """Return the relation and those it is merged with, sorted."""
    return tuple(sorted((relation, *records.merged(organisation.ledger.view(), relation))))
