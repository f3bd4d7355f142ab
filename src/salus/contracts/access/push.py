"""A release that nobody asked for: under a standing directive, or because the law demands it."""

from salus.contracts.access import errors
from salus.contracts.access.basis import Sources, checked_basis
from salus.contracts.access.events import RecordsPushed
from salus.contracts.access.expected import CountUse
from salus.contracts.access.messages import PushRelease
from salus.contracts.access.terms import (
    check_authority,
    check_delivery,
    check_in_use,
    check_root,
    known_purpose,
    put_answer,
)
from salus.contracts.access.types import Outcome
from salus.contracts.context import Context
from salus.core.keys import Role
from salus.policy.types import BasisKind, Trigger

# What sets it off says what it rests on: a directive is the person's word, a mandate and an order are the law's.
_GROUNDS = {Trigger.PUSH: (BasisKind.DIRECTIVE,), Trigger.LAW: (BasisKind.POLICY, BasisKind.ORDER)}


def push_release(sources: Sources, count_use: CountUse, ctx: Context, msg: PushRelease) -> None:
    """Commit a release without a request; only then may the data leave."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    holder = sources.accounts.custodian_of(ctx.state, msg.relation)
    if holder is None:
        raise errors.NoSuchRelation
    if holder != msg.custodian:
        raise errors.NotTheCustodian
    # CHECK
    if not sources.governance.may_receive(ctx.state, msg.recipient, ctx.time):
        raise errors.MayNotReceive
    purpose = known_purpose(sources, ctx, msg.purpose)
    check_root(sources, ctx, msg.relation, msg.relation_root)
    if msg.trigger not in _GROUNDS:
        raise errors.TriggerNotSupported
    check_delivery(sources, ctx, msg.deliver_by)
    if msg.basis[0] not in _GROUNDS[Trigger(msg.trigger)]:
        raise errors.BasisNotSupported
    ground = checked_basis(sources, ctx, msg.custodian, msg.relation, msg.recipient, purpose, msg.basis)
    if msg.trigger == Trigger.LAW and not ground.binding:
        raise errors.NotMandated
    check_in_use(sources, ctx, msg.relation, msg.recipient, outlives=ground.outlives)
    check_authority(sources, ctx, ground, msg.relation, msg.recipient, purpose)
    # WRITE
    use = 0 if ground.directive is None else count_use(ctx.state, ground.directive)
    release = ctx.object_id("release", msg.custodian)
    put_answer(ctx, msg.relation, release, Outcome.PUSHED, msg.recipient, msg.leaves, msg.deliver_by)
    # EMIT
    ctx.emit(
        RecordsPushed(
            relation=msg.relation,
            recipient=msg.recipient,
            custodian=msg.custodian,
            release=release,
            purpose=msg.purpose,
            basis=msg.basis,
            use=use,
            relation_root=msg.relation_root,
            leaves=msg.leaves,
            trigger=msg.trigger,
            deliver_by=msg.deliver_by,
        )
    )
