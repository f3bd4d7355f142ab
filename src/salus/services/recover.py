"""Recover an account: new keys, approved by keyholders; one act for all accounts, each at a time of its own."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from salus.client.refused import accept
from salus.contracts.accounts import queries
from salus.contracts.accounts.recovery_messages import Approval, RecoveryPayload
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Kind, Malformed, Refusal
from salus.core.hashing import T
from salus.core.keys import KeyEntry, Role, list_key
from salus.core.signatures import SigningKey, key_id, verify
from salus.services import lookup
from salus.services.actors import Person
from salus.services.change_devices import VALID_DAYS
from salus.services.errors import NoRecovery, UnusableApproval
from salus.services.lookup import DAY_MS
from salus.vault.seals import SealKey
from salus.wallet import timing
from salus.wallet.invitation import short_code
from salus.wallet.kept import KeptRelation, RelationState
from salus.wallet.kept_recovery import KeptRecovery

_EARLIER_DAYS = 6


class Prepared(NamedTuple):
    """New keys that wait to be approved; the person reads the short code to her keyholders."""

    handle: bytes
    recovery: bytes
    short_code: str


class Started(NamedTuple):
    """A recovery that was started, and when it can end."""

    handle: bytes
    recovery: bytes
    due: int


def prepare_recovery(person: Person, handle: bytes, since: int | None = None) -> Prepared:
    """Make new keys for the account and keep them. `since`: when somebody else may have come to have the old ones.

    It counts from the beginning of its day. Raises UnknownRelation.
    """
    network, state, now = person.wallet.network, person.ledger.view(), person.ledger.now()
    account = lookup.person(state, handle)
    device_seed, seal_seed = os.urandom(32), os.urandom(32)
    start = now // DAY_MS * DAY_MS  # to the day, so that times link no two accounts
    device = SigningKey.from_seed(device_seed)
    entry = list_key(network, handle, Role.DEVICE, device, start, start + VALID_DAYS * DAY_MS)
    version = queries.keyholding(state, handle).version
    seal_key = SealKey.from_seed(seal_seed).id(network)
    whole = None if since is None else since // DAY_MS * DAY_MS
    payload = encode(RecoveryPayload(handle, version, (entry,), seal_key, whole, os.urandom(16)))
    recovery, generation = T("recovery", network, payload), account.generation + 1
    person.wallet.keep_recovery(
        KeptRecovery(handle, account.custodian, generation, device_seed, seal_seed, recovery, payload, (), None)
    )
    return Prepared(handle, recovery, short_code(recovery))


def prepare_everywhere(person: Person, handles: Sequence[bytes], since: int | None = None) -> tuple[Prepared, ...]:
    """Make new keys for several accounts, those that a backup or a data slot lists.

    `since` is up to six days earlier at each by chance: the same day at all of them would link them, and what is
    suspended too much is reaffirmed.
    """
    days = [person.chance.randint(0, _EARLIER_DAYS) if len(handles) > 1 else 0 for _ in handles]
    earlier = [None if since is None else max(0, since - count * DAY_MS) for count in days]
    return tuple(prepare_recovery(person, handle, day) for handle, day in zip(handles, earlier, strict=True))


def recover_everywhere(person: Person, approved: Sequence[tuple[bytes, Sequence[bytes]]]) -> tuple[KeptRecovery, ...]:
    """Take in (handle, approvals) of all accounts; each starts at its own time within three days (`wallet due`).

    Raises NoRecovery, UnusableApproval; then none is taken in.
    """
    now = person.ledger.now()
    checked = [_with(person, _kept(person, handle), approvals) for handle, approvals in approved]
    due = [replace(one, due=timing.recover_at(person.chance, now)) for one in checked]
    for one in due:
        person.wallet.keep_recovery(one)
    return tuple(due)


def start_recovery(person: Person, handle: bytes, approvals: Sequence[bytes], via: bytes | None = None) -> Started:
    """Start it now, carried by the custodian or by `via`. Raises NoRecovery, UnusableApproval, the contract's."""
    person.wallet.keep_recovery(_with(person, _kept(person, handle), approvals))
    return _send(person, _kept(person, handle), via)


