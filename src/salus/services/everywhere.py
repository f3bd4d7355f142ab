"""One wish for all of a person's accounts: to grant, deny or revoke wherever she has one.

It is kept in the wallet at once, and reaches each account at that account's next appointment, so that the ledger
shows nothing of it (`appointment.py`). Who cannot wait says so: then it is sent to all accounts at once, and
whoever reads the ledger sees that they act together.
"""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from salus.contracts.consent import queries as consent
from salus.core.errors import Refusal
from salus.policy.types import EVERYTHING, Directive, Effect, Grantee, GranteeKind, Provision, Status
from salus.services.actors import Person
from salus.services.appointment import enrol, keep
from salus.services.deny import deny_totally
from salus.services.errors import NamesOneOrganisation, NothingWaits
from salus.services.grant import Terms, grant
from salus.services.revoke import revoke
from salus.wallet.kept import KeptWish, RelationState
from salus.wallet.wishes import NOTHING, denied, granted


class Waiting(NamedTuple):
    """A wish that has not reached an account yet; it will at `due`."""

    handle: bytes
    due: int


class Wished(NamedTuple):
    """Where a wish stands."""

    waiting: tuple[Waiting, ...]
    done: tuple[bytes, ...]  # accounts that it reached at once
    failed: tuple[Refusal, ...]  # where it did not reach one at once; there it waits
    others: tuple[Directive, ...]  # permits given one by one, which no wish for all accounts touches unless at once


def grant_everywhere(person: Person, data: Provision, text: str = "", at_once: bool = False) -> Wished:
    """Let those who give care receive `data`, wherever the person has an account."""
    _wish(person, lambda body: granted(body, data, text))
    return _each(person, lambda handle: _renew(person, handle)) if at_once else _waits(person)


def grant_everywhere_to(person: Person, terms: Terms, at_once: bool = False) -> Wished:
    """Put the same directive in place at all accounts. Raises NamesOneOrganisation unless it is at once."""
    if not at_once:
        raise NamesOneOrganisation
    return _each(person, lambda handle: grant(person, handle, terms))


def deny_everywhere(
    person: Person, grantee: Grantee, data: Provision = EVERYTHING, days: int = 365, at_once: bool = False
) -> Wished:
    """Leave `data` out of what those who give care receive; at once: deny everything to `grantee` at every account.

    Raises NamesOneOrganisation for other than anyone, unless it is at once.
    """
    if grantee[0] != GranteeKind.ANYONE and not at_once:
        raise NamesOneOrganisation
    if grantee[0] == GranteeKind.ANYONE:
        _wish(person, lambda body: denied(body, data))
    if not at_once:
        return _waits(person)
    return _each(person, lambda handle: deny_totally(person, handle, grantee, days=days))


def revoke_everywhere(person: Person, at_once: bool = False) -> Wished:
    """Take back what was granted everywhere; at once: with every permit that was given one by one."""
    _wish(person, lambda body: NOTHING)
    return _each(person, lambda handle: _revoke_all(person, handle)) if at_once else _waits(person)


def pending(person: Person) -> tuple[Waiting, ...]:
    """Return the accounts that a wish has not reached."""
    return tuple(Waiting(one.handle, one.due) for one in person.wallet.appointments() if one.wanted != one.opens)


def cancel(person: Person) -> tuple[Waiting, ...]:
    """Forget the wish where it has not been sent; return where. Where it was, it stays. Raises NothingWaits."""
    waiting, wish = pending(person), person.wallet.wish()
    if not waiting or wish is None:
        raise NothingWaits
    dropped = [replace(one, wanted=one.opens) for one in person.wallet.appointments() if one.wanted != one.opens]
    person.wallet.keep_appointments(dropped, KeptWish(wish.former, wish.former))
    return waiting


def _wish(person: Person, change: Callable[[bytes], bytes]) -> None:
    """Keep a wish, for the accounts there are and those that come."""
    enrol(person)
    before = person.wallet.wish()
    former = NOTHING if before is None else before.wanted
    changed = [replace(one, wanted=change(one.wanted)) for one in person.wallet.appointments()]
    person.wallet.keep_appointments(changed, KeptWish(change(former), former))


def _waits(person: Person) -> Wished:
    return Wished(pending(person), (), (), _others(person))


def _each(person: Person, act: Callable[[bytes], object]) -> Wished:
    """Act at every claimed account now."""
    enrol(person)
    done, failed = [], []
    for relation in person.wallet.relations():
        if relation.state == RelationState.CLAIMED:
            try:
                act(relation.handle)
                done.append(relation.handle)
            except Refusal as refusal:
                failed.append(refusal)
    return Wished(pending(person), tuple(done), tuple(failed), _others(person))


def _renew(person: Person, handle: bytes) -> None:
    """Renew the standing permit now; the account's times stay as they are."""
    appointment = person.wallet.appointment(handle)
    if appointment is not None:
        keep(person, appointment, appointment.due)


def _revoke_all(person: Person, handle: bytes) -> None:
    for directive in _permits(person, handle):
        revoke(person, handle, directive.id)


def _others(person: Person) -> tuple[Directive, ...]:
    """Return the permits in force that are not the standing ones."""
    standing = {one.standing for one in person.wallet.appointments()}
    return tuple(
        directive
        for relation in person.wallet.relations()
        for directive in _permits(person, relation.handle)
        if directive.id not in standing
    )


def _permits(person: Person, handle: bytes) -> list[Directive]:
    now = person.ledger.now()
    return [
        one
        for one in consent.directives(person.ledger.view(), handle)
        if one.effect == Effect.PERMIT and one.status in (Status.UNACKNOWLEDGED, Status.ACTIVE) and now < one.end
    ]
