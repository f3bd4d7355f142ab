"""Break-glass, which opens its own review, and the review; in the beats authorise, check, write, emit.

Nothing that a person denied keeps it, nor the custodian's suspension: an emergency does not wait. What
a directive holds back even so (`emergency`) is the gateway's to leave out.
"""

from msgspec.structs import replace

from salus.contracts.access import errors, keeper
from salus.contracts.access.basis import Sources, asked_of
from salus.contracts.access.events import BreakGlassReviewed, GlassBroken
from salus.contracts.access.messages import BreakGlass, ReviewBreakGlass
from salus.contracts.access.requests import Verified, verified_request
from salus.contracts.access.terms import admitted, check_delivery, check_in_use, check_root, put_answer
from salus.contracts.access.types import Outcome, Review
from salus.contracts.context import Context
from salus.core.genesis import Purpose
from salus.core.glass import NEEDED, REASONS, VERDICTS, ReviewerKind
from salus.core.keys import Role
from salus.core.request import GLASS, GlassRequest
from salus.policy.grounds import break_glass_obstacle
from salus.policy.purposes import is_break_glass
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, OrganisationRole


def break_glass(sources: Sources, ctx: Context, msg: BreakGlass) -> None:
    """Commit a release in an emergency; only then may the data leave."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    request = verified_request(sources.accounts, sources.governance, ctx, msg.custodian, msg.request, (GLASS,))
    asked = request.payload
    # CHECK
    purpose = admitted(sources, ctx, request)
    if asked.staff is None:
        raise errors.StaffNotAttested
    check_root(sources, ctx, asked.relation, msg.relation_root)
    check_delivery(sources, ctx, msg.deliver_by)
    reason = emergency_reason(sources, ctx, msg.policy, request, purpose)
    _check_window(sources, ctx, msg, asked.relation)
    check_in_use(sources, ctx, asked.relation, request.recipient)
    # WRITE
    put_answer(ctx, asked.relation, request.id, Outcome.BREAK_GLASS, request.recipient, msg.leaves, msg.deliver_by)
    review = Review(request.recipient, msg.custodian, reason, ctx.time, (), None)
    keeper.put_review(ctx.state, asked.relation, request.id, review)
    keeper.put_broken(ctx.state, request.recipient, asked.relation, request.id, ctx.time)
    # EMIT
    ctx.emit(
        GlassBroken(
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
            deliver_by=msg.deliver_by,
        )
    )


def emergency_reason(
    sources: Sources, ctx: Context, policy: tuple[bytes, int], request: Verified, purpose: Purpose
) -> int:
    """Return the reason signed; raise StaleVersion, or what follows from NotAnEmergency to UnknownGlassReason."""
    in_force = sources.consent.policy_of(ctx.state, request.payload.relation)
    if (in_force.set, in_force.version) != policy:
        raise errors.StaleVersion
    if not is_break_glass(purpose.system, purpose.code) or not isinstance(request.payload, GlassRequest):
        raise errors.NotAnEmergency
    obstacle = break_glass_obstacle(in_force.body, asked_of(sources, ctx, request.recipient, purpose))
    if obstacle == Reason.NOT_OF_THE_EMERGENCY_GROUP:
        raise errors.NotOfTheEmergencyGroup
    if obstacle is not None:
        raise errors.BreakGlassNotAllowed
    if request.payload.reason not in REASONS:
        raise errors.UnknownGlassReason
    return request.payload.reason


def _check_window(sources: Sources, ctx: Context, msg: BreakGlass, relation: bytes) -> None:
    """Raise PastTheWindow where the delivery is due later than an emergency lasts under the set."""
    window_ms = sources.consent.policy_of(ctx.state, relation).body.emergency.window_ms
    if msg.deliver_by > ctx.time + window_ms:
        raise errors.PastTheWindow


def review_break_glass(sources: Sources, ctx: Context, msg: ReviewBreakGlass) -> None:
    """Note what a reviewer says; the second one, of another kind, closes the review."""
    # AUTHORISE
    review = keeper.get_review(ctx.state, msg.relation, msg.release)
    if review is None:
        raise errors.NoSuchBreakGlass
    kind = _reviewer(sources, ctx, msg)
    if kind is None:
        raise errors.NotAReviewer
    if msg.reviewer == review.requester:
        raise errors.ByTheRequester
    # CHECK
    if msg.verdict not in VERDICTS:
        raise errors.UnknownVerdict
    if review.closed is not None:
        raise errors.ReviewClosed
    if any(word[0] == kind for word in review.words):
        raise errors.AlreadyReviewed
    # WRITE
    words = (*review.words, (int(kind), msg.reviewer, msg.verdict, ctx.time))
    closed = len(words) >= NEEDED
    changed = replace(review, words=words, closed=ctx.time if closed else None)
    keeper.put_review(ctx.state, msg.relation, msg.release, changed)
    # EMIT
    ctx.emit(
        BreakGlassReviewed(
            msg.relation,
            review.requester,
            review.custodian,
            msg.release,
            msg.reviewer,
            int(kind),
            msg.verdict,
            closed,
        )
    )


def _reviewer(sources: Sources, ctx: Context, msg: ReviewBreakGlass) -> ReviewerKind | None:
    """Return in which place the reviewer speaks; a custodian that is a regulator too speaks as custodian."""
    if msg.reviewer == msg.relation:
        own = ctx.signed_by(msg.reviewer, Role.DEVICE) and not sources.records.deceased(ctx.state, msg.relation)
        return ReviewerKind.PATIENT if own else None
    if not ctx.signed_by(msg.reviewer, Role.GATEWAY):
        return None
    if msg.reviewer == sources.accounts.custodian_of(ctx.state, msg.relation):
        return ReviewerKind.CUSTODIAN
    regulator = OrganisationRole.REGULATOR in sources.accounts.roles(ctx.state, msg.reviewer)
    return ReviewerKind.REGULATOR if regulator and sources.governance.is_active(ctx.state, msg.reviewer) else None
