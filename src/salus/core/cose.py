"""COSE_Sign (RFC 9052 section 4) with EdDSA, in one fixed form.

A message is tag 98 over [protected {3: type}, {}, payload, [[protected {1: -8, 4: key id}, {},
signature]...]]. The wrapper holds maps, which the payload profile forbids, so it never goes
through a decoder: it is compared with fixed bytes, and only the payload is decoded, later.
https://www.rfc-editor.org/rfc/rfc9052#section-4
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from salus.core.encoding import byte_string, encode, flat, head
from salus.core.errors import Malformed
from salus.core.signatures import SigningKey, key_id

KINDS = (
    "envelope",
    "batch",
    "possession",
    "request",
    "claim",
    "approval",
    "veto",
    "grant",
    "delivery",
    "receipt",
    "acknowledgement",
    "erasure",
    "review",
    "header",
    "pruning",
    "break-glass",
    "page",
    "notice",
    "share",
    "release-share",
    "share-receipt",
    "release-notice",
    "backup-share",
    "look-up",
    "ticket",
    "tokens",
    "locator-key",
    "share-code",
    "endpoint",
    "tip",
    "submission",
    "founder-card",
)
MAX_SIGNERS = 16

_SIGNER_HEAD = b"\x83\x58\x26\xa2\x01\x27\x04\x58\x20"  # [bstr .cbor {1: -8, 4: h'..
_SIGNATURE_HEAD = b"\xa0\x58\x40"  # {}, h'..
_KID_AT = len(_SIGNER_HEAD)
_SIGNATURE_AT = _KID_AT + 32 + len(_SIGNATURE_HEAD)
_SIGNER_LENGTH = _SIGNATURE_AT + 64
_WIDTHS = {24: 1, 25: 2, 26: 4}  # bytes of a length, by the low bits of the first byte


class Signed(NamedTuple):
    """A parsed COSE_Sign: its payload and, in wire order, (key id, signature) of each signer."""

    payload: bytes
    signatures: tuple[tuple[bytes, bytes], ...]


def content_type(kind: str) -> str:
    """Return the media type in the protected header of the body (RFC 9052 label 3)."""
    return f"application/vnd.salus.{kind}+cbor"


@lru_cache(maxsize=64)
def _body(kind: str) -> bytes:
    if kind not in KINDS:
        raise ValueError(kind)
    return b"\xa1\x03" + flat(content_type(kind))


@lru_cache(maxsize=64)
def _wrapper(kind: str) -> bytes:
    return b"\xd8\x62\x84" + byte_string(_body(kind)) + b"\xa0"


@lru_cache(maxsize=1024)
def _structure(kind: str, network: bytes) -> tuple[bytes, bytes]:
    aad = encode(["salus/1", kind, network])
    return (
        head(4, 5) + flat("Signature") + byte_string(_body(kind)) + b"\x58\x26\xa2\x01\x27\x04\x58\x20",
        byte_string(aad),
    )


def to_be_signed(kind: str, network: bytes, payload: bytes, kid: bytes) -> bytes:
    """Return the Sig_structure (RFC 9052 section 4.4) that `kid` signs."""
    before, aad = _structure(kind, network)
    return before + kid + aad + byte_string(payload)


def build(kind: str, payload: bytes, signatures: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the COSE_Sign bytes of `payload` with (key id, signature) pairs in the given order."""
    signers = b"".join(_SIGNER_HEAD + kid + _SIGNATURE_HEAD + sig for kid, sig in signatures)
    return _wrapper(kind) + byte_string(payload) + head(4, len(signatures)) + signers


def sign(kind: str, network: bytes, payload: bytes, keys: Sequence[SigningKey]) -> bytes:
    """Return `payload` as COSE_Sign, signed by each of `keys` in order."""
    pairs = []
    for key in keys:
        kid = key_id(network, key.public)
        pairs.append((kid, key.sign(to_be_signed(kind, network, payload, kid))))
    return build(kind, payload, pairs)


def parse(kind: str, raw: bytes) -> Signed:
    """Return what `raw` holds; raise Malformed unless it is exactly the one form of `kind`.

    No signature is checked here. Between 1 and 16 signers, none twice.
    """
    wrapper = _wrapper(kind)
    if not raw.startswith(wrapper):
        raise Malformed
    size, at = _length(raw, len(wrapper))
    payload = raw[at : at + size]
    at += size
    count = (len(raw) - at) // _SIGNER_LENGTH
    if not 1 <= count <= MAX_SIGNERS or raw[at] != 4 << 5 | count:
        raise Malformed
    at += 1
    signatures = []
    for _ in range(count):
        kid_at = at + _KID_AT
        sig_at = at + _SIGNATURE_AT
        if raw[at:kid_at] != _SIGNER_HEAD or raw[kid_at + 32 : sig_at] != _SIGNATURE_HEAD:
            raise Malformed
        at += _SIGNER_LENGTH
        signatures.append((raw[kid_at : kid_at + 32], raw[sig_at:at]))
    if at != len(raw):
        raise Malformed
    if count > 1 and len(dict(signatures)) != count:
        raise Malformed
    return Signed(payload, tuple(signatures))


def is_of(kind: str, raw: bytes) -> bool:
    """True if `raw` begins as an object of `kind` does; whether it is one, `parse` tells."""
    return raw.startswith(_wrapper(kind))


def _length(raw: bytes, at: int) -> tuple[int, int]:
    """Read the head of a byte string at `at`; return (its length, where its content begins)."""
    if at == len(raw):
        raise Malformed
    short = raw[at] - (2 << 5)
    content = at + 1 + _WIDTHS.get(short, 0)
    size = int.from_bytes(raw[at + 1 : content], "big") if short in _WIDTHS else short
    if size < 0 or raw[at:content] != head(2, size):  # refuses longer heads than needed, and 27..31
        raise Malformed
    return size, content
