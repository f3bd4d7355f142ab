"""Releases under an order that forbids notice, and their opening; in the beats authorise, check, write, emit.

What validators cannot see they cannot check: before the opening they hold that an order is in force, and afterwards
that order and release are the ones committed to. What was released beyond the order shows then.
"""

from msgspec.structs import replace

from salus.contracts.access import errors, keeper
from salus.contracts.access.basis import Sources
from salus.contracts.access.expected import REQUEST_WINDOW_MS, SILENCE_MS
from salus.contracts.access.messages import OpenSealedRelease, RecordSealedOrder, RecordSealedRelease
from salus.contracts.access.other_events import SealedOrderRecorded, SealedReleaseOpened, SealedReleaseRecorded
from salus.contracts.access.terms import put_answer
from salus.contracts.access.types import Outcome, SealedOrder, SealedRelease
from salus.contracts.context import Context
from salus.core.keys import Role
from salus.core.sealed import order_commitment, release_commitment
from salus.policy.types import BasisKind, OrganisationRole


def record_sealed_order(sources: Sources, ctx: Context, msg: RecordSealedOrder) -> None:
    """Note that an order forbids notice, and until when."""
    # AUTHORISE
    if not ctx.signed_by(msg.issuer, Role.GATEWAY) or not _may_issue(sources, ctx, msg.issuer):
        raise errors.NotAnIssuer
    # CHECK
    latest = ctx.time + sources.governance.parameter(ctx.state, SILENCE_MS)
    if not ctx.time < msg.end <= msg.notice_until <= latest:
        raise errors.InvalidSilence
    order = ctx.object_id("sealed-order", msg.issuer)
    if keeper.get_sealed_order(ctx.state, order) is not None:
        raise errors.SealedExists
    # WRITE
    entry = SealedOrder(msg.issuer, msg.commitment, ctx.time, msg.end, msg.notice_until)
    keeper.put_sealed_order(ctx.state, order, entry)
    # EMIT
    ctx.emit(SealedOrderRecorded(msg.issuer, order, msg.commitment, msg.end, msg.notice_until))


def _may_issue(sources: Sources, ctx: Context, issuer: bytes) -> bool:
    """True if it is an authority, or may be the custodian that was served: whose release rests on it will show."""
    return sources.governance.may_hold(ctx.state, issuer, ctx.time) or _is_authority(sources, ctx, issuer)


def _is_authority(sources: Sources, ctx: Context, issuer: bytes) -> bool:
    regulator = OrganisationRole.REGULATOR in sources.accounts.roles(ctx.state, issuer)
    return regulator and sources.governance.is_active(ctx.state, issuer)


def record_sealed_release(sources: Sources, ctx: Context, msg: RecordSealedRelease) -> None:
    """Commit a release that may not be told; only then may the data leave."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    # CHECK
    if not sources.governance.may_hold(ctx.state, msg.custodian, ctx.time):
        raise errors.MayNotHold
    order = keeper.get_sealed_order(ctx.state, msg.order)
    if order is None:
        raise errors.NoSuchOrder
    if ctx.time >= order.end:
        raise errors.OrderNotInForce
    if order.issuer != msg.custodian and not _is_authority(sources, ctx, order.issuer):
        raise errors.NotAnIssuer
    release = ctx.object_id("release", msg.custodian)
    if keeper.get_sealed_release(ctx.state, msg.custodian, release) is not None:
        raise errors.SealedExists
    # WRITE
    entry = SealedRelease(msg.order, msg.commitment, ctx.time, order.notice_until, None)
    keeper.put_sealed_release(ctx.state, msg.custodian, release, entry)
    # EMIT
    ctx.emit(SealedReleaseRecorded(order.issuer, msg.custodian, release, msg.order, msg.commitment, order.notice_until))


def open_sealed_release(sources: Sources, ctx: Context, msg: OpenSealedRelease) -> None:
    """Show what was released, once notice is no longer forbidden; at any time after."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    entry = keeper.get_sealed_release(ctx.state, msg.custodian, msg.release)
    if entry is None:
        raise errors.NoSuchRelease
    # CHECK
    if entry.opened is not None:
        raise errors.AlreadyOpened
    if ctx.time < entry.notice_until:
        raise errors.NoticeForbidden
    order = keeper.get_sealed_order(ctx.state, entry.order)
    if order is None or not _opens(sources, ctx, msg, entry, order):
        raise errors.WrongOpening
    # WRITE
    keeper.put_sealed_release(ctx.state, msg.custodian, msg.release, replace(entry, opened=ctx.time))
    terms, by = msg.terms, ctx.time + sources.governance.parameter(ctx.state, REQUEST_WINDOW_MS)
    put_answer(ctx, terms.relation, msg.release, Outcome.SEALED, terms.recipient, terms.leaves, by)
    # EMIT
    ctx.emit(
        SealedReleaseOpened(
            relation=terms.relation,
            recipient=terms.recipient,
            custodian=msg.custodian,
            issuer=order.issuer,
            release=msg.release,
            purpose=terms.purpose,
            basis=(int(BasisKind.ORDER), entry.order, 0),
            ceiling=msg.order.ceiling,
            writ=msg.order.writ,
            relation_root=terms.relation_root,
            leaves=terms.leaves,
            released=entry.recorded,
            notice_until=entry.notice_until,
            deliver_by=by,
        )
    )


def _opens(sources: Sources, ctx: Context, msg: OpenSealedRelease, entry: SealedRelease, order: SealedOrder) -> bool:
    """True if both openings are what was committed to, speak of the same, and name who exists.

    A relation that went to another custodian meanwhile is opened by the one that released it; but who was its own
    issuer says nothing of a relation that is not its own.
    """
    demanded, given = msg.order, msg.terms
    if order_commitment(ctx.network, order.issuer, msg.order_salt, demanded) != order.commitment:
        return False
    if release_commitment(ctx.network, msg.custodian, entry.order, msg.salt, given) != entry.commitment:
        return False
    same = (demanded.custodian, demanded.relation, demanded.recipient, demanded.purpose)
    if same != (msg.custodian, given.relation, given.recipient, given.purpose):
        return False
    holder = sources.accounts.custodian_of(ctx.state, given.relation)
    if holder is None or (holder != msg.custodian and order.issuer == msg.custodian):
        return False
    return bool(sources.accounts.roles(ctx.state, given.recipient))
