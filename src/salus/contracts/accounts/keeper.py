"""The only code that writes the accounts namespace."""

from functools import lru_cache

from salus.contracts.accounts import keys
from salus.contracts.accounts.recovery_keys import change_key
from salus.contracts.accounts.types import Invitation, Key, KeyStatus, Organisation, PendingClaim, Person, Staff
from salus.core.encoding import decode_stored, encode
from salus.state.overlay import Overlay, Reader


# Remembered by their bytes: equal bytes are an equal value, and keys and persons are asked for with every message.
@lru_cache(maxsize=1 << 15)
def _key(raw: bytes) -> Key:
    return decode_stored(raw, Key)


@lru_cache(maxsize=1 << 15)
def _person(raw: bytes) -> Person:
    return decode_stored(raw, Person)


@lru_cache(maxsize=1024)
def _organisation(raw: bytes) -> Organisation:
    return decode_stored(raw, Organisation)


@lru_cache(maxsize=1024)
def _staff(raw: bytes) -> Staff:
    return decode_stored(raw, Staff)


def get_organisation(state: Reader, organisation: bytes) -> Organisation | None:
    raw = state.get(keys.organisation_key(organisation))
    return None if raw is None else _organisation(raw)


def put_organisation(state: Overlay, organisation: bytes, entry: Organisation) -> None:
    state.put(keys.organisation_key(organisation), encode(entry))


def get_key(state: Reader, account: bytes, key: bytes) -> Key | None:
    raw = state.get(keys.account_key(account, key))
    return None if raw is None else _key(raw)


def get_unrevoked_key(state: Reader, account: bytes, key: bytes) -> Key | None:
    entry = get_key(state, account, key)
    return entry if entry is not None and entry.status == KeyStatus.LISTED else None


def list_key(state: Overlay, account: bytes, key: bytes, entry: Key) -> None:
    """List the key; its id is reserved for the account."""
    state.put(keys.account_key(account, key), encode(entry))
    reserve_key(state, key, account)


def revoke_key(state: Overlay, account: bytes, key: bytes, entry: Key) -> None:
    """Mark a listed key as revoked; a change that it wants is void."""
    if state.get(change_key(account, key)) is not None:
        state.delete(change_key(account, key))
    revoked = Key(
        entry.suite, entry.role, entry.public, entry.start, entry.end, entry.generation, int(KeyStatus.REVOKED)
    )
    state.put(keys.account_key(account, key), encode(revoked))


def listed_keys(state: Reader, account: bytes) -> list[tuple[bytes, Key]]:
    """Return (key id, key) of all keys the account ever listed, revoked ones too, sorted."""
    return [(key[34:], _key(raw)) for key, raw in state.scan(keys.account_keys_prefix(account))]


def reserve_key(state: Overlay, key: bytes, account: bytes) -> None:
    """Note that the key was listed for `account`, so that it never can be again."""
    state.put(keys.owner_key(key), account)


def key_owner(state: Reader, key: bytes) -> bytes | None:
    return state.get(keys.owner_key(key))


def get_person(state: Reader, handle: bytes) -> Person | None:
    raw = state.get(keys.person_key(handle))
    return None if raw is None else _person(raw)


def put_person(state: Overlay, handle: bytes, entry: Person) -> None:
    state.put(keys.person_key(handle), encode(entry))


def get_staff(state: Reader, organisation: bytes, commitment: bytes) -> Staff | None:
    raw = state.get(keys.staff_key(organisation, commitment))
    return None if raw is None else _staff(raw)


def put_staff(state: Overlay, organisation: bytes, commitment: bytes, entry: Staff) -> None:
    state.put(keys.staff_key(organisation, commitment), encode(entry))


def get_invitation(state: Reader, handle: bytes) -> Invitation | None:
    raw = state.get(keys.invitation_key(handle))
    return None if raw is None else decode_stored(raw, Invitation)


def put_invitation(state: Overlay, handle: bytes, entry: Invitation) -> None:
    state.put(keys.invitation_key(handle), encode(entry))


def get_claim(state: Reader, handle: bytes) -> PendingClaim | None:
    raw = state.get(keys.claim_key(handle))
    return None if raw is None else decode_stored(raw, PendingClaim)


def put_claim(state: Overlay, handle: bytes, entry: PendingClaim) -> None:
    state.put(keys.claim_key(handle), encode(entry))


def end_claim(state: Overlay, handle: bytes) -> None:
    """Remove the pending claim and its invitation; the keys they named stay reserved."""
    state.delete(keys.claim_key(handle))
    state.delete(keys.invitation_key(handle))