def start_due(person: Person, failed: list[Refusal]) -> list[Started]:
    """Start the recoveries whose time has come; add to `failed` what could not be."""
    done = []
    for waiting in person.wallet.recoveries():
        if waiting.due is not None and waiting.due <= person.ledger.now():
            try:
                done.append(_send(person, waiting, None))
            except Refusal as refusal:
                failed.append(refusal)
                late = refusal.kind is Kind.UNAVAILABLE
                again = person.ledger.now() + timing.RETRY_MS if late else None
                person.wallet.keep_recovery(replace(waiting, due=again))
    return done


def finish_recoveries(person: Person) -> tuple[bytes, ...]:
    """Note in the wallet which recoveries became final, with their keys; return their handles."""
    state, now, done = person.ledger.view(), person.ledger.now(), []
    for kept in person.wallet.recoveries():
        relation = _relation(kept)
        kid = relation.device.id(person.wallet.network)
        if queries.live_key(state, kept.handle, kid, now) is not None:
            person.wallet.finish_recovery(relation, kept.handle)
            done.append(kept.handle)
    return tuple(done)


def offered_keys(person: Person, handle: bytes) -> tuple[bytes, str]:
    """Return what members need who re-identify the person: her new keys, and the short code to compare at each desk.

    Raises NoRecovery.
    """
    kept = _kept(person, handle)
    return kept.payload, keys_code(person.wallet.network, decode(kept.payload, RecoveryPayload).keys)


def keys_code(network: bytes, keys: Sequence[KeyEntry]) -> str:
    """Return the short code of the first of new keys."""
    return short_code(key_id(network, keys[0].public))


def _send(person: Person, kept: KeptRecovery, via: bytes | None) -> Started:
    approval = _joined(kept.approvals)
    landed = person.carriers.carry_recovery(via or kept.custodian, kept.payload, approval).result()
    accept(landed.result.code)
    person.wallet.keep_recovery(replace(kept, due=None))
    pending = queries.pending_recovery(person.ledger.view(), kept.handle)
    return Started(kept.handle, kept.recovery, 0 if pending is None else pending.due)


def _with(person: Person, kept: KeptRecovery, approvals: Sequence[bytes]) -> KeptRecovery:
    """Return the recovery with its approvals, each checked; raise UnusableApproval."""
    network = person.wallet.network
    holders = queries.keyholding(person.ledger.view(), kept.handle).holders
    publics = {key_id(network, public): public for _, public in holders}
    found: dict[bytes, bytes] = {}
    for raw in approvals:
        try:
            signed = cose.parse("approval", raw)
            approval = decode(signed.payload, Approval)
        except Malformed:
            raise UnusableApproval from None
        for kid, signature in signed.signatures:
            message = cose.to_be_signed("approval", network, signed.payload, kid)
            good = kid in publics and verify(publics[kid], message, signature)
            if not good or approval.recovery != kept.recovery:
                raise UnusableApproval
            found[kid] = cose.build("approval", signed.payload, [(kid, signature)])
    return replace(kept, approvals=tuple(found[kid] for kid in sorted(found)))


def _joined(approvals: Sequence[bytes]) -> bytes:
    """Return one object with the signatures of all approvals; raise UnusableApproval where there is none."""
    parsed = [cose.parse("approval", raw) for raw in approvals]
    if not parsed:
        raise UnusableApproval
    return cose.build("approval", parsed[0].payload, [one.signatures[0] for one in parsed])


def _kept(person: Person, handle: bytes) -> KeptRecovery:
    kept = person.wallet.recovery(handle)
    if kept is None:
        raise NoRecovery
    return kept


def _relation(kept: KeptRecovery) -> KeptRelation:
    claimed = int(RelationState.CLAIMED)
    seeds = kept.device_seed, kept.seal_seed
    return KeptRelation(kept.handle, kept.custodian, kept.generation, *seeds, claimed, None, None)
