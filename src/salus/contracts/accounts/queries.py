"""Read-only questions that other contracts, the machine and services may ask of accounts."""

from salus.contracts.accounts import keeper, recovery_keeper
from salus.contracts.accounts.recovery_types import Frozen, Keyholding, OfferedReproof, PendingChange, PendingRecovery
from salus.contracts.accounts.types import (
    Invitation,
    Key,
    KeyStatus,
    Organisation,
    PendingClaim,
    Person,
    PersonState,
)
from salus.contracts.context import Context, Signer
from salus.core.keys import Role
from salus.policy.types import Capacity
from salus.state.overlay import Reader


def live_key(state: Reader, account: bytes, key: bytes, time: int) -> Key | None:
    """Return the key if it is listed for `account` and live at `time`; asked for with every signature."""
    entry = keeper.get_key(state, account, key)
    if entry is None or entry.status != KeyStatus.LISTED or not entry.start <= time < entry.end:
        return None
    return entry


def listed_key(state: Reader, account: bytes, key: bytes) -> Key | None:
    """Return the key if it is, or ever was, listed for `account`: who signed something kept since."""
    return keeper.get_key(state, account, key)


def live_keys(state: Reader, account: bytes, role: int, time: int) -> list[bytes]:
    """Return the ids of the account's keys in `role` that are live at `time`, sorted."""
    return [
        key
        for key, entry in keeper.listed_keys(state, account)
        if entry.role == role and entry.status == KeyStatus.LISTED and entry.start <= time < entry.end
    ]


def account_of_key(state: Reader, key_id: bytes) -> bytes | None:
    """Return the account for which the key is, or ever was, listed (also by a claim or an invitation)."""
    return keeper.key_owner(state, key_id)


def is_organisation(state: Reader, account: bytes) -> bool:
    """True if the account is an organisation's, member or not."""
    return keeper.get_organisation(state, account) is not None


def organisation(state: Reader, account: bytes) -> Organisation | None:
    """Return the organisation's profile."""
    return keeper.get_organisation(state, account)


def roles(state: Reader, account: bytes) -> tuple[int, ...]:
    """Return the organisation's roles (policy.types.OrganisationRole), sorted; empty for no organisation."""
    entry = keeper.get_organisation(state, account)
    return () if entry is None else entry.roles


def administered(ctx: Context, account: bytes) -> bool:
    """True if at least the threshold of the organisation's administration keys signed."""
    entry = keeper.get_organisation(ctx.state, account)
    return entry is not None and ctx.signed_by(account, Role.ADMINISTRATION) >= entry.threshold


def person(state: Reader, handle: bytes) -> Person | None:
    """Return the person's account, which is also the relation with its custodian."""
    return keeper.get_person(state, handle)


def custodian_of(state: Reader, handle: bytes) -> bytes | None:
    """Return the custodian of a relation."""
    entry = keeper.get_person(state, handle)
    return None if entry is None else entry.custodian


def invitation(state: Reader, handle: bytes) -> Invitation | None:
    """Return the live or expired invitation of an account."""
    return keeper.get_invitation(state, handle)


def pending_claim(state: Reader, handle: bytes) -> PendingClaim | None:
    """Return the claim that waits for the desk or the delay."""
    return keeper.get_claim(state, handle)


def may_act(entry: Person, relation: bytes, signers: tuple[Signer, ...], capacity: int) -> bool:
    """True if one of `signers` may act for `entry`, the person of `relation`, in `capacity` (policy.types.Capacity).

    SELF: a device key of the claimed account. CUSTODIAN: the custodian's gateway key, only while the
    account is custodial. `signers` were found live by the machine (protective messages: as at the start
    of the block), so their keys are not looked at again.
    """
    if capacity == Capacity.SELF and entry.state == PersonState.CLAIMED:
        return any(s.account == relation and s.role == Role.DEVICE for s in signers)
    if capacity == Capacity.CUSTODIAN and entry.state == PersonState.CUSTODIAL:
        return any(s.account == entry.custodian and s.role == Role.GATEWAY for s in signers)
    return False


def staff_attested(state: Reader, account: bytes, commitment: bytes, time: int) -> bool:
    """True if the organisation's attestation of the member of staff is in force at `time`."""
    entry = keeper.get_staff(state, account, commitment)
    return entry is not None and entry.start <= time < entry.end


def barred(state: Reader, handle: bytes, time: int) -> bool:
    """True if the account is frozen or being recovered: nothing but what protects is possible."""
    entry = keeper.get_person(state, handle)
    return entry is not None and bars(state, handle, entry, time)


def bars(state: Reader, handle: bytes, entry: Person, time: int) -> bool:
    """The same of an account whose entry is at hand."""
    if not entry.barred:
        return False
    return recovery_keeper.get_recovery(state, handle) is not None or frozen(state, handle, time) is not None


def frozen(state: Reader, handle: bytes, time: int) -> Frozen | None:
    """Return the freeze that is in force at `time`."""
    entry = recovery_keeper.get_frozen(state, handle)
    return entry if entry is not None and (entry.lifts is None or time < entry.lifts) else None


def recovered(state: Reader, handle: bytes) -> tuple[int, int] | None:
    """Return (generation since, block time) of the last finished recovery or re-proving."""
    entry = recovery_keeper.get_finished(state, handle)
    return None if entry is None else (entry.generation, entry.time)


def keyholding(state: Reader, handle: bytes) -> Keyholding:
    """Return the keyholders of an account with the version of its policy; version 0 where none were ever named."""
    return recovery_keeper.get_keyholding(state, handle)


def pending_recovery(state: Reader, handle: bytes) -> PendingRecovery | None:
    """Return the recovery that is under way."""
    return recovery_keeper.get_recovery(state, handle)


def pending_changes(state: Reader, handle: bytes) -> list[tuple[bytes, PendingChange]]:
    """Return (id of the key that wants it, change) of all changes that wait, sorted."""
    return recovery_keeper.get_changes(state, handle)


def offered_reproof(state: Reader, handle: bytes) -> OfferedReproof | None:
    """Return the re-proving that waits for a second member."""
    return recovery_keeper.get_offered(state, handle)
