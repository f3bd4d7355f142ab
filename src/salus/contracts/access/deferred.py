"""Releases in an emergency that the ledger could not take at once; in the beats authorise, check, write, emit.

Time, key and badge are judged as of the emergency; membership, group and policy as of this block. What denies a
person made meanwhile are no more in its way than in that of any break-glass.
"""

from salus.contracts.access import errors, keeper
from salus.contracts.access.basis import Sources
from salus.contracts.access.expected import DEFERRED_MS, OUTAGE_MS, REQUEST_WINDOW_MS
from salus.contracts.access.glass import emergency_reason
from salus.contracts.access.messages import DeferredRelease
from salus.contracts.access.other_events import DeferredReleased
from salus.contracts.access.requests import verified_request
from salus.contracts.access.terms import admitted, check_in_use, check_root, put_answer
from salus.contracts.access.types import Outcome, Review
from salus.contracts.context import Context
from salus.core.keys import Role
from salus.core.request import GLASS, REQUEST
from salus.policy.types import BasisKind


def deferred_release(sources: Sources, ctx: Context, msg: DeferredRelease) -> None:
    """Commit what was released in an emergency, and open its review."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    kinds = (GLASS, REQUEST)  # an ordinary request is told that it is no emergency
    request = verified_request(
        sources.accounts, sources.governance, ctx, msg.custodian, msg.request, kinds, msg.occurred
    )
    asked = request.payload
    # CHECK
    purpose = admitted(sources, ctx, request, msg.occurred)
    if asked.staff is None:
        raise errors.StaffNotAttested
    check_root(sources, ctx, asked.relation, msg.relation_root, msg.occurred)
    reason = emergency_reason(sources, ctx, msg.policy, request, purpose)
    # The person may have died of it since, and the relation been closed: it happened before.
    check_in_use(sources, ctx, asked.relation, request.recipient, outlives=True)
    _check_outage(sources, ctx, msg)
    # WRITE
    by = ctx.time + sources.governance.parameter(ctx.state, REQUEST_WINDOW_MS)
    put_answer(ctx, asked.relation, request.id, Outcome.DEFERRED, request.recipient, msg.leaves, by)
    review = Review(request.recipient, msg.custodian, reason, ctx.time, (), None)
    keeper.put_review(ctx.state, asked.relation, request.id, review)
    keeper.put_broken(ctx.state, request.recipient, asked.relation, request.id, ctx.time)
    # EMIT
    ctx.emit(
        DeferredReleased(
            relation=asked.relation,
            recipient=request.recipient,
            custodian=msg.custodian,
            request=request.id,
            filter=asked.filter,
            purpose=asked.purpose,
            staff=asked.staff,
            seal_key=asked.seal_key,
            basis=(int(BasisKind.BREAK_GLASS), *msg.policy),
            reason=reason,
            relation_root=msg.relation_root,
            leaves=msg.leaves,
            occurred=msg.occurred,
            outage=msg.outage,
            deliver_by=by,
        )
    )


def _check_outage(sources: Sources, ctx: Context, msg: DeferredRelease) -> None:
    """Raise InvalidOutage or DeferredTooLate unless the emergency follows its state, and this block both, in time."""
    height, known = msg.outage
    oldest = msg.occurred - sources.governance.parameter(ctx.state, OUTAGE_MS)
    if height >= ctx.height or not oldest <= known <= msg.occurred <= ctx.time:
        raise errors.InvalidOutage
    if ctx.time - msg.occurred > sources.governance.parameter(ctx.state, DEFERRED_MS):
        raise errors.DeferredTooLate
