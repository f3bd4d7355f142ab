"""One function per message, each in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.access import errors, keeper
from salus.contracts.access.basis import Sources, checked_basis
from salus.contracts.access.events import RecordsReleased, ReleaseAcknowledged, RequestRefused
from salus.contracts.access.expected import ANCHOR_GRACE_MS, REQUEST_WINDOW_MS, CountUse, Records
from salus.contracts.access.messages import AckRelease, RecordRefusal, RecordRelease
from salus.contracts.access.requests import Verified, verified_request
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.context import Context
from salus.core.genesis import Purpose
from salus.core.keys import Role
from salus.policy.reasons import PUBLISHABLE
from salus.policy.types import Trigger


def record_release(sources: Sources, records: Records, count_use: CountUse, ctx: Context, msg: RecordRelease) -> None:
    """Commit a release; only then may the data leave."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    request = verified_request(sources.accounts, sources.governance, ctx, msg.custodian, msg.request)
    # CHECK
    purpose = _admitted(sources, ctx, request)
    _check_terms(sources, records, ctx, msg, request.payload.relation)
    directive = checked_basis(sources, ctx, msg.custodian, request, purpose, msg.basis)
    if not request.own and records.restricted(ctx.state, request.payload.relation):
        raise errors.RelationRestricted
    # WRITE
    use = 0 if directive is None else count_use(ctx.state, directive)
    asked = request.payload
    answer = Answer(int(Outcome.RELEASED), request.recipient, ctx.time, msg.leaves, msg.deliver_by, None)
    keeper.put_answer(ctx.state, asked.relation, request.id, answer)
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


def _admitted(sources: Sources, ctx: Context, request: Verified) -> Purpose:
    """Return the purpose's row; raise MayNotReceive, NoSuchPurpose or StaffNotAttested."""
    if not request.own and not sources.governance.may_receive(ctx.state, request.recipient):
        raise errors.MayNotReceive
    purpose = sources.governance.purpose(ctx.state, request.payload.purpose)
    if purpose is None:
        raise errors.NoSuchPurpose
    staff = request.payload.staff
    if staff is not None and not sources.accounts.staff_attested(ctx.state, request.recipient, staff, ctx.time):
        raise errors.StaffNotAttested
    return purpose


def _check_terms(sources: Sources, records: Records, ctx: Context, msg: RecordRelease, relation: bytes) -> None:
    """Raise RootNotValid, TriggerNotSupported or InvalidDelivery."""
    grace_ms = sources.governance.parameter(ctx.state, ANCHOR_GRACE_MS)
    if not records.root_valid(ctx.state, relation, msg.relation_root, ctx.time, grace_ms):
        raise errors.RootNotValid
    if msg.trigger != Trigger.REQUEST:
        raise errors.TriggerNotSupported
    window_ms = sources.governance.parameter(ctx.state, REQUEST_WINDOW_MS)
    if not ctx.time < msg.deliver_by <= ctx.time + window_ms:
        raise errors.InvalidDelivery


def record_refusal(sources: Sources, ctx: Context, msg: RecordRefusal) -> None:
    """Commit that a request was refused. A suspended recipient or custodian is no hindrance."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    request = verified_request(sources.accounts, sources.governance, ctx, msg.custodian, msg.request)
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
    """Note that the recipient got what was released; also when it came late, which then shows."""
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
