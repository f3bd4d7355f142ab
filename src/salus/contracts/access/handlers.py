"""Releases and refusals that answer a request, and acknowledgements; in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.access import errors, keeper
from salus.contracts.access.basis import Sources, checked_basis
from salus.contracts.access.events import RecordsReleased, ReleaseAcknowledged, RequestRefused
from salus.contracts.access.expected import CountUse
from salus.contracts.access.messages import AckRelease, RecordRefusal, RecordRelease
from salus.contracts.access.requests import verified_request
from salus.contracts.access.terms import admitted, check_authority, check_delivery, check_in_use, check_root, put_answer
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.context import Context
from salus.core.keys import Role
from salus.core.request import GLASS, REQUEST
from salus.policy.reasons import PUBLISHABLE
from salus.policy.types import Trigger


def record_release(sources: Sources, count_use: CountUse, ctx: Context, msg: RecordRelease) -> None:
    """Commit a release; only then may the data leave."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    request = verified_request(sources.accounts, sources.governance, ctx, msg.custodian, msg.request)
    asked = request.payload
    # CHECK
    purpose = admitted(sources, ctx, request)
    check_root(sources, ctx, asked.relation, msg.relation_root)
    if msg.trigger != Trigger.REQUEST:
        raise errors.TriggerNotSupported
    check_delivery(sources, ctx, msg.deliver_by)
    ground = checked_basis(
        sources, ctx, msg.custodian, asked.relation, request.recipient, purpose, msg.basis, request.signer
    )
    check_in_use(sources, ctx, asked.relation, request.recipient, outlives=ground.outlives)
    check_authority(sources, ctx, ground, asked.relation, request.recipient, purpose)
    # WRITE
    use = 0 if ground.directive is None else count_use(ctx.state, ground.directive)
    put_answer(ctx, asked.relation, request.id, Outcome.RELEASED, request.recipient, msg.leaves, msg.deliver_by)
    # EMIT
    ctx.emit(
        RecordsReleased(
            relation=asked.relation,
            recipient=request.recipient,
            custodian=msg.custodian,
            request=request.id,
            filter=asked.filter,
            purpose=asked.purpose,
            staff=asked.staff,
            seal_key=asked.seal_key,
            basis=msg.basis,
            use=use,
            relation_root=msg.relation_root,
            leaves=msg.leaves,
            trigger=msg.trigger,
            deliver_by=msg.deliver_by,
        )
    )


def record_refusal(sources: Sources, ctx: Context, msg: RecordRefusal) -> None:
    """Commit that a request was refused. A suspended recipient or custodian is no hindrance."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    request = verified_request(sources.accounts, sources.governance, ctx, msg.custodian, msg.request, (REQUEST, GLASS))
    # CHECK
    if msg.reason not in PUBLISHABLE:
        raise errors.UnknownReason
    # WRITE
    asked = request.payload
    answer = Answer(int(Outcome.REFUSED), request.recipient, ctx.time, None, None, None)
    keeper.put_answer(ctx.state, asked.relation, request.id, answer)
    # EMIT
    ctx.emit(
        RequestRefused(
            relation=asked.relation,
            recipient=request.recipient,
            custodian=msg.custodian,
            request=request.id,
            filter=asked.filter,
            purpose=asked.purpose,
            staff=asked.staff,
            reason=msg.reason,
        )
    )


def ack_release(ctx: Context, msg: AckRelease) -> None:
    """Note that the recipient got what was released, whatever kind of release; also when it came late, which shows."""
    # AUTHORISE
    answer = keeper.get_answer(ctx.state, msg.relation, msg.release)
    if answer is None or answer.leaves is None or answer.deliver_by is None:
        raise errors.NoSuchRelease
    if answer.recipient != msg.recipient or not _signed(ctx, msg.recipient):
        raise errors.NotTheRecipient
    # CHECK
    if answer.leaves != msg.leaves:
        raise errors.OtherLeaves
    if answer.acknowledged is not None:
        raise errors.AlreadyAcknowledged
    # WRITE
    keeper.put_answer(ctx.state, msg.relation, msg.release, replace(answer, acknowledged=ctx.time))
    # EMIT
    ctx.emit(ReleaseAcknowledged(msg.relation, msg.recipient, msg.release, msg.leaves, answer.deliver_by))


def _signed(ctx: Context, account: bytes) -> bool:
    return ctx.signed_by(account, Role.GATEWAY) > 0 or ctx.signed_by(account, Role.DEVICE) > 0
