"""What always holds of what recovery keeps; part of `invariants`, whose README numbers the comments name."""

from collections.abc import Iterator, Mapping
from typing import Any

from salus.contracts.accounts import keys
from salus.contracts.accounts.recovery_types import (
    NO_KEYHOLDERS,
    THRESHOLDS,
    Finished,
    Frozen,
    KeyHistory,
    Keyholding,
    OfferedReproof,
    PendingChange,
    PendingRecovery,
)
from salus.contracts.accounts.types import KeyStatus, PersonState, RecoveryPolicy
from salus.core.signatures import key_id
from salus.core.types import Message

FORMS: dict[bytes, tuple[int, type[Message] | None]] = {  # space -> (length of its keys, shape)
    b"\x02\x20": (34, Keyholding),
    b"\x02\x21": (66, PendingChange),
    b"\x02\x22": (34, PendingRecovery),
    b"\x02\x23": (34, Frozen),
    b"\x02\x24": (66, KeyHistory),
    b"\x02\x25": (34, Finished),
    b"\x02\x26": (34, OfferedReproof),
}
Finding = tuple[bytes, str]
Parsed = Mapping[bytes, Mapping[bytes, Any]]


def violations(network: bytes, parsed: Parsed) -> Iterator[Finding]:
    """Yield (key, fixed text) for each rule broken."""
    persons = parsed[b"\x02\x04"]
    for space in FORMS:
        for key in parsed[space]:
            person = persons.get(keys.person_key(key[2:34]))
            if person is None or person.state != PersonState.CLAIMED:
                yield key, "what recovery keeps is of a claimed account"  # 7
    for key, person in persons.items():
        if person.barred != (
            b"\x02\x22" + key[2:] in parsed[b"\x02\x22"] or b"\x02\x23" + key[2:] in parsed[b"\x02\x23"]
        ):
            yield key, "an account is marked as barred if a recovery or a freeze stands"  # 9
    yield from _keyholders(network, parsed)
    yield from _reserved(network, parsed)
    yield from _wanted(parsed)
    yield from _frozen_keys(parsed)
    for key, entry in parsed[b"\x02\x25"].items():
        person = persons.get(keys.person_key(key[2:]))
        if person is not None and entry.generation > person.generation:
            yield key, "no recovery is of a generation to come"  # 7


def _keyholders(network: bytes, parsed: Parsed) -> Iterator[Finding]:
    for key, person in parsed[b"\x02\x04"].items():
        held = parsed[b"\x02\x20"].get(b"\x02\x20" + key[2:], NO_KEYHOLDERS)
        policy = person.policy if person.policy in THRESHOLDS else int(RecoveryPolicy.IN_PERSON)
        if len(held.holders) not in (0, THRESHOLDS[policy][1]):
            yield key, "keyholders are as many as the policy says, or none"  # 7
        for _, public in held.holders:
            if parsed[b"\x02\x03"].get(keys.owner_key(key_id(network, public))) != key[2:]:
                yield key, "the keys of keyholders are reserved for their account"  # 7


def _reserved(network: bytes, parsed: Parsed) -> Iterator[Finding]:
    for key, entry in parsed[b"\x02\x22"].items():
        for _, public, _, _ in entry.keys:
            if parsed[b"\x02\x03"].get(keys.owner_key(key_id(network, public))) != key[2:]:
                yield key, "the keys of a recovery are reserved for its account"  # 7
        if entry.checked and not entry.contested:
            yield key, "only a contested recovery is settled by an identity check"  # 8


def _wanted(parsed: Parsed) -> Iterator[Finding]:
    for key in parsed[b"\x02\x21"]:
        wanting = parsed[b"\x02\x02"].get(keys.account_key(key[2:34], key[34:]))
        if wanting is None or wanting.status == KeyStatus.REVOKED:
            yield key, "a pending change is wanted by a key that is not revoked"  # 8


def _frozen_keys(parsed: Parsed) -> Iterator[Finding]:
    for key, entry in parsed[b"\x02\x02"].items():
        recovery = parsed[b"\x02\x22"].get(b"\x02\x22" + key[2:34])
        if entry.status == KeyStatus.FROZEN and (recovery is None or not recovery.contested):
            yield key, "a frozen key is of an account with a contested recovery"  # 8
