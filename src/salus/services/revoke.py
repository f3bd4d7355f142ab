"""Revoke a directive; sent through two members, so that no custodian can suppress it."""

from typing import NamedTuple

from salus.contracts.consent.messages import RevokeConsent
from salus.policy.types import Capacity
from salus.services.actors import Person
from salus.services.protect import protect


class Revoked(NamedTuple):
    """A directive that has ended; `carriers` of the members asked have answered in time."""

    directive: bytes
    height: int
    carriers: int


def revoke(person: Person, handle: bytes, directive: bytes) -> Revoked:
    """End the directive. It is prospective: what was released stays released.

    Raises NotCarried if no member carried it, or the contract's refusals.
    """
    built = person.build(handle, RevokeConsent(handle, int(Capacity.SELF), directive))
    done = protect(person, handle, built.raw)
    return Revoked(directive, done.height, done.carriers)
