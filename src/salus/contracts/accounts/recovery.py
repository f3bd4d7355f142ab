"""Handlers of recovery: start, veto, settle, complete; each in the beats authorise, check, write, emit.

Who may veto, and how it ends, is decided in docs/adr/0030.
"""

from msgspec.structs import replace

from salus.contracts.accounts import errors, keeper, listing, recovery_errors, recovery_keeper
from salus.contracts.accounts.claims import carried_by, custodians_own
from salus.contracts.accounts.expected import (
    CONTESTED_DELAY_MS,
    MAX_KEYS,
    RECENT_CHANGE_MS,
    RECOVERY_DELAY_MS,
    VETO_PERIOD_MS,
    Consents,
    Governance,
)
from salus.contracts.accounts.queries import staff_attested
from salus.contracts.accounts.recovery_events import (
    RecoveryContested,
    RecoveryFinal,
    RecoverySettled,
    RecoveryStarted,
    RecoveryVetoed,
)
from salus.contracts.accounts.recovery_messages import (
    Approval,
    CompleteRecovery,
    RecoveryPayload,
    SettleRecovery,
    StartRecovery,
    VetoPayload,
    VetoRecovery,
)
from salus.contracts.accounts.recovery_types import (
    THRESHOLDS,
    Finished,
    KeyHistory,
    Keyholding,
    NewKeys,
    PendingRecovery,
    RecoveryKind,
)
from salus.contracts.accounts.types import Key, KeyStatus, Person, PersonState, RecoveryPolicy
from salus.contracts.context import Context
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.core.hashing import T
from salus.core.keys import KeyEntry, Role
from salus.core.signatures import key_id


def start_recovery(governance: Governance, ctx: Context, msg: StartRecovery) -> None:
    """Take in a recovery that enough keyholders approved; it is pending until its delay is over."""
    # AUTHORISE
    carried_by(governance, ctx, msg.carrier)
    # CHECK
    wanted = decode(msg.recovery, RecoveryPayload)
    approved = cose.parse("approval", msg.approval)
    approval = decode(approved.payload, Approval)
    recovery = T("recovery", ctx.network, msg.recovery)
    person = claimed_person(ctx, wanted.handle)
    require_none_pending(ctx, wanted.handle)
    held = recovery_keeper.get_keyholding(ctx.state, wanted.handle)
    if not held.holders:
        raise recovery_errors.NoKeyholders
    if wanted.version != held.version:
        raise recovery_errors.OtherPolicyVersion
    ids = check_terms(governance, ctx, wanted.keys, wanted.since)
    if approval.recovery != recovery:
        raise recovery_errors.TooFewApprovals
    _check_approvals(ctx, approved, held, person)
    listing.check_possession(ctx, wanted.handle, wanted.keys)
    _check_signatures(ctx, approved, held)
    # WRITE
    keys, kind = as_stored(wanted.keys), RecoveryKind.KEYHOLDERS
    due = begin(governance, ctx, wanted.handle, recovery, kind, keys, ids, wanted.seal_key, wanted.since)
    # EMIT
    ctx.emit(RecoveryStarted(wanted.handle, msg.carrier, recovery, wanted.since, due))


def veto_recovery(governance: Governance, ctx: Context, msg: VetoRecovery) -> None:
    """Void a recovery; the second time within the period freeze the key instead, and leave it to the desk."""
    # AUTHORISE
    carried_by(governance, ctx, msg.carrier)
    # CHECK
    signed = cose.parse("veto", msg.veto)
    veto = decode(signed.payload, VetoPayload)
    pending = _pending(ctx, veto.handle, veto.recovery)
    kid, signature = signed.signatures[0]
    history = recovery_keeper.get_history(ctx.state, veto.handle, kid)
    entry = _vetoing_key(governance, ctx, veto.handle, kid, pending, history)
    if len(signed.signatures) != 1 or entry is None:
        raise recovery_errors.NotAVetoingKey
    if pending.contested:
        raise recovery_errors.Contested
    if not ctx.verify(entry.public, cose.to_be_signed("veto", ctx.network, signed.payload, kid), signature):
        raise WrongSignature
    # WRITE, EMIT
    period = governance.parameter(ctx.state, VETO_PERIOD_MS)
    if history.vetoed is not None and ctx.time < history.vetoed + period:
        _contest(governance, ctx, veto.handle, kid, entry, pending)
        return
    recovery_keeper.put_history(ctx.state, veto.handle, kid, replace(history, vetoed=ctx.time))
    recovery_keeper.end_recovery(ctx.state, veto.handle)
    ctx.emit(RecoveryVetoed(veto.handle, pending.id, kid))


