"""Headers of the embedded engine: hash-linked and signed by the node's key.

A header carries the app hash after the block before it (CometBFT's convention), so that the proof
of a value written by block H needs the header of H + 1, in both engines.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.hashing import T
from salus.core.signatures import SigningKey, verify
from salus.core.types import Digest, Id, Message, Time
from salus.evidence.decided import ADDRESS_BYTES, is_decided, parse_decided

FORMAT = 1


class Header(Message, frozen=True):
    """Payload of COSE kind `header`."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    height: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    time: Time  # never before that of the block before
    previous: Digest  # hash of the header before; of the first block, the network
    batches: Digest  # RFC 9162 tree over the ids of its batches; SHA-256 of nothing when empty
    app_hash: Digest  # after the block before; of the first block, after genesis
    node: Id  # key id of the signer


class Block(Message, frozen=True):
    """A block as it is stored: the header as COSE_Sign, and its batches as they were signed."""

    header: bytes
    batches: tuple[bytes, ...]


class SignedHeader(NamedTuple):
    """A header whose signature was verified."""

    header: Header
    hash: bytes
    raw: bytes


Validators = Mapping[bytes, tuple[bytes, int]]  # key id -> (public key, power)


def header_hash(network: bytes, payload: bytes) -> bytes:
    """Return T("header", payload): the hash covers what was signed and not the signature."""
    return T("header", network, payload)


def sign_header(header: Header, key: SigningKey) -> SignedHeader:
    """Return `header` signed by the node's `key`, which is the one it names."""
    payload = encode(header)
    signature = key.sign(cose.to_be_signed("header", header.network, payload, header.node))
    return SignedHeader(
        header, header_hash(header.network, payload), cose.build("header", payload, [(header.node, signature)])
    )


def parse_header(network: bytes, raw: bytes) -> SignedHeader:
    """Return the header in `raw` without checking its signature; raise Malformed as `read_header` does."""
    if is_decided(raw):
        return _of_decided(network, raw)
    signed = cose.parse("header", raw)
    header = decode(signed.payload, Header)
    if header.network != network or len(signed.signatures) != 1 or signed.signatures[0][0] != header.node:
        raise Malformed
    return SignedHeader(header, header_hash(network, signed.payload), raw)


def read_header(network: bytes, raw: bytes, validators: Validators) -> SignedHeader:
    """Return the header in `raw`, signed by the one of `validators` that it names.

    Raises Malformed (another network's, or not signed by the node it names alone), then
    WrongSignature (no validator's, or the signature does not verify).
    """
    parsed = parse_header(network, raw)
    if is_decided(raw):
        raise WrongSignature  # nobody signed it
    payload, ((kid, signature),) = cose.parse("header", raw)
    public = validators.get(kid, (b"", 0))[0]
    if not verify(public, cose.to_be_signed("header", network, payload, kid), signature):
        raise WrongSignature
    return parsed


def _of_decided(network: bytes, raw: bytes) -> SignedHeader:
    """Return what a decided header says; its hash is CometBFT's, and `node` the proposer's address filled up."""
    said = parse_decided(network, raw)
    node = said.proposer + bytes(32 - ADDRESS_BYTES)
    header = Header(said.format, network, said.height, said.time, said.previous, said.batches, said.app_hash, node)
    return SignedHeader(header, said.hash, raw)


def read_block(raw: bytes) -> Block:
    """Return the block in `raw`; raise Malformed. Neither header nor batches are parsed."""
    return decode(raw, Block)
