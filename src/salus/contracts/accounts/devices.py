"""Handlers of a person's own keys, each in the beats authorise, check, write, emit.

Keyholders, delayed changes and recovery are another matter: here two device keys act, or one for itself.
"""

import msgspec

from salus.contracts.accounts import errors, keeper, listing
from salus.contracts.accounts.events import KeyAdded, KeyRevoked, SealKeyRotated
from salus.contracts.accounts.expected import MAX_KEYS, Governance
from salus.contracts.accounts.messages import AddKey, RevokeKey, RevokeOwnKey, RotateSealKey
from salus.contracts.accounts.queries import live_keys
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.context import Context
from salus.core.keys import Role


def add_key(governance: Governance, ctx: Context, msg: AddKey) -> None:
    """List a further device key."""
    # AUTHORISE
    person = _signed_by_device(ctx, msg.account)
    _require_two(ctx, msg.account)
    # CHECK
    if len(listing.remaining(ctx.state, msg.account, ctx.time)) >= governance.parameter(ctx.state, MAX_KEYS):
        raise errors.TooManyKeys
    listing.check_shape([msg.key], listing.PERSON_ROLES, ctx.time)
    (kid,) = listing.check_unlisted(ctx, [msg.key.public])
    listing.check_possession(ctx, msg.account, [msg.key])
    # WRITE
    keeper.list_key(ctx.state, msg.account, kid, listing.key_of(msg.key, person.generation))
    # EMIT
    ctx.emit(KeyAdded(msg.account, kid))


def revoke_key(ctx: Context, msg: RevokeKey) -> None:
    """End another device key."""
    # AUTHORISE
    _signed_by_device(ctx, msg.account)
    _require_two(ctx, msg.account)
    # CHECK, WRITE, EMIT
    _revoke(ctx, msg.account, msg.key)


def revoke_own_key(ctx: Context, msg: RevokeOwnKey) -> None:
    """End the very key that signs, of a person or an organisation, even its last one."""
    # AUTHORISE
    if not any(s.account == msg.account and s.key == msg.key for s in ctx.signers):
        raise errors.NotOwnKey
    # CHECK, WRITE, EMIT
    _revoke(ctx, msg.account, msg.key)


def rotate_seal_key(ctx: Context, msg: RotateSealKey) -> None:
    """Change the HPKE key."""
    # AUTHORISE
    person = _signed_by_device(ctx, msg.account)
    if ctx.signed_by(msg.account, Role.DEVICE) < 2 and _others(ctx, msg.account):
        raise errors.SecondKeyNeeded
    # WRITE
    keeper.put_person(ctx.state, msg.account, msgspec.structs.replace(person, seal_key=msg.seal_key))
    # EMIT
    ctx.emit(SealKeyRotated(msg.account, msg.seal_key))


def _signed_by_device(ctx: Context, account: bytes) -> Person:
    person = keeper.get_person(ctx.state, account)
    if person is None:
        raise errors.NoSuchAccount
    if person.state != PersonState.CLAIMED:
        raise errors.NotClaimed
    if not ctx.signed_by(account, Role.DEVICE):
        raise errors.NotDevice
    return person


def _require_two(ctx: Context, account: bytes) -> None:
    if ctx.signed_by(account, Role.DEVICE) < 2:
        raise errors.SecondKeyNeeded if _others(ctx, account) else errors.DelayNeeded


def _others(ctx: Context, account: bytes) -> bool:
    """True if the account has live device keys beside those that signed."""
    signed = [s.key for s in ctx.signers]
    return any(key not in signed for key in live_keys(ctx.state, account, Role.DEVICE, ctx.time))


def _revoke(ctx: Context, account: bytes, key: bytes) -> None:
    entry = keeper.get_unrevoked_key(ctx.state, account, key)
    if entry is None:
        raise errors.NoSuchKey
    keeper.revoke_key(ctx.state, account, key, entry)
    ctx.emit(KeyRevoked(account, key))