def settle_recovery(governance: Governance, ctx: Context, msg: SettleRecovery) -> None:
    """Note the custodian's identity check of a contested recovery."""
    # AUTHORISE
    custodians_own(governance, ctx, msg.custodian, msg.handle)
    # CHECK
    require_staff(ctx, msg.custodian, msg.staff)
    pending = _pending(ctx, msg.handle, msg.recovery)
    if not pending.contested or pending.checked:
        raise recovery_errors.NotContested
    # WRITE
    if msg.confirmed:
        recovery_keeper.put_recovery(ctx.state, msg.handle, replace(pending, checked=True))
    else:
        recovery_keeper.end_recovery(ctx.state, msg.handle)
    # EMIT
    ctx.emit(RecoverySettled(msg.handle, msg.custodian, msg.staff, pending.id, msg.confirmed))


def complete_recovery(governance: Governance, consents: Consents, ctx: Context, msg: CompleteRecovery) -> None:
    """Make a recovery final whose delay is over, and whose identity check was made if it is contested."""
    # AUTHORISE
    carried_by(governance, ctx, msg.carrier)
    # CHECK
    person = claimed_person(ctx, msg.handle)
    pending = _pending(ctx, msg.handle, msg.recovery)
    if ctx.time < pending.due:
        raise recovery_errors.RecoveryDelayed
    if pending.contested and not pending.checked:
        raise recovery_errors.IdentityUnchecked
    # WRITE, EMIT
    _make_final(consents, ctx, msg.handle, person, pending)


def claimed_person(ctx: Context, handle: bytes) -> Person:
    """Return the account; raise NoSuchAccount or NotClaimed."""
    person = keeper.get_person(ctx.state, handle)
    if person is None:
        raise errors.NoSuchAccount
    if person.state != PersonState.CLAIMED:
        raise errors.NotClaimed
    return person


def require_none_pending(ctx: Context, handle: bytes) -> None:
    """Raise RecoveryPending."""
    if recovery_keeper.get_recovery(ctx.state, handle) is not None:
        raise recovery_errors.RecoveryPending


def require_staff(ctx: Context, organisation: bytes, staff: bytes) -> None:
    """Raise NotCheckedByStaff."""
    if not staff_attested(ctx.state, organisation, staff, ctx.time):
        raise recovery_errors.NotCheckedByStaff


def check_terms(governance: Governance, ctx: Context, keys: tuple[KeyEntry, ...], since: int | None) -> list[bytes]:
    """Check time and new keys but no signature; return the ids of the keys."""
    if since is not None and since > ctx.time:
        raise recovery_errors.CompromisedLater
    if len(keys) > governance.parameter(ctx.state, MAX_KEYS):
        raise errors.TooManyKeys
    # A key that may be over when the recovery is final would lock the person out; it may be contested.
    delays = (RECOVERY_DELAY_MS, CONTESTED_DELAY_MS)
    until = ctx.time + sum(governance.parameter(ctx.state, delay) for delay in delays)
    listing.check_shape(keys, listing.PERSON_ROLES, until)
    return listing.check_unlisted(ctx, [entry.public for entry in keys])


def as_stored(keys: tuple[KeyEntry, ...]) -> NewKeys:
    """Return what is stored of checked keys."""
    return tuple((entry.suite, entry.public, entry.start, entry.end) for entry in keys)


def begin(
    governance: Governance,
    ctx: Context,
    handle: bytes,
    recovery: bytes,
    kind: RecoveryKind,
    keys: NewKeys,
    ids: list[bytes],
    seal_key: bytes,
    since: int | None,
) -> int:
    """Put a checked recovery in place, its keys reserved for ever; return when it is due."""
    for kid in ids:
        keeper.reserve_key(ctx.state, kid, handle)
    due = ctx.time + governance.parameter(ctx.state, RECOVERY_DELAY_MS)
    entry = PendingRecovery(recovery, int(kind), keys, seal_key, since, ctx.time, due, False, False)
    recovery_keeper.put_recovery(ctx.state, handle, entry)
    return due


