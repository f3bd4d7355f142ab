"""Orders of courts and authorities: what directives do not stop, in the open."""

from msgspec.structs import replace

from salus.contracts.consent import checks, errors, keeper
from salus.contracts.consent.events import OrderEnded, OrderRecorded
from salus.contracts.consent.expected import Accounts, Governance
from salus.contracts.consent.messages import RecordOrder, WithdrawOrder
from salus.contracts.context import Context
from salus.policy.policies import Order
from salus.policy.purposes import is_break_glass
from salus.policy.types import OrganisationRole


def record_order(accounts: Accounts, governance: Governance, ctx: Context, msg: RecordOrder) -> None:
    """Put an order in place: by an authority that is a member, or by the custodian that was served it."""
    # AUTHORISE
    checks.gateway(ctx, msg.issuer)
    checks.held_by(accounts, ctx.state, msg.custodian, msg.relation)
    # CHECK
    checks.period(msg.start, msg.end, ctx.time)
    (purpose,) = checks.purposes(governance, ctx.state, (msg.purpose,))
    if is_break_glass(purpose.system, purpose.code):
        raise errors.BreakGlassByPermit
    if msg.issuer != msg.custodian and not (
        OrganisationRole.REGULATOR in accounts.roles(ctx.state, msg.issuer)
        and governance.is_active(ctx.state, msg.issuer)
    ):
        raise errors.NotAnIssuer
    if not accounts.roles(ctx.state, msg.recipient):
        raise errors.NoSuchRecipient
    order = ctx.object_id("order", msg.relation)
    if keeper.get_order(ctx.state, msg.relation, order) is not None:
        raise errors.OrderExists
    # WRITE
    entry = Order(
        msg.issuer, msg.recipient, msg.purpose, msg.start, msg.end, msg.ceiling, msg.commitment, withdrawn=False
    )
    keeper.put_order(ctx.state, msg.relation, order, entry)
    # EMIT
    ctx.emit(
        OrderRecorded(
            relation=msg.relation,
            custodian=msg.custodian,
            issuer=msg.issuer,
            recipient=msg.recipient,
            order=order,
            purpose=msg.purpose,
            start=msg.start,
            end=msg.end,
            ceiling=msg.ceiling,
            commitment=msg.commitment,
        )
    )


def withdraw_order(ctx: Context, msg: WithdrawOrder) -> None:
    """End an order, also one that is over or whose issuer is no active member any more."""
    # AUTHORISE
    checks.gateway(ctx, msg.issuer)
    # CHECK
    order = keeper.get_order(ctx.state, msg.relation, msg.order)
    if order is None:
        raise errors.NoSuchOrder
    if order.issuer != msg.issuer:
        raise errors.NotTheIssuer
    if order.withdrawn:
        raise errors.OrderWithdrawn
    # WRITE
    keeper.put_order(ctx.state, msg.relation, msg.order, replace(order, withdrawn=True))
    # EMIT
    ctx.emit(OrderEnded(msg.relation, msg.issuer, msg.order))
