"""Dispute a representation, or resign from one: by the person, or by who represents her; no member can suppress it."""

from salus.contracts.representation.messages import DisputeRepresentation, EndRepresentation
from salus.services.actors import Person
from salus.services.protect import Protected, protect


def dispute(person: Person, account: bytes, relation: bytes, representation: bytes) -> Protected:
    """Dispute it until that is settled; `account` is the person's own, or of another representative of hers.

    Who disputes as a representative is disputed too. Raises NotCarried, the contract's refusals.
    """
    built = person.build(account, DisputeRepresentation(account, relation, representation))
    return protect(person, relation, built.raw)


def resign(person: Person, account: bytes, relation: bytes, representation: bytes) -> Protected:
    """End one's own authority, or as the person that of whom she named. Raises NotCarried, the contract's refusals."""
    built = person.build(account, EndRepresentation(account, relation, representation))
    return protect(person, relation, built.raw)
