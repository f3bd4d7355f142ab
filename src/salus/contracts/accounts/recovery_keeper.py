"""The only code that writes what recovery keeps; keys of accounts themselves are `keeper`'s."""

from msgspec.structs import replace

from salus.contracts.accounts import keeper
from salus.contracts.accounts import recovery_keys as keys
from salus.contracts.accounts.recovery_types import (
    NO_HISTORY,
    NO_KEYHOLDERS,
    Finished,
    Frozen,
    KeyHistory,
    Keyholding,
    OfferedReproof,
    PendingChange,
    PendingRecovery,
)
from salus.contracts.accounts.types import KeyStatus
from salus.core.encoding import decode_stored, encode
from salus.state.overlay import Overlay, Reader


def get_keyholding(state: Reader, account: bytes) -> Keyholding:
    raw = state.get(keys.keyholding_key(account))
    return NO_KEYHOLDERS if raw is None else decode_stored(raw, Keyholding)


def put_keyholding(state: Overlay, account: bytes, entry: Keyholding) -> None:
    state.put(keys.keyholding_key(account), encode(entry))


def get_change(state: Reader, account: bytes, key: bytes) -> PendingChange | None:
    raw = state.get(keys.change_key(account, key))
    return None if raw is None else decode_stored(raw, PendingChange)


def get_changes(state: Reader, account: bytes) -> list[tuple[bytes, PendingChange]]:
    """Return (id of the key that wants it, change) of all pending changes, sorted."""
    return [(key[34:], decode_stored(raw, PendingChange)) for key, raw in state.scan(keys.changes_prefix(account))]


def put_change(state: Overlay, account: bytes, key: bytes, entry: PendingChange) -> None:
    state.put(keys.change_key(account, key), encode(entry))


def end_change(state: Overlay, account: bytes, key: bytes) -> None:
    state.delete(keys.change_key(account, key))


def get_recovery(state: Reader, account: bytes) -> PendingRecovery | None:
    raw = state.get(keys.recovery_key(account))
    return None if raw is None else decode_stored(raw, PendingRecovery)


def put_recovery(state: Overlay, account: bytes, entry: PendingRecovery) -> None:
    state.put(keys.recovery_key(account), encode(entry))
    _mark(state, account)


def end_recovery(state: Overlay, account: bytes) -> None:
    """Remove the pending recovery, and let keys that it froze be live again; its own keys stay reserved."""
    state.delete(keys.recovery_key(account))
    _mark(state, account)
    for key, entry in keeper.listed_keys(state, account):
        if entry.status == KeyStatus.FROZEN:
            keeper.list_key(state, account, key, replace(entry, status=int(KeyStatus.LISTED)))


def get_frozen(state: Reader, account: bytes) -> Frozen | None:
    raw = state.get(keys.frozen_key(account))
    return None if raw is None else decode_stored(raw, Frozen)


def put_frozen(state: Overlay, account: bytes, entry: Frozen) -> None:
    state.put(keys.frozen_key(account), encode(entry))
    _mark(state, account)


def end_frozen(state: Overlay, account: bytes) -> None:
    if get_frozen(state, account) is not None:
        state.delete(keys.frozen_key(account))
        _mark(state, account)


def _mark(state: Overlay, account: bytes) -> None:
    """Note in the account whether a recovery or a freeze stands."""
    person = keeper.get_person(state, account)
    barred = get_recovery(state, account) is not None or get_frozen(state, account) is not None
    if person is not None and person.barred != barred:
        keeper.put_person(state, account, replace(person, barred=barred))


def get_history(state: Reader, account: bytes, key: bytes) -> KeyHistory:
    raw = state.get(keys.history_key(account, key))
    return NO_HISTORY if raw is None else decode_stored(raw, KeyHistory)


def put_history(state: Overlay, account: bytes, key: bytes, entry: KeyHistory) -> None:
    state.put(keys.history_key(account, key), encode(entry))


def get_finished(state: Reader, account: bytes) -> Finished | None:
    raw = state.get(keys.finished_key(account))
    return None if raw is None else decode_stored(raw, Finished)


def put_finished(state: Overlay, account: bytes, entry: Finished) -> None:
    state.put(keys.finished_key(account), encode(entry))


def get_offered(state: Reader, account: bytes) -> OfferedReproof | None:
    raw = state.get(keys.offered_key(account))
    return None if raw is None else decode_stored(raw, OfferedReproof)


def put_offered(state: Overlay, account: bytes, entry: OfferedReproof) -> None:
    state.put(keys.offered_key(account), encode(entry))


def end_offered(state: Overlay, account: bytes) -> None:
    if get_offered(state, account) is not None:
        state.delete(keys.offered_key(account))
