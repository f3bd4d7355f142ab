"""Decided headers: what a node knows of a block at the moment when the validators have decided it.

CometBFT hands a decided block over without its header and without the votes for it. So this is not signed and proves
nothing to anybody: it stands in the node's own block file, where the hash of each block is the `previous` of the next,
and where the committed header, which comes a little later, can be held against it.
"""

from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.types import Digest, Id, Message, Time

FORMAT = 3
HEAD = b"\x89\x03"  # of every encoding: an array of nine that begins with the format
ADDRESS_BYTES = 20


class Decided(Message, frozen=True):
    """A decided block's header, dCBOR."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    height: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    time: Time  # CometBFT's, whole milliseconds of it
    previous: Digest  # hash of the block before; of the first block, the network
    batches: Digest  # CometBFT's data hash
    app_hash: Digest  # after the block before; of the first block, after genesis
    hash: Digest  # CometBFT's, of the header that it keeps
    proposer: Annotated[bytes, Meta(min_length=ADDRESS_BYTES, max_length=ADDRESS_BYTES)]  # address of the validator


def is_decided(raw: bytes) -> bool:
    """True if `raw` begins as a decided header does."""
    return raw[:2] == HEAD


def parse_decided(network: bytes, raw: bytes) -> Decided:
    """Return the decided header in `raw`; raise Malformed, also where it is another network's."""
    decided = decode(raw, Decided)
    if decided.network != network:
        raise Malformed
    return decided