def _check_approvals(ctx: Context, approved: cose.Signed, held: Keyholding, person: Person) -> None:
    """Raise TooFewApprovals unless enough keyholders, and nobody else, signed."""
    holders = [key_id(ctx.network, public) for _, public in held.holders]
    signers = [kid for kid, _ in approved.signatures]
    needed = THRESHOLDS[person.policy or int(RecoveryPolicy.IN_PERSON)][0]
    if any(kid not in holders for kid in signers) or len(signers) < needed:
        raise recovery_errors.TooFewApprovals


def _check_signatures(ctx: Context, approved: cose.Signed, held: Keyholding) -> None:
    publics = {key_id(ctx.network, public): public for _, public in held.holders}
    for kid, signature in approved.signatures:
        message = cose.to_be_signed("approval", ctx.network, approved.payload, kid)
        if not ctx.verify(publics[kid], message, signature):
            raise WrongSignature


def _vetoing_key(
    governance: Governance, ctx: Context, handle: bytes, kid: bytes, pending: PendingRecovery, history: KeyHistory
) -> Key | None:
    """Return a device key that was live before the recent changes, also one that others stripped since then.

    Whoever holds a stolen key can so neither make further keys that veto, nor silence those there were.
    """
    person, entry = keeper.get_person(ctx.state, handle), keeper.get_key(ctx.state, handle, kid)
    if person is None or entry is None or entry.role != Role.DEVICE or entry.generation != person.generation:
        return None
    before = max(0, pending.started - governance.parameter(ctx.state, RECENT_CHANGE_MS))
    begun = before if history.listed else pending.started  # keys of the generation are the eldest there are
    if history.listed > before or entry.start > begun or entry.end <= before:
        return None
    if entry.status == KeyStatus.REVOKED and (history.ended is None or history.ended <= before):
        return None  # it ended by itself, or long ago
    return entry


def _contest(
    governance: Governance, ctx: Context, handle: bytes, kid: bytes, entry: Key, pending: PendingRecovery
) -> None:
    due = ctx.time + governance.parameter(ctx.state, CONTESTED_DELAY_MS)
    if entry.status == KeyStatus.LISTED:
        keeper.list_key(ctx.state, handle, kid, replace(entry, status=int(KeyStatus.FROZEN)))
    recovery_keeper.put_recovery(ctx.state, handle, replace(pending, due=due, contested=True))
    ctx.emit(RecoveryContested(handle, pending.id, kid, due))


def _make_final(consents: Consents, ctx: Context, handle: bytes, person: Person, pending: PendingRecovery) -> None:
    """Void every earlier key with what it wanted, list the new ones, end a freeze, suspend suspect grants."""
    for old, entry in keeper.listed_keys(ctx.state, handle):
        keeper.revoke_key(ctx.state, handle, old, entry)
    generation, ids = person.generation + 1, []
    for suite, public, start, end in pending.keys:
        ids.append(key_id(ctx.network, public))
        key = Key(suite, int(Role.DEVICE), public, start, end, generation, int(KeyStatus.LISTED))
        keeper.list_key(ctx.state, handle, ids[-1], key)
    held = recovery_keeper.get_keyholding(ctx.state, handle)
    in_person = pending.kind == RecoveryKind.IN_PERSON  # who had the keys may have named these keyholders
    kept = () if in_person else held.holders
    policy = int(RecoveryPolicy.IN_PERSON) if in_person else person.policy
    recovery_keeper.put_keyholding(ctx.state, handle, Keyholding(held.version + 1, kept))
    after = replace(person, generation=generation, policy=policy, seal_key=pending.seal_key)
    keeper.put_person(ctx.state, handle, after)
    recovery_keeper.end_recovery(ctx.state, handle)
    recovery_keeper.end_frozen(ctx.state, handle)
    recovery_keeper.end_offered(ctx.state, handle)
    recovery_keeper.put_finished(ctx.state, handle, Finished(generation, ctx.time))
    ctx.emit(RecoveryFinal(handle, pending.id, pending.kind, generation, pending.since, tuple(ids)))
    if pending.since is not None:
        consents.suspend_since(ctx, handle, pending.since)


def _pending(ctx: Context, handle: bytes, recovery: bytes) -> PendingRecovery:
    pending = recovery_keeper.get_recovery(ctx.state, handle)
    if pending is None or pending.id != recovery:
        raise recovery_errors.NoSuchRecovery
    return pending
