"""Headers, read in whatever form they have.

1. Of the embedded engine: hash-linked and signed by the node's key, a COSE object.
2. Committed by CometBFT's validators (`evidence.committed`).
3. Decided by them, and not signed (`evidence.decided`): of the node's own blocks alone.

A header carries the app hash after the block before it (CometBFT's convention), so that the proof
of a value written by block H needs the header of H + 1, in both engines.
"""

from collections.abc import Callable
from typing import NamedTuple

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.hashing import T
from salus.core.signatures import SigningKey, verify
from salus.core.types import Message
from salus.evidence import committed, decided
from salus.evidence.view import Header as Header
from salus.evidence.view import SignedHeader as SignedHeader
from salus.evidence.view import Validators as Validators

FORMAT = 1


class Block(Message, frozen=True):
    """A block as it is stored: its header, and its batches as they were signed."""

    header: bytes
    batches: tuple[bytes, ...]


class _Form(NamedTuple):
    head: bytes  # what no header of another form begins with
    parse: Callable[[bytes, bytes], SignedHeader]
    read: Callable[[bytes, bytes, Validators], SignedHeader]


def header_hash(network: bytes, payload: bytes) -> bytes:
    """Return T("header", payload): the hash of form 1 covers what was signed and not the signature."""
    return T("header", network, payload)


def sign_header(header: Header, key: SigningKey) -> SignedHeader:
    """Return `header` of form 1 signed by the node's `key`, which is the one it names."""
    payload = encode(header)
    signature = key.sign(cose.to_be_signed("header", header.network, payload, header.node))
    return SignedHeader(
        header, header_hash(header.network, payload), cose.build("header", payload, [(header.node, signature)])
    )


def parse_header(network: bytes, raw: bytes) -> SignedHeader:
    """Return the header in `raw` without checking its signature; raise Malformed as `read_header` does."""
    form = _form(raw)
    return form.parse(network, raw) if form else _parse_signed(network, raw)


def read_header(network: bytes, raw: bytes, validators: Validators) -> SignedHeader:
    """Return the header in `raw`, signed by the one of `validators` that it names, or committed by enough of them.

    Raises Malformed (another network's, or not signed by the node it names alone), then
    WrongSignature (no validator's, or the signature does not verify; of a commit, one that says more).
    """
    form = _form(raw)
    return form.read(network, raw, validators) if form else _read_signed(network, raw, validators)


def _form(raw: bytes) -> _Form | None:
    return next((form for form in _FORMS if raw.startswith(form.head)), None)


def _parse_signed(network: bytes, raw: bytes) -> SignedHeader:
    signed = cose.parse("header", raw)
    header = decode(signed.payload, Header)
    if header.format != FORMAT or header.network != network:
        raise Malformed
    if len(signed.signatures) != 1 or signed.signatures[0][0] != header.node:
        raise Malformed
    return SignedHeader(header, header_hash(network, signed.payload), raw)


def _read_signed(network: bytes, raw: bytes, validators: Validators) -> SignedHeader:
    parsed = _parse_signed(network, raw)
    payload, ((kid, signature),) = cose.parse("header", raw)
    public = validators.get(kid, (b"", 0))[0]
    if not verify(public, cose.to_be_signed("header", network, payload, kid), signature):
        raise WrongSignature
    return parsed


def read_block(raw: bytes) -> Block:
    """Return the block in `raw`; raise Malformed. Neither header nor batches are parsed."""
    return decode(raw, Block)


_FORMS = (
    _Form(committed.HEAD, committed.parse_committed, committed.read_committed),
    _Form(decided.HEAD, decided.parse_decided, decided.read_decided),
)
