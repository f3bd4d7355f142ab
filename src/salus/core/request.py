"""A recipient's signed request, embedded in the release or refusal that answers it."""

from typing import Final

from msgspec import Struct

from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.types import Digest, Id, Message, Nonce, Salt, Small, Time


class Request(Message, frozen=True):
    """Payload of COSE kind `request`; the recipient is the account that lists the signing key."""

    relation: Id
    filter: Digest  # T("filter", salt, encoded filter); filter and salt travel sealed
    purpose: Small  # number in the governed table
    staff: Digest | None  # commitment of the attested member of staff; null for a person's own
    seal_key: Digest  # id of the HPKE key to seal the answer to
    nonce: Nonce
    not_after: Time  # consumed once, before this block time


class GlassRequest(Request, frozen=True):
    """Payload of COSE kind `break-glass`: the recipient signs why it cannot wait, so that nobody can say it later."""

    reason: Small  # core.glass


REQUEST: Final = "request"
GLASS: Final = "break-glass"
_SHAPES: dict[str, type[Request]] = {REQUEST: Request, GLASS: GlassRequest}


class SignedRequest(Struct, frozen=True):
    """A parsed request; its signature was not checked."""

    id: bytes
    payload: Request  # of kind `break-glass`, a GlassRequest
    payload_bytes: bytes
    key: bytes  # id of the signing key
    signature: bytes
    kind: str  # REQUEST or GLASS

    def to_be_signed(self, network: bytes) -> bytes:
        """Return what the one key must have signed."""
        return cose.to_be_signed(self.kind, network, self.payload_bytes, self.key)


def parse_request(network: bytes, raw: bytes) -> SignedRequest:
    """Return the request in `raw`, of either kind; raise Malformed unless exactly one key signed it."""
    kind = GLASS if cose.is_of(GLASS, raw) else REQUEST
    signed = cose.parse(kind, raw)
    if len(signed.signatures) != 1:
        raise Malformed
    key, signature = signed.signatures[0]
    payload = decode(signed.payload, _SHAPES[kind])
    return SignedRequest(T("request", network, signed.payload), payload, signed.payload, key, signature, kind)


def filter_commitment(network: bytes, salt: Salt, body: bytes) -> bytes:
    """Return the commitment to an encoded filter."""
    return T("filter", network, salt, body)
