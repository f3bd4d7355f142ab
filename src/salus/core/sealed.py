"""What a release under silence commits to: an order that forbids notice, and the release that rests on it.

The ledger holds the commitments alone until the silence is over; their salts are 32 random bytes, so that nobody
who guesses a person, a recipient or a court can tell that he guessed right.
"""

from typing import Annotated

from msgspec import Meta

from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.types import Digest, Id, Message, Salt, Small


class OrderTerms(Message, frozen=True):
    """Whom an order that forbids notice is about, and what it demands."""

    custodian: Id
    relation: Id
    recipient: Id
    purpose: Small
    ceiling: Annotated[int, Meta(ge=0, le=5)]  # policy.policies.LEVELS
    writ: Digest  # T("writ", salt, document)


class ReleaseTerms(Message, frozen=True):
    """What was released under such an order."""

    relation: Id
    recipient: Id
    purpose: Small
    relation_root: Digest
    leaves: Digest  # T("leaves", salt, [sorted leaves])


def order_commitment(network: bytes, issuer: bytes, salt: Salt, terms: OrderTerms) -> bytes:
    """Return what the ledger holds of an order that forbids notice."""
    return T("sealed-order", network, issuer, salt, encode(terms))


def release_commitment(network: bytes, custodian: bytes, order: bytes, salt: Salt, terms: ReleaseTerms) -> bytes:
    """Return what the ledger holds of a release under such an order."""
    return T("sealed-release", network, custodian, order, salt, encode(terms))
