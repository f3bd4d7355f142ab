"""Decided headers, form 3: what a node knows of a block at the moment when the validators have decided it.

CometBFT hands a decided block over without its header and without the votes for it. So this is not signed and proves
nothing to anybody: it stands in the node's own block file, where the hash of each block is the `previous` of the next,
and where the committed header, which comes a little later, can be held against it.
"""

from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode
from salus.core.errors import Malformed, WrongSignature
from salus.core.types import Digest, Id, Message, Time
from salus.evidence.view import Header, SignedHeader, Validators

FORMAT = 3
HEAD = b"\x89\x03"  # an array of nine that begins with 3
ADDRESS_BYTES = 20


class Decided(Message, frozen=True):
    """The object; the fields that a header has, but for `node`, and the block's hash."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    height: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    time: Time  # CometBFT's, whole milliseconds of it
    previous: Digest
    batches: Digest
    app_hash: Digest
    hash: Digest  # CometBFT's, of the header that it keeps
    proposer: Annotated[bytes, Meta(min_length=ADDRESS_BYTES, max_length=ADDRESS_BYTES)]  # address of the validator


def is_decided(raw: bytes) -> bool:
    """True if `raw` begins as a decided header does."""
    return raw.startswith(HEAD)


def parse_decided(network: bytes, raw: bytes) -> SignedHeader:
    """Return the header in `raw`, which nobody signed. Raises Malformed, also where it is another network's."""
    said = decode(raw, Decided)
    if said.network != network:
        raise Malformed
    header = Header(
        FORMAT,
        network,
        said.height,
        said.time,
        said.previous,
        said.batches,
        said.app_hash,
        said.proposer + bytes(32 - ADDRESS_BYTES),
    )
    return SignedHeader(header, said.hash, raw)


def read_decided(network: bytes, raw: bytes, _: Validators) -> SignedHeader:
    """Raise Malformed, or WrongSignature: whoever asks who signed it hears that nobody did."""
    parse_decided(network, raw)
    raise WrongSignature
