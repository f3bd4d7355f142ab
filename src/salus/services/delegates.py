"""Delegates: helpers that a person names, and ends at will."""

from typing import NamedTuple

from salus.client.refused import accept
from salus.contracts.representation.messages import EndDelegate, NameDelegate
from salus.policy.types import Power
from salus.services import lookup
from salus.services.actors import Person
from salus.services.grant import purpose_numbers
from salus.services.protect import Protected, protect
from salus.wallet.menu import validity


class Named(NamedTuple):
    """A delegation as it stands on the ledger."""

    delegation: bytes
    end: int
    height: int


def name_delegate(
    person: Person,
    handle: bytes,
    delegate: bytes,
    powers: tuple[Power, ...],
    purposes: tuple[str, ...] = (),
    days: int = 365,
) -> Named:
    """Let a helper do some things; void when her keys all change. Raises UnknownPurpose, the contract's refusals."""
    state, now = person.ledger.view(), person.ledger.now()
    start, end = validity(now, None, days)
    numbers = purpose_numbers(state, purposes) if Power.GRANT in powers else ()
    message = NameDelegate(handle, delegate, tuple(sorted(map(int, powers))), numbers, start, end)
    built = person.build(handle, message)
    landed = person.carriers.carry(lookup.person(state, handle).custodian, built.raw).result()
    accept(landed.result.code)
    return Named(built.created[0][0], end, landed.height)


def end_delegate(person: Person, account: bytes, relation: bytes, delegation: bytes) -> Protected:
    """End it, as the person or as the delegate; through two members. Raises NotCarried, the contract's refusals."""
    built = person.build(account, EndDelegate(account, relation, delegation))
    return protect(person, relation, built.raw)
