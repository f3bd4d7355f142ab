"""Deny everything to somebody, at once; needs no acknowledgement."""

from salus.contracts.consent.messages import DenyTotally
from salus.policy.types import Capacity, Grantee
from salus.services.actors import Person
from salus.services.grant import Granted, purpose_numbers
from salus.services.protect import protect
from salus.wallet.kept import KeptDirective
from salus.wallet.menu import validity


def deny_totally(
    person: Person, handle: bytes, grantee: Grantee, purposes: tuple[str, ...] = (), days: int = 365
) -> Granted:
    """Put a deny of everything in force, for all purposes by default; sent through two members.

    Raises UnknownPurpose, NotCarried, the contract's refusals.
    """
    state, now = person.ledger.view(), person.ledger.now()
    start, end = validity(now, None, days)
    numbers = purpose_numbers(state, purposes)
    return put_total_deny(person, DenyTotally(handle, int(Capacity.SELF), grantee, numbers, start, end))


def put_total_deny(person: Person, message: DenyTotally, signer: bytes | None = None) -> Granted:
    """Put a message's deny of everything in force, through two members. Raises as `deny_totally`."""
    handle, start, end = message.relation, message.start, message.end
    built = person.build(signer or handle, message)
    done = protect(person, handle, built.raw)
    directive = built.created[0][0]
    person.wallet.keep_directive(KeptDirective(directive, handle, 1, None, None, person.ledger.now()))
    return Granted(directive, 1, start, end, done.height)
