"""One function per message, each in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.consent import checks, errors, keeper
from salus.contracts.consent.events import ConsentGranted, ConsentRevoked, DirectiveAcknowledged, TotallyDenied
from salus.contracts.consent.expected import Accounts, Governance
from salus.contracts.consent.granting import checked, put
from salus.contracts.consent.messages import AckDirective, DenyTotally, GrantConsent, RevokeConsent
from salus.contracts.context import Context
from salus.policy.types import Directive, Effect, Power, Redisclosure, Status


def grant_consent(accounts: Accounts, governance: Governance, ctx: Context, msg: GrantConsent) -> None:
    """Put a directive with a sealed part in place, and end the one that it replaces."""
    # AUTHORISE: the signer comes from the verified envelope, never from the message.
    under = checks.authorised(accounts, ctx, msg.relation, msg.capacity, Power.GRANT, msg.purposes)
    checks.may_end(accounts, ctx, msg.relation, msg.capacity, msg.replaces)
    # CHECK
    new, old = checked(accounts, governance, ctx, msg, msg.capacity, under)
    # WRITE
    put(ctx, new, old)
    # EMIT
    ctx.emit(_granted(msg, new))


def _granted(msg: GrantConsent, new: Directive) -> ConsentGranted:
    return ConsentGranted(
        relation=new.relation,
        directive=new.id,
        version=new.version,
        chain=new.chain,
        replaces=new.replaces,
        capacity=new.capacity,
        grantee=new.grantee,
        effect=new.effect,
        purposes=new.purposes,
        start=new.start,
        end=new.end,
        uses=new.uses,
        redisclosure=new.redisclosure,
        emergency=new.emergency,
        sealed=msg.sealed,
    )


def deny_totally(accounts: Accounts, governance: Governance, ctx: Context, msg: DenyTotally) -> None:
    """Put a deny of everything in force at once. Never refused for number."""
    # AUTHORISE
    under = checks.authorised(accounts, ctx, msg.relation, msg.capacity, Power.PROTECT, msg.purposes)
    # CHECK
    checks.period(msg.start, msg.end, ctx.time)
    checks.purposes(governance, ctx.state, msg.purposes)
    checks.grantee(accounts, governance, ctx.state, msg.grantee, Effect.DENY)
    new = ctx.object_id("directive", msg.relation)
    if keeper.get_directive(ctx.state, msg.relation, new) is not None:
        raise errors.DirectiveExists
    # WRITE
    directive = Directive(
        id=new,
        version=1,
        chain=new,
        replaces=None,
        relation=msg.relation,
        capacity=msg.capacity,
        grantee=msg.grantee,
        effect=int(Effect.DENY),
        total=True,
        purposes=msg.purposes,
        start=msg.start,
        end=msg.end,
        uses=0,
        redisclosure=int(Redisclosure.NO),
        emergency=(False, 0, False),
        sealed=None,
        status=int(Status.ACTIVE),
        granted=ctx.time,
        under=under,
    )
    keeper.put_directive(ctx.state, directive)
    # EMIT
    ctx.emit(TotallyDenied(msg.relation, new, msg.capacity, msg.grantee, msg.purposes, msg.start, msg.end))


def revoke_consent(accounts: Accounts, ctx: Context, msg: RevokeConsent) -> None:
    """End a directive, permit or deny, whoever granted it; an expired one may be revoked too."""
    # AUTHORISE
    checks.authorised(accounts, ctx, msg.relation, msg.capacity, Power.PROTECT)
    checks.may_end(accounts, ctx, msg.relation, msg.capacity, msg.directive)
    # CHECK
    old = checks.standing(ctx.state, msg.relation, msg.directive)
    # WRITE
    keeper.put_directive(ctx.state, replace(old, status=int(Status.REVOKED)))
    # EMIT
    ctx.emit(ConsentRevoked(msg.relation, old.id, old.version, msg.capacity))


def ack_directive(accounts: Accounts, ctx: Context, msg: AckDirective) -> None:
    """Bring a directive with a sealed part into force as it was meant."""
    # AUTHORISE
    checks.custodian(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    old = checks.standing(ctx.state, msg.relation, msg.directive)
    if old.end <= ctx.time:
        raise errors.DirectiveExpired
    if old.status != Status.UNACKNOWLEDGED:  # a suspended one was; only the person lifts that
        raise errors.AlreadyAcknowledged
    # WRITE
    keeper.put_directive(ctx.state, replace(old, status=int(Status.ACTIVE)))
    # EMIT
    ctx.emit(DirectiveAcknowledged(msg.relation, msg.custodian, old.id, old.version))
