"""Incapacity, on which proxies spring; in the beats authorise, check, write, emit.

Nothing is deleted when it ends: proxies are without effect again, and spring anew at the next declaration.
"""

from salus.contracts.context import Context
from salus.contracts.representation import checks, errors, keeper
from salus.contracts.representation.events import IncapacityDeclared, IncapacityEnded
from salus.contracts.representation.expected import Accounts, Governance
from salus.contracts.representation.messages import DeclareIncapacity, EndIncapacity
from salus.contracts.representation.types import Incapacity
from salus.core.keys import Role


def declare_incapacity(accounts: Accounts, governance: Governance, ctx: Context, msg: DeclareIncapacity) -> None:
    """Let proxies act; the person herself still may, as long as she has her keys."""
    # AUTHORISE
    checks.custodian(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if not _witnessed(accounts, governance, ctx, msg):
        raise errors.WitnessMissing
    if keeper.get_incapacity(ctx.state, msg.relation) is not None:
        raise errors.AlreadyIncapable
    # WRITE
    entry = Incapacity(ctx.time, msg.witness, msg.staff, msg.evidence)
    keeper.put_incapacity(ctx.state, msg.relation, entry)
    # EMIT
    ctx.emit(IncapacityDeclared(msg.relation, msg.custodian, msg.witness, msg.evidence))


def _witnessed(accounts: Accounts, governance: Governance, ctx: Context, msg: DeclareIncapacity) -> bool:
    """True if a second member signed, or the custodian attests its member of staff."""
    if msg.witness == msg.custodian:
        return msg.staff is not None and accounts.staff_attested(ctx.state, msg.custodian, msg.staff, ctx.time)
    second = governance.is_active(ctx.state, msg.witness) and ctx.signed_by(msg.witness, Role.GATEWAY) > 0
    return second and msg.staff is None


def end_incapacity(accounts: Accounts, ctx: Context, msg: EndIncapacity) -> None:
    """Let proxies act no longer."""
    # AUTHORISE
    checks.custodian(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if keeper.get_incapacity(ctx.state, msg.relation) is None:
        raise errors.NotIncapable
    # WRITE
    keeper.end_incapacity(ctx.state, msg.relation)
    # EMIT
    ctx.emit(IncapacityEnded(msg.relation, msg.custodian))
