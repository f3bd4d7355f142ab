"""Death and its reversal, closing and reopening, each in the beats authorise, check, write, emit.

Each is one entry of the state, and what it bars is asked for where it matters: nothing else is written or
deleted, so that its end leaves everything as it had been. A suspended custodian does all but reopen.
"""

from salus.contracts.context import Context
from salus.contracts.records import errors, keeper
from salus.contracts.records.events_life import DeathRecorded, DeathReversed, RelationClosed, RelationReopened
from salus.contracts.records.expected import Accounts, Governance
from salus.contracts.records.messages_life import CloseRelation, RecordDeath, ReopenRelation, ReverseDeath
from salus.contracts.records.petitions import check_held
from salus.contracts.records.types_life import Closing, Death
from salus.core.keys import Role


def record_death(accounts: Accounts, ctx: Context, msg: RecordDeath) -> None:
    """Note that the person has died."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if not accounts.staff_attested(ctx.state, msg.custodian, msg.staff, ctx.time):
        raise errors.StaffNotAttested
    if keeper.get_death(ctx.state, msg.relation) is not None:
        raise errors.AlreadyDeceased
    # WRITE
    keeper.put_death(ctx.state, msg.relation, Death(msg.staff, msg.evidence, ctx.time))
    # EMIT
    ctx.emit(DeathRecorded(msg.relation, msg.custodian, msg.staff, msg.evidence))


def reverse_death(accounts: Accounts, ctx: Context, msg: ReverseDeath) -> None:
    """Note that the person lives; that a death had been recorded stays in the log alone."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if not accounts.staff_attested(ctx.state, msg.custodian, msg.staff, ctx.time):
        raise errors.StaffNotAttested
    if keeper.get_death(ctx.state, msg.relation) is None:
        raise errors.NotDeceased
    # WRITE
    keeper.end_death(ctx.state, msg.relation)
    # EMIT
    ctx.emit(DeathReversed(msg.relation, msg.custodian, msg.staff, msg.evidence))


def close_relation(accounts: Accounts, ctx: Context, msg: CloseRelation) -> None:
    """Keep, and take in nothing new."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if keeper.get_closing(ctx.state, msg.relation) is not None:
        raise errors.AlreadyClosed
    # WRITE
    keeper.put_closing(ctx.state, msg.relation, Closing(ctx.time))
    # EMIT
    ctx.emit(RelationClosed(msg.relation, msg.custodian))


def reopen_relation(accounts: Accounts, governance: Governance, ctx: Context, msg: ReopenRelation) -> None:
    """Take in what is new again, which a suspended custodian may not."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    if not governance.may_hold(ctx.state, msg.custodian, ctx.time):
        raise errors.MayNotHold
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if keeper.get_closing(ctx.state, msg.relation) is None:
        raise errors.NotClosed
    # WRITE
    keeper.end_closing(ctx.state, msg.relation)
    # EMIT
    ctx.emit(RelationReopened(msg.relation, msg.custodian))
