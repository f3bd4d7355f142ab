"""Handlers of a person's own keys, each in the beats authorise, check, write, emit.

Here two device keys act, or one for itself; what one device key may have changed with a delay is in
`recovery_changes.py`, which makes its changes by the functions here.
"""

import msgspec

from salus.contracts.accounts import errors, keeper, listing, recovery_keeper
from salus.contracts.accounts.events import KeyAdded, KeyRevoked, SealKeyRotated
from salus.contracts.accounts.expected import MAX_KEYS, Governance
from salus.contracts.accounts.messages import AddKey, RevokeKey, RevokeOwnKey, RotateSealKey
from salus.contracts.accounts.queries import barred, live_keys
from salus.contracts.accounts.recovery_errors import AccountBarred
from salus.contracts.accounts.recovery_types import KeyHistory
from salus.contracts.accounts.types import Key, Person, PersonState
from salus.contracts.context import Context
from salus.core.keys import KeyEntry, Role


def add_key(governance: Governance, ctx: Context, msg: AddKey) -> None:
    """List a further device key."""
    # AUTHORISE
    person = changing(ctx, msg.account)
    require_two(ctx, msg.account)
    # CHECK
    kid = check_new_key(governance, ctx, msg.account, msg.key, listing.PERSON_ROLES)
    # WRITE, EMIT
    put_key(ctx, msg.account, person, kid, msg.key)


def revoke_key(ctx: Context, msg: RevokeKey) -> None:
    """End another device key."""
    # AUTHORISE
    changing(ctx, msg.account)
    require_two(ctx, msg.account)
    # CHECK
    entry = unrevoked(ctx, msg.account, msg.key)
    # WRITE, EMIT
    end_key(ctx, msg.account, msg.key, entry)


def revoke_own_key(ctx: Context, msg: RevokeOwnKey) -> None:
    """End the very key that signs, of a person or an organisation, even its last one."""
    # AUTHORISE
    if not any(s.account == msg.account and s.key == msg.key for s in ctx.signers):
        raise errors.NotOwnKey
    # CHECK
    entry = unrevoked(ctx, msg.account, msg.key)
    # WRITE
    keeper.revoke_key(ctx.state, msg.account, msg.key, entry)
    # EMIT
    ctx.emit(KeyRevoked(msg.account, msg.key))


def rotate_seal_key(ctx: Context, msg: RotateSealKey) -> None:
    """Change the HPKE key."""
    # AUTHORISE
    person = changing(ctx, msg.account)
    if ctx.signed_by(msg.account, Role.DEVICE) < 2 and _others(ctx, msg.account):
        raise errors.SecondKeyNeeded
    # WRITE
    keeper.put_person(ctx.state, msg.account, msgspec.structs.replace(person, seal_key=msg.seal_key))
    # EMIT
    ctx.emit(SealKeyRotated(msg.account, msg.seal_key))


def changing(ctx: Context, account: bytes) -> Person:
    """Return the account of which a device signed; raise also AccountBarred."""
    person = signed_by_device(ctx, account)
    if barred(ctx.state, account, ctx.time):
        raise AccountBarred
    return person


def signed_by_device(ctx: Context, account: bytes) -> Person:
    """Return the account; raise NoSuchAccount, NotClaimed or NotDevice."""
    person = keeper.get_person(ctx.state, account)
    if person is None:
        raise errors.NoSuchAccount
    if person.state != PersonState.CLAIMED:
        raise errors.NotClaimed
    if not ctx.signed_by(account, Role.DEVICE):
        raise errors.NotDevice
    return person


def require_two(ctx: Context, account: bytes) -> None:
    """Raise SecondKeyNeeded or DelayNeeded unless two device keys signed."""
    if ctx.signed_by(account, Role.DEVICE) < 2:
        raise errors.SecondKeyNeeded if _others(ctx, account) else errors.DelayNeeded


def check_new_key(
    governance: Governance, ctx: Context, account: bytes, entry: KeyEntry, roles: tuple[int, ...]
) -> bytes:
    """Return the id of a key that can be listed; raise TooManyKeys and what `listing` raises."""
    if len(listing.remaining(ctx.state, account, ctx.time)) >= governance.parameter(ctx.state, MAX_KEYS):
        raise errors.TooManyKeys
    listing.check_shape([entry], roles, ctx.time)
    (kid,) = listing.check_unlisted(ctx, [entry.public])
    listing.check_possession(ctx, account, [entry])
    return kid


def put_key(ctx: Context, account: bytes, person: Person, kid: bytes, entry: KeyEntry) -> None:
    """List a checked key, and note when."""
    keeper.list_key(ctx.state, account, kid, listing.key_of(entry, person.generation))
    recovery_keeper.put_history(ctx.state, account, kid, KeyHistory(ctx.time, None, None))
    ctx.emit(KeyAdded(account, kid))


def unrevoked(ctx: Context, account: bytes, key: bytes) -> Key:
    """Return a key that can be revoked; raise NoSuchKey."""
    entry = keeper.get_unrevoked_key(ctx.state, account, key)
    if entry is None:
        raise errors.NoSuchKey
    return entry


def end_key(ctx: Context, account: bytes, key: bytes, entry: Key) -> None:
    """Revoke a key by other keys, and note when: its holder may still veto a recovery."""
    keeper.revoke_key(ctx.state, account, key, entry)
    history = recovery_keeper.get_history(ctx.state, account, key)
    recovery_keeper.put_history(ctx.state, account, key, msgspec.structs.replace(history, ended=ctx.time))
    ctx.emit(KeyRevoked(account, key))


def _others(ctx: Context, account: bytes) -> bool:
    """True if the account has live device keys beside those that signed."""
    signed = [s.key for s in ctx.signers]
    return any(key not in signed for key in live_keys(ctx.state, account, Role.DEVICE, ctx.time))
