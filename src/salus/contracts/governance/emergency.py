"""Members suspend another at once and for a while, where a vote would come too late."""

from itertools import pairwise

from salus.contracts.context import Context
from salus.contracts.governance import errors, keeper, queries
from salus.contracts.governance.events import MemberSuspended
from salus.contracts.governance.expected import Accounts
from salus.contracts.governance.messages import EmergencySuspend
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Emergency, MemberState
from salus.state.overlay import Reader

_NEVER = Emergency(0, 0, ())


def emergency_suspend(accounts: Accounts, ctx: Context, msg: EmergencySuspend) -> None:
    """Suspend a member until a time of the block; it ends by itself, and nothing is written then."""
    # AUTHORISE
    for member in msg.by:
        if not queries.is_active(ctx.state, member):
            raise errors.NotActiveMember
    for member in msg.by:
        if not accounts.administered(ctx, member):
            raise errors.NotAdministration
    # CHECK
    before = keeper.get_emergency(ctx.state, msg.member) or _NEVER
    _check(ctx, msg, before)
    # WRITE
    until = ctx.time + queries.parameter(ctx.state, Parameter.EMERGENCY_SUSPENSION_MS)
    entry = Emergency(
        until if msg.recipient and before.recipient_until <= ctx.time else before.recipient_until,
        until if msg.custodian and before.custodian_until <= ctx.time else before.custodian_until,
        tuple(sorted((*before.spent, *msg.by))),
    )
    keeper.put_emergency(ctx.state, msg.member, entry)
    # EMIT
    recipient, custodian = (end if end > ctx.time else 0 for end in (entry.recipient_until, entry.custodian_until))
    ctx.emit(MemberSuspended(msg.member, recipient, custodian, msg.by))


def _check(ctx: Context, msg: EmergencySuspend, before: Emergency) -> None:
    """Raise NoSuchMember, UnsortedMembers, or what follows from NothingSuspended to NoQuorumLeft."""
    if not queries.is_serving(ctx.state, msg.member):
        raise errors.NoSuchMember
    if any(x >= y for x, y in pairwise(msg.by)):
        raise errors.UnsortedMembers
    if not (msg.recipient or msg.custodian):
        raise errors.NothingSuspended
    if msg.member in msg.by:
        raise errors.SuspendsItself
    if any(queries.in_emergency(ctx.state, member, ctx.time) for member in msg.by):
        raise errors.SignerSuspended
    if len(msg.by) < queries.parameter(ctx.state, Parameter.EMERGENCY_MEMBERS):
        raise errors.TooFewMembers
    adds_recipient = msg.recipient and before.recipient_until <= ctx.time
    if not (adds_recipient or (msg.custodian and before.custodian_until <= ctx.time)):
        raise errors.AlreadySuspended
    if any(member in before.spent for member in msg.by):
        raise errors.SaidBefore
    if not _quorum_left(ctx.state, msg.member, ctx.time):
        raise errors.NoQuorumLeft


def _quorum_left(state: Reader, member: bytes, time: int) -> bool:
    """True if those that no emergency suspends would still be more than two thirds of the active members."""
    suspended = [one for one, _ in keeper.list_emergencies(state) if queries.in_emergency(state, one, time)]
    out = [one for one in dict.fromkeys((*suspended, member)) if _is(state, one, MemberState.ACTIVE)]
    active = keeper.active_count(state)
    return not _is(state, member, MemberState.ACTIVE) or 3 * (active - len(out)) > 2 * active


def _is(state: Reader, member: bytes, wanted: MemberState) -> bool:
    entry = keeper.get_member(state, member)
    return entry is not None and entry.state == wanted
