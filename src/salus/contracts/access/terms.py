"""What releases of every kind have in common: who may receive, the root, the trigger, the time of delivery."""

from salus.contracts.access import errors, keeper
from salus.contracts.access.basis import Sources
from salus.contracts.access.expected import ANCHOR_GRACE_MS, REQUEST_WINDOW_MS
from salus.contracts.access.requests import Verified
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.context import Context
from salus.core.genesis import Purpose


def admitted(sources: Sources, ctx: Context, request: Verified, at: int | None = None) -> Purpose:
    """Return the purpose's row; raise MayNotReceive, NoSuchPurpose or StaffNotAttested (at `at`, where given)."""
    if not request.own and not sources.governance.may_receive(ctx.state, request.recipient):
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


def check_in_use(sources: Sources, ctx: Context, relation: bytes, recipient: bytes) -> None:
    """Raise RelationRestricted where the relation is kept and not used, but for the person herself."""
    if recipient != relation and sources.records.restricted(ctx.state, relation):
        raise errors.RelationRestricted


def put_answer(
    ctx: Context, relation: bytes, release: bytes, outcome: Outcome, recipient: bytes, leaves: bytes | None, by: int
) -> None:
    """Store what became of a request, which consumes it; `by` is when its data is due, or its session ends."""
    answer = Answer(int(outcome), recipient, ctx.time, leaves, by, None)
    keeper.put_answer(ctx.state, relation, release, answer)
