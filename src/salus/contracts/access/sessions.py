"""Sessions: many pages under one use; in the beats authorise, check, write, emit.

The pages stand in a log at the custodian, whose salted root the closing commits to. Whether a next page
may leave is the gateway's to ask of the present state, page by page.
"""

from msgspec.structs import replace

from salus.contracts.access import errors, keeper
from salus.contracts.access.basis import Ground, Sources, checked_basis
from salus.contracts.access.events import SessionClosed, SessionOpened
from salus.contracts.access.expected import SESSION_MS, CountUse
from salus.contracts.access.messages import CloseRelease, OpenRelease
from salus.contracts.access.requests import verified_request
from salus.contracts.access.terms import admitted, check_authority, check_in_use, check_root, put_answer
from salus.contracts.access.types import Outcome
from salus.contracts.context import Context
from salus.core.keys import Role
from salus.policy.types import Trigger


def open_release(sources: Sources, count_use: CountUse, ctx: Context, msg: OpenRelease) -> None:
    """Open a session; only then may its first page leave."""
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
    ground = checked_basis(
        sources, ctx, msg.custodian, asked.relation, request.recipient, purpose, msg.basis, request.signer
    )
    _check_end(sources, ctx, ground, msg.ends)
    check_in_use(sources, ctx, asked.relation, request.recipient, outlives=ground.outlives)
    check_authority(sources, ctx, ground, asked.relation, request.recipient, purpose)
    # WRITE
    use = 0 if ground.directive is None else count_use(ctx.state, ground.directive)
    put_answer(ctx, asked.relation, request.id, Outcome.SESSION, request.recipient, None, msg.ends)
    # EMIT
    ctx.emit(
        SessionOpened(
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
            ends=msg.ends,
            trigger=msg.trigger,
        )
    )


def _check_end(sources: Sources, ctx: Context, ground: Ground, ends: int) -> None:
    """Raise InvalidEnd unless it lies ahead, within the longest session and the time of the ground."""
    latest = ctx.time + sources.governance.parameter(ctx.state, SESSION_MS)
    if ground.end is not None:
        latest = min(latest, ground.end)
    if not ctx.time < ends <= latest:
        raise errors.InvalidEnd


def close_release(sources: Sources, ctx: Context, msg: CloseRelease) -> None:
    """Commit to what a session gave out; at any time, also after its end, and of a suspended custodian too.

    Who gave up the custody since closes the sessions of its time.
    """
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    holder = sources.accounts.custodian_of(ctx.state, msg.relation)
    if holder is None:
        raise errors.NoSuchRelation
    until = ctx.time if holder == msg.custodian else sources.records.kept_until(ctx.state, msg.relation, msg.custodian)
    if until is None:
        raise errors.NotTheCustodian
    # CHECK
    answer = keeper.get_answer(ctx.state, msg.relation, msg.release)
    if answer is None or answer.outcome != Outcome.SESSION or answer.answered > until:
        raise errors.NoSuchSession
    if answer.leaves is not None:
        raise errors.SessionClosed
    # WRITE
    keeper.put_answer(ctx.state, msg.relation, msg.release, replace(answer, leaves=msg.root))
    # EMIT
    ctx.emit(SessionClosed(msg.relation, answer.recipient, msg.custodian, msg.release, msg.root))
