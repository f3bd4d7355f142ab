"""What happens to a proposal at its effective height."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from salus.contracts.context import ValidatorUpdate
from salus.contracts.governance import actions, keeper, power, queries
from salus.contracts.governance.events import ProposalApplied, ProposalFailed, ProposalLapsed
from salus.contracts.governance.expected import Accounts
from salus.contracts.governance.types import Proposal, ProposalStatus
from salus.core.errors import Refusal
from salus.core.types import Message
from salus.state.overlay import Overlay, Reader


class Tally(NamedTuple):
    """Ballots of those who are active now, and how many members are."""

    approvals: int
    active: int

    @property
    def passed(self) -> bool:
        """True if more than two thirds of the active members approved."""
        return 3 * self.approvals > 2 * self.active


def tally(state: Reader, proposal: bytes) -> Tally:
    """Count the ballots of the members that are active now."""
    voted = keeper.ballots(state, proposal)
    approvals = sum(1 for member, ballot in voted if ballot.approve and queries.is_active(state, member))
    return Tally(approvals, keeper.active_count(state))


def begin_block(
    accounts: Accounts, state: Overlay, network: bytes, height: int, time: int, emit: Callable[[Message], None]
) -> tuple[ValidatorUpdate, ...]:
    """Decide every proposal whose effective height has come, in the order of height and id.

    All actions of a proposal are carried out, or none. Returns the changes of the validator set.
    """
    due = keeper.due_proposals(state, height)
    if not due:
        return ()
    before = power.powers(state)
    for proposal in due:
        entry = keeper.get_proposal(state, proposal)
        if entry is None:
            raise LookupError("a due proposal is not there")  # a bug or damage: halt
        for event in _decide(accounts, state, network, height, proposal, entry):
            emit(event)
    return power.updates(before, power.powers(state))


def _decide(
    accounts: Accounts, state: Overlay, network: bytes, height: int, proposal: bytes, entry: Proposal
) -> list[Message]:
    """Close one proposal; return what is to be told."""
    count = tally(state, proposal)
    if not count.passed:
        _close(state, proposal, entry, ProposalStatus.LAPSED)
        return [ProposalLapsed(entry.member, proposal, count.approvals, count.active)]
    layer = Overlay(state)
    try:
        done = actions.apply(accounts, layer, network, proposal, height, actions.decode_actions(entry.actions))
    except Refusal as refusal:
        _close(state, proposal, entry, ProposalStatus.FAILED)
        return [ProposalFailed(entry.member, proposal, type(refusal).code)]
    layer.merge()
    _close(state, proposal, entry, ProposalStatus.APPLIED)
    return [ProposalApplied(entry.member, proposal, count.approvals, count.active), *done]


def _close(state: Overlay, proposal: bytes, entry: Proposal, status: ProposalStatus) -> None:
    keeper.close_proposal(state, proposal, msgspec.structs.replace(entry, status=int(status)))
