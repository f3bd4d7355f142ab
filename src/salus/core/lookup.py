"""A signed look-up: somebody asks a custodian, or a locator, at which relation a person is known.

Who is looked for stands nowhere in it: the payload commits to that under a salt, and it travels sealed.
"""

from typing import Final

from msgspec import Struct

from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.types import Digest, Id, Message, Nonce, Salt, Small, Time

LOOKUP: Final = "look-up"


class Lookup(Message, frozen=True):
    """Payload of COSE kind `look-up`; the requester is the account that lists the signing key."""

    answerer: Id  # the custodian that is asked about its own patients, or a locator
    query: Digest  # T("query", salt, encoded query); query and salt travel sealed
    purpose: Small  # number in the governed table
    staff: Digest  # commitment of the attested member of staff
    seal_key: Digest  # id of the HPKE key to seal the answer to
    group: Id | None  # of a locator: the emergency group in whose name it is asked; null: a custodian is asked
    nonce: Nonce
    not_after: Time  # consumed once, before this block time


class SignedLookup(Struct, frozen=True):
    """A parsed look-up; its signature was not checked."""

    id: bytes
    payload: Lookup
    payload_bytes: bytes
    key: bytes  # id of the signing key
    signature: bytes

    def to_be_signed(self, network: bytes) -> bytes:
        """Return what the one key must have signed."""
        return cose.to_be_signed(LOOKUP, network, self.payload_bytes, self.key)


def parse_lookup(network: bytes, raw: bytes) -> SignedLookup:
    """Return the look-up in `raw`; raise Malformed unless exactly one key signed it."""
    signed = cose.parse(LOOKUP, raw)
    if len(signed.signatures) != 1:
        raise Malformed
    key, signature = signed.signatures[0]
    payload = decode(signed.payload, Lookup)
    return SignedLookup(T("look-up", network, signed.payload), payload, signed.payload, key, signature)


def query_commitment(network: bytes, salt: Salt, body: bytes) -> bytes:
    """Return the commitment to an encoded query."""
    return T("query", network, salt, body)
