"""Handlers of freezing and re-proving, each in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.accounts import devices, errors, keeper, listing, recovery_errors, recovery_keeper
from salus.contracts.accounts.claims import custodians_own
from salus.contracts.accounts.expected import CONTESTED_DELAY_MS, RECOVERY_DELAY_MS, Governance
from salus.contracts.accounts.organisations import require_gateway
from salus.contracts.accounts.queries import frozen
from salus.contracts.accounts.recovery import as_stored, begin, check_terms, require_none_pending, require_staff
from salus.contracts.accounts.recovery_events import AccountFrozen, FreezeLifted, ReproofOffered, ReproofStarted
from salus.contracts.accounts.recovery_messages import (
    ConfirmReproof,
    FreezeAccount,
    FreezeInPerson,
    LiftFreeze,
    ReproveAccount,
)
from salus.contracts.accounts.recovery_types import Frozen, OfferedReproof, RecoveryKind
from salus.contracts.accounts.types import PersonState
from salus.contracts.context import Context
from salus.core.keys import Role
from salus.core.signatures import key_id


def freeze_account(ctx: Context, msg: FreezeAccount) -> None:
    """Freeze by a printed code; also one whose freeze is being lifted, which is the veto of that."""
    # AUTHORISE
    if not ctx.signed_by(msg.account, Role.FREEZE):
        raise recovery_errors.NotFreezeKey
    # CHECK, WRITE, EMIT
    _freeze(ctx, msg.account, None, None)


def freeze_in_person(governance: Governance, ctx: Context, msg: FreezeInPerson) -> None:
    """Freeze for a person who is at the desk."""
    # AUTHORISE
    person = custodians_own(governance, ctx, msg.custodian, msg.handle)
    # CHECK
    if person.state != PersonState.CLAIMED:
        raise errors.NotClaimed
    require_staff(ctx, msg.custodian, msg.staff)
    # WRITE, EMIT
    _freeze(ctx, msg.handle, msg.custodian, msg.staff)


def lift_freeze(governance: Governance, ctx: Context, msg: LiftFreeze) -> None:
    """Let the freeze end after the delay."""
    # AUTHORISE
    devices.signed_by_device(ctx, msg.account)
    devices.require_two(ctx, msg.account)
    # CHECK
    entry = recovery_keeper.get_frozen(ctx.state, msg.account)
    if entry is None or entry.lifts is not None:
        raise recovery_errors.NotFrozen
    # WRITE
    due = ctx.time + governance.parameter(ctx.state, RECOVERY_DELAY_MS)
    recovery_keeper.put_frozen(ctx.state, msg.account, replace(entry, lifts=due))
    # EMIT
    ctx.emit(FreezeLifted(msg.account, due))


def reprove_account(governance: Governance, ctx: Context, msg: ReproveAccount) -> None:
    """Note that the custodian re-identified the person; it replaces what it noted before."""
    # AUTHORISE
    person = custodians_own(governance, ctx, msg.custodian, msg.handle)
    # CHECK
    if person.state != PersonState.CLAIMED:
        raise errors.NotClaimed
    require_staff(ctx, msg.custodian, msg.staff)
    require_none_pending(ctx, msg.handle)
    check_terms(governance, ctx, msg.keys, msg.since)
    listing.check_possession(ctx, msg.handle, msg.keys)
    # WRITE
    recovery = ctx.object_id("recovery", msg.handle)
    offered = OfferedReproof(recovery, as_stored(msg.keys), msg.seal_key, msg.since)
    recovery_keeper.put_offered(ctx.state, msg.handle, offered)
    # EMIT
    ctx.emit(ReproofOffered(msg.handle, msg.custodian, msg.staff, recovery))


def confirm_reproof(governance: Governance, ctx: Context, msg: ConfirmReproof) -> None:
    """Start the recovery that two members, each by itself, found to be the person's."""
    # AUTHORISE
    if not governance.is_active(ctx.state, msg.member):
        raise errors.NotMember
    require_gateway(ctx, msg.member)
    # CHECK
    person = keeper.get_person(ctx.state, msg.handle)
    if person is None:
        raise errors.NoSuchAccount
    if person.custodian == msg.member:
        raise recovery_errors.ByOneMember
    require_staff(ctx, msg.member, msg.staff)
    require_none_pending(ctx, msg.handle)
    offered = recovery_keeper.get_offered(ctx.state, msg.handle)
    if offered is None or offered.id != msg.recovery:
        raise recovery_errors.NoSuchRecovery
    ids = _check_still_sound(governance, ctx, offered)
    # WRITE
    recovery_keeper.end_offered(ctx.state, msg.handle)
    terms = offered.keys, ids, offered.seal_key, offered.since
    due = begin(governance, ctx, msg.handle, offered.id, RecoveryKind.IN_PERSON, *terms)
    # EMIT
    ctx.emit(ReproofStarted(msg.handle, msg.member, msg.staff, offered.id, offered.since, due))


def _check_still_sound(governance: Governance, ctx: Context, offered: OfferedReproof) -> list[bytes]:
    """Return the ids of the keys; raise InvalidValidity or KeyListed, which may have come about since."""
    delays = (RECOVERY_DELAY_MS, CONTESTED_DELAY_MS)
    until = ctx.time + sum(governance.parameter(ctx.state, delay) for delay in delays)
    if any(end <= until for _, _, _, end in offered.keys):
        raise errors.InvalidValidity
    ids = [key_id(ctx.network, public) for _, public, _, _ in offered.keys]
    if any(keeper.key_owner(ctx.state, kid) is not None for kid in ids):
        raise errors.KeyListed
    return ids


def _freeze(ctx: Context, handle: bytes, custodian: bytes | None, staff: bytes | None) -> None:
    before = frozen(ctx.state, handle, ctx.time)
    if before is not None and before.lifts is None:
        raise recovery_errors.AlreadyFrozen
    recovery_keeper.put_frozen(ctx.state, handle, Frozen(ctx.time, None))
    ctx.emit(AccountFrozen(handle, custodian, staff))
