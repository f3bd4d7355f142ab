"""What a representative or delegate gave, the person may make her own; in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.consent import checks, errors, keeper
from salus.contracts.consent.events import GrantConfirmed
from salus.contracts.consent.expected import Accounts
from salus.contracts.consent.messages import ConfirmGrant
from salus.contracts.context import Context
from salus.policy.types import Capacity, Power


def confirm_grant(accounts: Accounts, ctx: Context, msg: ConfirmGrant) -> None:
    """Let the directive stand on the person's own word; its version, its uses and its sealed part stay."""
    # AUTHORISE
    checks.authorised(accounts, ctx, msg.relation, int(Capacity.SELF), Power.GRANT)
    # CHECK
    old = checks.standing(ctx.state, msg.relation, msg.directive)
    if old.end <= ctx.time:
        raise errors.DirectiveExpired
    if old.under is None:
        raise errors.NotUnderAuthority
    # WRITE
    keeper.put_directive(ctx.state, replace(old, capacity=int(Capacity.SELF), under=None))
    # EMIT
    ctx.emit(GrantConfirmed(msg.relation, old.id, old.version))
