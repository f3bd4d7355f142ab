"""Delegates: helpers whom the person names and ends at will; in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.context import Context
from salus.contracts.representation import checks, errors, keeper
from salus.contracts.representation.events import DelegateEnded, DelegateNamed
from salus.contracts.representation.expected import PROXY_TERM_MS, Accounts, Governance
from salus.contracts.representation.messages import EndDelegate, NameDelegate
from salus.contracts.representation.types import Delegation
from salus.policy.types import Power


def name_delegate(accounts: Accounts, governance: Governance, ctx: Context, msg: NameDelegate) -> None:
    """Let a helper do some things, under the present generation of the account and no other."""
    # AUTHORISE
    checks.relation(accounts, ctx, msg.relation)
    if not checks.herself(accounts, ctx, msg.relation, Power.GRANT):
        raise errors.NotAuthorised
    # CHECK
    checks.powers(governance, ctx, msg.powers, msg.purposes)
    checks.term(governance, ctx, msg.start, msg.end, PROXY_TERM_MS)
    checks.representative(accounts, ctx, msg.relation, msg.delegate, None)
    person = accounts.person(ctx.state, msg.relation)
    generation = 0 if person is None else person.generation
    live = [
        entry
        for _, entry in keeper.get_delegations(ctx.state, msg.relation)
        if not entry.ended and entry.end > ctx.time and entry.generation == generation
    ]
    if any(entry.delegate == msg.delegate for entry in live):
        raise errors.AlreadyRepresents
    checks.room(governance, ctx, (entry.end for entry in live))
    new = ctx.object_id("delegation", msg.relation)
    if keeper.get_delegation(ctx.state, msg.relation, new) is not None:
        raise errors.IdInUse
    # WRITE
    entry = Delegation(msg.delegate, msg.powers, msg.purposes, msg.start, msg.end, generation, ended=False)
    keeper.put_delegation(ctx.state, msg.relation, new, entry)
    # EMIT
    ctx.emit(DelegateNamed(msg.relation, msg.delegate, new, msg.powers, msg.purposes, msg.start, msg.end))


def end_delegate(accounts: Accounts, ctx: Context, msg: EndDelegate) -> None:
    """End a delegation at once."""
    # AUTHORISE
    checks.relation(accounts, ctx, msg.relation)
    entry = keeper.get_delegation(ctx.state, msg.relation, msg.delegation)
    if entry is None:
        raise errors.NoSuchDelegation
    if msg.by == msg.relation:
        may = checks.herself(accounts, ctx, msg.relation, Power.PROTECT)
    else:
        may = msg.by == entry.delegate and checks.signed(ctx, msg.by)
    if not may:
        raise errors.NotAuthorised
    # CHECK
    if entry.ended:
        raise errors.DelegationEnded
    # WRITE
    keeper.put_delegation(ctx.state, msg.relation, msg.delegation, replace(entry, ended=True))
    # EMIT
    ctx.emit(DelegateEnded(msg.relation, entry.delegate, msg.by, msg.delegation))
