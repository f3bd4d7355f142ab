"""Reaffirm what a recovery suspended, in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.consent import checks, errors, keeper
from salus.contracts.consent.events import ConsentReaffirmed
from salus.contracts.consent.expected import Accounts, Governance
from salus.contracts.consent.messages import ReaffirmConsent
from salus.contracts.context import Context
from salus.policy.types import Power, Status


def reaffirm_consent(accounts: Accounts, governance: Governance, ctx: Context, msg: ReaffirmConsent) -> None:
    """Bring a suspended permit back into force; the custodian still holds its opening."""
    # AUTHORISE
    found = keeper.get_directive(ctx.state, msg.relation, msg.directive)
    purposes = () if found is None else found.purposes
    checks.authorised(accounts, ctx, msg.relation, msg.capacity, Power.GRANT, purposes)
    # CHECK
    old = checks.standing(ctx.state, msg.relation, msg.directive)
    if old.end <= ctx.time:
        raise errors.DirectiveExpired
    checks.room_for_permit(governance, ctx.state, msg.relation, ctx.time, msg.directive)
    if old.status != Status.SUSPENDED:
        raise errors.NotSuspended
    # WRITE
    keeper.put_directive(ctx.state, replace(old, status=int(Status.ACTIVE)))
    # EMIT
    ctx.emit(ConsentReaffirmed(msg.relation, old.id, old.version, msg.capacity))
