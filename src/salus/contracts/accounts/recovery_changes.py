"""Handlers of keyholders, printed codes and delayed changes, each in the beats authorise, check, write, emit."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from salus.contracts.accounts import devices, errors, keeper, listing, recovery_errors, recovery_keeper
from salus.contracts.accounts import messages as m
from salus.contracts.accounts.claims import carried_by
from salus.contracts.accounts.expected import RECOVERY_DELAY_MS, Governance
from salus.contracts.accounts.queries import barred, live_key
from salus.contracts.accounts.recovery_events import ChangeMade, ChangeProposed, ChangeVetoed, KeyholdersSet
from salus.contracts.accounts.recovery_messages import (
    AddFreezeKey,
    CompleteChange,
    KeyholderEntry,
    ProposeChange,
    SetKeyholders,
    VetoChange,
)
from salus.contracts.accounts.recovery_types import THRESHOLDS, Keyholding, PendingChange
from salus.contracts.accounts.types import POLICIES, Person
from salus.contracts.context import Context
from salus.core.encoding import decode
from salus.core.errors import InvalidKey
from salus.core.keys import Role, possession
from salus.core.signatures import key_id, valid_public_key

Change = m.AddKey | m.RevokeKey | SetKeyholders
_SHAPES: dict[int, type[Change]] = {0x020B: m.AddKey, 0x020C: m.RevokeKey, 0x0210: SetKeyholders}
_FREEZE_ROLES = (int(Role.FREEZE),)


class _Pending(NamedTuple):
    key: bytes  # that wants it
    entry: PendingChange


def set_keyholders(ctx: Context, msg: SetKeyholders) -> None:
    """Put keyholders and policy in place at once."""
    # AUTHORISE
    person = devices.changing(ctx, msg.account)
    devices.require_two(ctx, msg.account)
    # CHECK
    _check_keyholders(ctx, msg)
    # WRITE, EMIT
    _put_keyholders(ctx, person, msg)


def add_freeze_key(governance: Governance, ctx: Context, msg: AddFreezeKey) -> None:
    """List the key of a printed code; one device is enough, since all it can do is to freeze."""
    # AUTHORISE
    person = devices.changing(ctx, msg.account)
    # CHECK
    kid = devices.check_new_key(governance, ctx, msg.account, msg.key, _FREEZE_ROLES)
    # WRITE, EMIT
    devices.put_key(ctx, msg.account, person, kid, msg.key)


def propose_change(governance: Governance, ctx: Context, msg: ProposeChange) -> None:
    """Note what one device key wants; it is checked now, and again when it takes effect."""
    # AUTHORISE
    devices.changing(ctx, msg.account)
    key = next(s.key for s in ctx.signers if s.account == msg.account and s.role == Role.DEVICE)
    # CHECK
    change = _read(msg.number, msg.change, msg.account)
    new = ctx.object_id("change", msg.account)
    if any(key == by or entry.id == new for by, entry in recovery_keeper.get_changes(ctx.state, msg.account)):
        raise recovery_errors.ChangePending  # or a nonce was used twice
    _check(governance, ctx, change)
    # WRITE
    due = ctx.time + governance.parameter(ctx.state, RECOVERY_DELAY_MS)
    entry = PendingChange(new, msg.number, msg.change, due)
    recovery_keeper.put_change(ctx.state, msg.account, key, entry)
    # EMIT
    ctx.emit(ChangeProposed(msg.account, entry.id, key, msg.number, due))


def veto_change(ctx: Context, msg: VetoChange) -> None:
    """End a pending change; the key that wants it may withdraw it so."""
    # AUTHORISE
    devices.signed_by_device(ctx, msg.account)
    # CHECK
    pending = _pending(ctx, msg.account, msg.change)
    # WRITE
    recovery_keeper.end_change(ctx.state, msg.account, pending.key)
    # EMIT
    ctx.emit(ChangeVetoed(msg.account, msg.change))


def complete_change(governance: Governance, ctx: Context, msg: CompleteChange) -> None:
    """Make a change that nobody vetoed."""
    # AUTHORISE
    carried_by(governance, ctx, msg.carrier)
    # CHECK
    person = keeper.get_person(ctx.state, msg.account)
    if person is None:
        raise errors.NoSuchAccount
    if barred(ctx.state, msg.account, ctx.time):
        raise recovery_errors.AccountBarred
    pending = _pending(ctx, msg.account, msg.change)
    if live_key(ctx.state, msg.account, pending.key, ctx.time) is None:
        raise recovery_errors.NoSuchChange
    if ctx.time < pending.entry.due:
        raise recovery_errors.ChangeDelayed
    change = _read(pending.entry.number, pending.entry.change, msg.account)
    kid = _check(governance, ctx, change)
    # WRITE, EMIT
    recovery_keeper.end_change(ctx.state, msg.account, pending.key)
    ctx.emit(ChangeMade(msg.account, msg.carrier, msg.change))
    _make(ctx, person, change, kid)


def _read(number: int, raw: bytes, account: bytes) -> Change:
    """Return the change; raise UnknownChange or Malformed."""
    if number not in _SHAPES:
        raise recovery_errors.UnknownChange
    change = decode(raw, _SHAPES[number])
    if change.account != account:
        raise recovery_errors.UnknownChange
    return change


def _check(governance: Governance, ctx: Context, change: Change) -> bytes:
    """Raise what the message itself would; return the id of the key that it is about, if there is one."""
    if isinstance(change, m.AddKey):
        return devices.check_new_key(governance, ctx, change.account, change.key, listing.PERSON_ROLES)
    if isinstance(change, m.RevokeKey):
        devices.unrevoked(ctx, change.account, change.key)
        return change.key
    _check_keyholders(ctx, change)
    return b""


def _make(ctx: Context, person: Person, change: Change, kid: bytes) -> None:
    if isinstance(change, m.AddKey):
        devices.put_key(ctx, change.account, person, kid, change.key)
    elif isinstance(change, m.RevokeKey):
        devices.end_key(ctx, change.account, kid, devices.unrevoked(ctx, change.account, kid))
    else:
        _put_keyholders(ctx, person, change)


def _check_keyholders(ctx: Context, msg: SetKeyholders) -> None:
    """Raise UnknownPolicy, WrongKeyholders, KeyListed or InvalidKey; who stays keeps the key that is listed."""
    if msg.policy not in POLICIES:
        raise errors.UnknownPolicy
    publics = [entry.public for entry in msg.holders]
    if len(msg.holders) != THRESHOLDS[msg.policy][1]:
        raise recovery_errors.WrongKeyholders
    before = [public for _, public in recovery_keeper.get_keyholding(ctx.state, msg.account).holders]
    fresh = [entry for entry in msg.holders if entry.public not in before]
    if len(dict.fromkeys(publics)) != len(publics):
        raise errors.KeyListed
    listing.check_unlisted(ctx, [entry.public for entry in fresh])
    _check_possession(ctx, msg.account, fresh)


def _check_possession(ctx: Context, account: bytes, entries: Sequence[KeyholderEntry]) -> None:
    for entry in entries:
        signed = possession(ctx.network, account, Role.KEYHOLDER, entry.public)
        if not valid_public_key(entry.public) or not ctx.verify(entry.public, signed, entry.proof):
            raise InvalidKey


def _put_keyholders(ctx: Context, person: Person, msg: SetKeyholders) -> None:
    """Put them in place under a new version, so that approvals given before are void."""
    ids = tuple(key_id(ctx.network, entry.public) for entry in msg.holders)
    for kid in ids:
        keeper.reserve_key(ctx.state, kid, msg.account)
    version = recovery_keeper.get_keyholding(ctx.state, msg.account).version + 1
    holders = tuple((entry.suite, entry.public) for entry in msg.holders)
    recovery_keeper.put_keyholding(ctx.state, msg.account, Keyholding(version, holders))
    keeper.put_person(ctx.state, msg.account, replace(person, policy=msg.policy))
    ctx.emit(KeyholdersSet(msg.account, version, msg.policy, ids))


def _pending(ctx: Context, account: bytes, change: bytes) -> _Pending:
    for key, entry in recovery_keeper.get_changes(ctx.state, account):
        if entry.id == change:
            return _Pending(key, entry)
    raise recovery_errors.NoSuchChange
