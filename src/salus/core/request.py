"""A recipient's signed request, embedded in the release or refusal that answers it."""

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


class SignedRequest(Struct, frozen=True):
    """A parsed request; its signature was not checked."""

    id: bytes
    payload: Request
    payload_bytes: bytes
    key: bytes  # id of the signing key
    signature: bytes


def parse_request(network: bytes, raw: bytes) -> SignedRequest:
    """Return the request in `raw`; raise Malformed unless exactly one key signed it."""
    signed = cose.parse("request", raw)
    if len(signed.signatures) != 1:
        raise Malformed
    key, signature = signed.signatures[0]
    payload = decode(signed.payload, Request)
    return SignedRequest(T("request", network, signed.payload), payload, signed.payload, key, signature)


def filter_commitment(network: bytes, salt: Salt, body: bytes) -> bytes:
    """Return the commitment to an encoded filter."""
    return T("filter", network, salt, body)
