"""Envelopes and batches: the bytes that members send and blocks hold.

An envelope is atomic and carries one or more messages; a batch is envelopes that arrived together,
packed and signed by a member's gateway. Each envelope of a batch succeeds or fails by itself.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core import cose
from salus.core.encoding import byte_string, decode, encode
from salus.core.errors import Malformed, Oversized
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.core.types import Id, Message, Nonce, Small, Time

FORMAT = 1
WINDOW_MS = 600_000  # an envelope is valid while t < not_after <= t + WINDOW_MS
MAX_ENVELOPE_BYTES = 256 * 1024
MAX_BATCH_BYTES = 1024 * 1024

Signer = tuple[Id, Id]  # (account, key id)
Numbered = tuple[Small, bytes]  # (message number, its dCBOR)


class Payload(Message, frozen=True):
    """What the signers of an envelope sign."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    nonce: Nonce
    not_after: Time
    signers: Annotated[tuple[Signer, ...], Meta(min_length=1, max_length=cose.MAX_SIGNERS)]  # sorted, distinct
    messages: Annotated[tuple[Numbered, ...], Meta(min_length=1, max_length=64)]


class BatchPayload(Message, frozen=True):
    """What a member's gateway signs."""

    nonce: Nonce
    not_after: Time
    carrier: Signer  # (member, key id of its gateway)
    envelopes: Annotated[tuple[bytes, ...], Meta(min_length=1, max_length=4096)]


class Envelope(NamedTuple):
    """A parsed envelope; no signature was checked."""

    id: bytes
    payload: Payload
    payload_bytes: bytes
    signatures: tuple[tuple[bytes, bytes], ...]
    raw: bytes


class Batch(NamedTuple):
    """A parsed batch; no signature was checked."""

    id: bytes
    payload: BatchPayload
    payload_bytes: bytes
    signature: tuple[bytes, bytes]
    raw: bytes


def parse_envelope(network: bytes, raw: bytes) -> Envelope:
    """Return the envelope in `raw`.

    Raises Oversized, or Malformed unless its signatures are exactly those of `signers`, which are
    sorted and distinct, in that order.
    """
    if len(raw) > MAX_ENVELOPE_BYTES:
        raise Oversized
    signed = cose.parse("envelope", raw)
    payload = _usual(signed.payload) or decode(signed.payload, Payload)
    signers = payload.signers
    if [kid for kid, _ in signed.signatures] != [kid for _, kid in signers]:
        raise Malformed
    if len(signers) > 1 and any(a >= b for a, b in pairwise(signers)):
        raise Malformed
    return Envelope(T("envelope", network, signed.payload), payload, signed.payload, signed.signatures, raw)


# What stands around the fields of a payload of one signer and one message:
# [1, h'16 bytes', time of eight bytes, [[h'32 bytes', h'32 bytes']], [[number of two bytes, h'..
_TO_NONCE = b"\x85\x01\x50"
_TO_SIGNER, _TO_KEY, _TO_NUMBER = b"\x81\x82\x58\x20", b"\x58\x20", b"\x81\x82\x19"
_CONTENT_AT = {b"\x58": 105, b"\x59": 106, b"\x5a": 108}  # of the message, by the first byte of its head


def _usual(raw: bytes) -> Payload | None:
    """Return the payload of the form that nearly all have, read by slicing; None: ask `decode`, which gives the same.

    Every length here is fixed or compared with the bytes that there are, and each head is the shortest.
    """
    if (
        raw[:3] != _TO_NONCE
        or raw[19:20] != b"\x1b"
        or raw[28:32] != _TO_SIGNER
        or raw[64:66] != _TO_KEY
        or raw[98:101] != _TO_NUMBER
    ):
        return None
    not_after, number = int.from_bytes(raw[20:28], "big"), int.from_bytes(raw[101:103], "big")
    if not 1 << 32 <= not_after < 1 << 53 or number < 1 << 8:
        return None
    message = raw[_CONTENT_AT.get(raw[103:104], 104) :]
    if byte_string(message) != raw[103:]:
        return None
    signer = raw[32:64], raw[66:98]
    return Payload(FORMAT, raw[3:19], not_after, (signer,), ((number, message),))


def parse_batch(network: bytes, raw: bytes) -> Batch:
    """Return the batch in `raw`; raise Oversized or Malformed. Its envelopes are not parsed."""
    if len(raw) > MAX_BATCH_BYTES:
        raise Oversized
    signed = cose.parse("batch", raw)
    payload = decode(signed.payload, BatchPayload)
    if len(signed.signatures) != 1 or signed.signatures[0][0] != payload.carrier[1]:
        raise Malformed
    return Batch(T("batch", network, signed.payload), payload, signed.payload, signed.signatures[0], raw)


def seal_envelope(
    network: bytes,
    nonce: bytes,
    not_after: int,
    signers: Sequence[tuple[bytes, SigningKey]],
    messages: Sequence[tuple[int, Message]],
) -> bytes:
    """Return a signed envelope of `messages` (number, message), signed by (account, key) pairs."""
    pairs = sorted((account, key.id(network), key) for account, key in signers)
    payload = Payload(
        FORMAT,
        nonce,
        not_after,
        tuple((account, kid) for account, kid, _ in pairs),
        tuple((number, encode(message)) for number, message in messages),
    )
    return cose.sign("envelope", network, encode(payload), [key for _, _, key in pairs])


def seal_batch(
    network: bytes, nonce: bytes, not_after: int, member: bytes, gateway: SigningKey, envelopes: Sequence[bytes]
) -> bytes:
    """Return a signed batch of `envelopes`, carried by `member`."""
    payload = BatchPayload(nonce, not_after, (member, gateway.id(network)), tuple(envelopes))
    return cose.sign("batch", network, encode(payload), [gateway])
