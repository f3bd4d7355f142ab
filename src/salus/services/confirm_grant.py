"""Confirm a grant: the person makes her own what somebody who acts, or acted, for her permitted."""

from salus.client.refused import accept
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import ConfirmGrant
from salus.policy.types import Directive, Effect, Status
from salus.services import lookup
from salus.services.actors import Person

_STANDING = (Status.ACTIVE, Status.UNACKNOWLEDGED, Status.SUSPENDED)


def confirm_grant(person: Person, handle: bytes, directive: bytes) -> int:
    """Let the directive outlive the authority it was given under; return the height. Raises the contract's refusals."""
    custodian = lookup.person(person.ledger.view(), handle).custodian
    landed = person.carriers.carry(custodian, person.build(handle, ConfirmGrant(handle, directive)).raw).result()
    accept(landed.result.code)
    return landed.height


def to_confirm(person: Person, handle: bytes) -> tuple[Directive, ...]:
    """Return the permits that others gave for the person and that she has not made her own, sorted by id."""
    state, now = person.ledger.view(), person.ledger.now()
    return tuple(
        one
        for one in consent.directives(state, handle)
        if one.under is not None and one.effect == Effect.PERMIT and one.status in _STANDING and now < one.end
    )
