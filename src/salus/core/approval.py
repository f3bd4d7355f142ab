"""A side's signed word that two relations are one person's. It stands on the ledger only when all sides agree."""

from typing import Final

from msgspec import Struct

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.types import Id, Message, Nonce, Small, Time

APPROVAL: Final = "approval"


class MergeApproval(Message, frozen=True):
    """Payload of COSE kind `approval`; the key that signs it says who approves for `relation`."""

    relation: Id  # the side that approves: one of the two, or one that either is merged with already
    capacity: Small  # policy.types.Capacity
    one: Id  # the two that are to be linked, the lower first
    other: Id
    nonce: Nonce
    not_after: Time  # used once, before this block time

    def id(self, network: bytes) -> bytes:
        """Return what the ledger remembers of it."""
        return T("approval", network, encode(self))


class SignedApproval(Struct, frozen=True):
    """A parsed approval; its signature was not checked."""

    payload: MergeApproval
    payload_bytes: bytes
    key: bytes
    signature: bytes

    def to_be_signed(self, network: bytes) -> bytes:
        """Return what the one key must have signed."""
        return cose.to_be_signed(APPROVAL, network, self.payload_bytes, self.key)


def parse_approval(raw: bytes) -> SignedApproval:
    """Return the approval in `raw`; raise Malformed unless exactly one key signed it."""
    signed = cose.parse(APPROVAL, raw)
    if len(signed.signatures) != 1:
        raise Malformed
    return SignedApproval(decode(signed.payload, MergeApproval), signed.payload, *signed.signatures[0])
