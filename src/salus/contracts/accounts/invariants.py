"""What always holds over all keys of the namespace; asked by tests and by an offline check of the state.

The numbers in the comments are those of the README.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from salus.contracts.accounts import keys, recovery_invariants
from salus.contracts.accounts.types import (
    Invitation,
    Key,
    Organisation,
    PendingClaim,
    Person,
    PersonState,
    Staff,
)
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.keys import Role
from salus.core.signatures import key_id
from salus.core.types import Message

Finding = tuple[bytes, str]  # (key, fixed text)
Parsed = Mapping[bytes, Mapping[bytes, Any]]  # space -> key -> value

_FORMS: dict[bytes, tuple[int, type[Message] | None]] = {  # space -> (length of its keys, shape)
    b"\x02\x01": (34, Organisation),
    b"\x02\x02": (66, Key),
    b"\x02\x03": (34, None),
    b"\x02\x04": (34, Person),
    b"\x02\x05": (66, Staff),
    b"\x02\x06": (34, Invitation),
    b"\x02\x07": (34, PendingClaim),
    **recovery_invariants.FORMS,
}


def violations(network: bytes, rows: Iterable[tuple[bytes, bytes]]) -> Iterator[Finding]:
    """Yield (key, fixed text) for each rule broken by the accounts keys among `rows`, all of the state's."""
    parsed: dict[bytes, dict[bytes, Any]] = {space: {} for space in _FORMS}
    for key, raw in rows:
        if key[:1] == b"\x02":
            try:
                parsed[key[:2]][key] = _value(key, raw)
            except (Malformed, KeyError):
                yield key, "a key and its value have the documented form"  # 1
    yield from _listed(network, parsed)
    yield from _persons(parsed)
    yield from _claims(network, parsed)
    yield from recovery_invariants.violations(network, parsed)
    for key in parsed[b"\x02\x05"]:
        if keys.organisation_key(key[2:34]) not in parsed[b"\x02\x01"]:
            yield key, "staff is an organisation's"  # 6


def _value(key: bytes, raw: bytes) -> Any:
    length, shape = _FORMS[key[:2]]
    if len(key) != length:
        raise Malformed
    if shape is None:
        if len(raw) != 32:
            raise Malformed
        return raw
    return decode(raw, shape)


def _listed(network: bytes, parsed: Parsed) -> Iterator[Finding]:
    organisations, persons, owners = parsed[b"\x02\x01"], parsed[b"\x02\x04"], parsed[b"\x02\x03"]
    for key, entry in parsed[b"\x02\x02"].items():
        account, kid = key[2:34], key[34:]
        if kid != key_id(network, entry.public) or owners.get(keys.owner_key(kid)) != account:
            yield key, "a key stands under its id, which is reserved for its account"  # 2
        person = persons.get(keys.person_key(account))
        organisation = keys.organisation_key(account) in organisations
        if (entry.role in (Role.DEVICE, Role.FREEZE)) != (person is not None) or (person is None) != organisation:
            yield key, "a device key or a printed code is a person's, any other key an organisation's"  # 2
        if person is not None and entry.generation > person.generation:
            yield key, "no key is of a generation to come"  # 2
    for key, account in owners.items():
        if keys.person_key(account) not in persons and keys.organisation_key(account) not in organisations:
            yield key, "a key is reserved for an account"  # 2


def _persons(parsed: Parsed) -> Iterator[Finding]:
    generations = {(key[2:34], entry.generation): True for key, entry in parsed[b"\x02\x02"].items()}
    for key, entry in parsed[b"\x02\x04"].items():
        if keys.organisation_key(entry.custodian) not in parsed[b"\x02\x01"]:
            yield key, "a custodian is an organisation"  # 3
        if keys.organisation_key(key[2:]) in parsed[b"\x02\x01"]:
            yield key, "no id is a person's and an organisation's"  # 3
        claimed = entry.state == PersonState.CLAIMED
        if claimed != (entry.policy is not None) or claimed != (entry.seal_key is not None):
            yield key, "a claimed account, and no other, has a policy and a seal key"  # 4
        if claimed != (entry.generation > 0) or claimed != ((key[2:], entry.generation) in generations):
            yield key, "a claimed account, and no other, has a generation with keys, revoked or not"  # 4


def _claims(network: bytes, parsed: Parsed) -> Iterator[Finding]:
    for space in (b"\x02\x06", b"\x02\x07"):
        for key in parsed[space]:
            person = parsed[b"\x02\x04"].get(keys.person_key(key[2:]))
            if person is None or person.state != PersonState.CUSTODIAL:
                yield key, "only a custodial account is invited or being claimed"  # 5
    reserved = [(key, entry.public) for key, entry in parsed[b"\x02\x06"].items()]
    for key, claim in parsed[b"\x02\x07"].items():
        if keys.invitation_key(key[2:]) not in parsed[b"\x02\x06"]:
            yield key, "a claim has an invitation"  # 5
        reserved += [(key, public) for _, public, _, _ in claim.keys]
    for key, public in reserved:
        if parsed[b"\x02\x03"].get(keys.owner_key(key_id(network, public))) != key[2:]:
            yield key, "the keys of an invitation or a claim are reserved for its account"  # 5
