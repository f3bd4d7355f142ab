"""The rules by which keys come to be listed, the same for every kind of account."""

from collections.abc import Sequence

from salus.contracts.accounts import errors, keeper
from salus.contracts.accounts.types import Key, KeyStatus
from salus.contracts.context import Context
from salus.core.errors import InvalidKey
from salus.core.keys import KeyEntry, Role, possession
from salus.core.signatures import key_id, valid_public_key
from salus.state.overlay import Reader

ORGANISATION_ROLES = (int(Role.ADMINISTRATION), int(Role.GATEWAY))
PERSON_ROLES = (int(Role.DEVICE),)


def check_shape(entries: Sequence[KeyEntry], roles: tuple[int, ...], until: int) -> None:
    """Raise WrongKeyRole, or InvalidValidity unless each is non-empty and ends after `until`."""
    if any(entry.role not in roles for entry in entries):
        raise errors.WrongKeyRole
    if any(entry.start >= entry.end or entry.end <= until for entry in entries):
        raise errors.InvalidValidity


def check_unlisted(ctx: Context, publics: Sequence[bytes]) -> list[bytes]:
    """Return the key ids of `publics`; raise KeyListed where one was ever listed, or stands there twice."""
    ids = [key_id(ctx.network, public) for public in publics]
    if len(dict.fromkeys(ids)) != len(ids) or any(keeper.key_owner(ctx.state, kid) is not None for kid in ids):
        raise errors.KeyListed
    return ids


def check_possession(ctx: Context, account: bytes, entries: Sequence[KeyEntry]) -> None:
    """Raise InvalidKey unless each key is a valid point and proves its possession for account and role."""
    for entry in entries:
        signed = possession(ctx.network, account, entry.role, entry.public)
        if not valid_public_key(entry.public) or not ctx.verify(entry.public, signed, entry.proof):
            raise InvalidKey


def remaining(state: Reader, account: bytes, time: int) -> dict[bytes, Key]:
    """Return the account's keys that are neither revoked nor past their end at `time`."""
    return {
        key: entry
        for key, entry in keeper.listed_keys(state, account)
        if entry.status == KeyStatus.LISTED and time < entry.end
    }


def key_of(entry: KeyEntry, generation: int) -> Key:
    """Return what is stored of a checked entry."""
    return Key(entry.suite, entry.role, entry.public, entry.start, entry.end, generation, int(KeyStatus.LISTED))
