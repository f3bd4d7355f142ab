"""Escrow of an organisation's keys: the ledger holds a commitment, and says when holders may release their shares."""

from salus.contracts.context import Context
from salus.contracts.governance import errors, keeper, queries
from salus.contracts.governance.events import EscrowMade, EscrowOpened
from salus.contracts.governance.expected import Accounts
from salus.contracts.governance.messages import OpenEscrow, RecordEscrow
from salus.contracts.governance.succession import successor_of
from salus.contracts.governance.types import Escrow


def record_escrow(accounts: Accounts, ctx: Context, msg: RecordEscrow) -> None:
    """Commit to an escrow; holders release nothing of an earlier one any more."""
    # AUTHORISE
    if not accounts.administered(ctx, msg.organisation):
        raise errors.NotAdministration
    # CHECK
    if not queries.is_serving(ctx.state, msg.organisation):
        raise errors.NotServing
    # WRITE
    keeper.put_escrow(ctx.state, msg.organisation, Escrow(msg.commitment, ctx.time, None, 0))
    # EMIT
    ctx.emit(EscrowMade(msg.organisation, msg.commitment))


def open_escrow(accounts: Accounts, ctx: Context, msg: OpenEscrow) -> None:
    """Let the holders release their shares to the organisation, or to whoever succeeded it."""
    # AUTHORISE
    if not accounts.administered(ctx, msg.by):
        raise errors.NotAdministration
    # CHECK
    entry = keeper.get_escrow(ctx.state, msg.organisation)
    if entry is None or entry.commitment != msg.commitment:
        raise errors.NoSuchEscrow
    if msg.by != (successor_of(ctx.state, msg.organisation) or msg.organisation):
        raise errors.NotEntitled
    if entry.opened_by == msg.by:
        raise errors.EscrowOpen
    # WRITE
    keeper.put_escrow(ctx.state, msg.organisation, Escrow(entry.commitment, entry.made, msg.by, ctx.time))
    # EMIT
    ctx.emit(EscrowOpened(msg.organisation, msg.by, msg.commitment))
