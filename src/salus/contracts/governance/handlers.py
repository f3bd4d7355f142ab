"""One function per message, each in the beats authorise, check, write, emit."""

from salus.contracts.context import Context
from salus.contracts.governance import actions, errors, keeper, queries
from salus.contracts.governance.events import BallotCast, ProposalMade
from salus.contracts.governance.expected import Accounts
from salus.contracts.governance.messages import Propose, Vote
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Ballot, Proposal, ProposalStatus
from salus.state.overlay import Overlay


def propose(accounts: Accounts, ctx: Context, msg: Propose) -> None:
    """Open a vote on actions, each of which must be possible as things stand."""
    # AUTHORISE
    _authorise(accounts, ctx, msg.member)
    # CHECK
    delay = queries.parameter(ctx.state, Parameter.PROPOSAL_DELAY_BLOCKS)
    if msg.effective < ctx.height + delay:
        raise errors.EffectiveTooEarly
    proposal = ctx.object_id("proposal", msg.member)
    if keeper.get_proposal(ctx.state, proposal) is not None:
        raise errors.ProposalExists  # a nonce used twice must not replace what members vote on
    values = actions.decode_actions(msg.actions)
    actions.apply(accounts, Overlay(ctx.state), ctx.network, proposal, msg.effective, values)  # a trial: it is dropped
    # WRITE
    entry = Proposal(msg.member, msg.effective, msg.actions, int(ProposalStatus.OPEN))
    keeper.open_proposal(ctx.state, proposal, entry)
    # EMIT
    ctx.emit(ProposalMade(msg.member, proposal, msg.effective))


def vote(accounts: Accounts, ctx: Context, msg: Vote) -> None:
    """Cast the member's one ballot."""
    # AUTHORISE
    _authorise(accounts, ctx, msg.member)
    # CHECK
    proposal = keeper.get_proposal(ctx.state, msg.proposal)
    if proposal is None:
        raise errors.NoSuchProposal
    if proposal.status != ProposalStatus.OPEN or ctx.height >= proposal.effective:
        raise errors.ProposalClosed
    if keeper.get_ballot(ctx.state, msg.proposal, msg.member) is not None:
        raise errors.AlreadyVoted
    # WRITE
    keeper.put_ballot(ctx.state, msg.proposal, msg.member, Ballot(msg.approve))
    # EMIT
    ctx.emit(BallotCast(msg.member, msg.proposal, msg.approve))


def _authorise(accounts: Accounts, ctx: Context, member: bytes) -> None:
    if not queries.is_active(ctx.state, member):
        raise errors.NotActiveMember
    if not accounts.administered(ctx, member):
        raise errors.NotAdministration
