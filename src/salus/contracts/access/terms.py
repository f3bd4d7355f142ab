"""What releases of every kind have in common: who may receive, the root, the trigger, the time of delivery."""

from salus.contracts.access import errors, keeper, recovery_errors
from salus.contracts.access.basis import Ground, Sources, asked_of
from salus.contracts.access.expected import ANCHOR_GRACE_MS, REQUEST_WINDOW_MS
from salus.contracts.access.requests import Verified
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.context import Context
from salus.core.genesis import Purpose
from salus.core.keys import Role
from salus.policy.public import authority_obstacle
from salus.policy.reasons import Reason


def admitted(sources: Sources, ctx: Context, request: Verified, at: int | None = None) -> Purpose:
    """Return the purpose's row; raise MayNotReceive, NoSuchPurpose or StaffNotAttested (at `at`, where given)."""
    if request.signer.role != Role.DEVICE and not sources.governance.may_receive(
        ctx.state, request.recipient, ctx.time
    ):
        raise errors.MayNotReceive
    purpose = known_purpose(sources, ctx, request.payload.purpose)
    staff, time = request.payload.staff, ctx.time if at is None else at
    if staff is not None and not sources.accounts.staff_attested(ctx.state, request.recipient, staff, time):
        raise errors.StaffNotAttested
    return purpose


def known_purpose(sources: Sources, ctx: Context, number: int) -> Purpose:
    """Return the row of the governed table; raise NoSuchPurpose."""
    purpose = sources.governance.purpose(ctx.state, number)
    if purpose is None:
        raise errors.NoSuchPurpose
    return purpose


def check_root(sources: Sources, ctx: Context, relation: bytes, root: bytes, at: int | None = None) -> None:
    """Raise RootNotValid unless the root is the relation's, or was a moment before (this block, or `at`)."""
    grace_ms = sources.governance.parameter(ctx.state, ANCHOR_GRACE_MS)
    if not sources.records.root_valid(ctx.state, relation, root, ctx.time if at is None else at, grace_ms):
        raise errors.RootNotValid


def check_delivery(sources: Sources, ctx: Context, deliver_by: int) -> None:
    """Raise InvalidDelivery unless it is due after this block, within the window."""
    window_ms = sources.governance.parameter(ctx.state, REQUEST_WINDOW_MS)
    if not ctx.time < deliver_by <= ctx.time + window_ms:
        raise errors.InvalidDelivery


def check_in_use(sources: Sources, ctx: Context, relation: bytes, recipient: bytes, *, outlives: bool = False) -> None:
    """Raise RelationRestricted, PersonDeceased or RelationClosed where the relation is kept and not used so.

    The person has access to what is restricted or closed. A ground that `outlives` her word, a mandate, an order or
    the authority of an estate, serves after her death and a closed relation too. Raise AccountBarred where she asks
    and the account is frozen or being recovered: it may not be she.
    """
    records, state, own = sources.records, ctx.state, recipient == relation
    if not own and records.restricted(state, relation):
        raise errors.RelationRestricted
    if not outlives and records.deceased(state, relation):
        raise errors.PersonDeceased
    if not own and not outlives and records.closed(state, relation):
        raise errors.RelationClosed
    if own and sources.accounts.barred(state, relation, ctx.time):
        raise recovery_errors.AccountBarred


def check_authority(
    sources: Sources, ctx: Context, ground: Ground, relation: bytes, recipient: bytes, purpose: Purpose
) -> None:
    """Raise AuthorityEnded or AuthoritySuspended where who granted the directive has lost the right to."""
    if ground.directive is None or ground.directive.under is None:
        return

    def holds(under: bytes, number: int) -> int:
        return sources.accounts.holds(ctx.state, relation, under, ctx.time, number)

    asked = asked_of(sources, ctx, recipient, purpose)._replace(holds=holds)
    obstacle = authority_obstacle(ground.directive, asked)
    if obstacle == Reason.AUTHORITY_ENDED:
        raise errors.AuthorityEnded
    if obstacle is not None:
        raise errors.AuthoritySuspended


def put_answer(
    ctx: Context, relation: bytes, release: bytes, outcome: Outcome, recipient: bytes, leaves: bytes | None, by: int
) -> None:
    """Store what became of a request, which consumes it; `by` is when its data is due, or its session ends."""
    answer = Answer(int(outcome), recipient, ctx.time, leaves, by, None)
    keeper.put_answer(ctx.state, relation, release, answer)
