"""The one view of a header, whatever engine made it and in whatever form it is kept."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.types import Digest, Id, Message, Time

Validators = Mapping[bytes, tuple[bytes, int]]  # key id -> (public key, power)


class Header(Message, frozen=True):
    """A header's fields. Of form 1 this is the payload that is signed; of forms 2 and 3, what CometBFT's says."""

    format: Annotated[int, Meta(ge=1, le=3)]
    network: Id
    height: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    time: Time  # never before that of the block before
    previous: Digest  # hash of the header before; of the first block, the network
    batches: Digest  # form 1: RFC 9162 tree over the batches' ids, SHA-256 of nothing when empty; else `data_hash`
    app_hash: Digest  # after the block before; of the first block, after genesis
    node: Id  # form 1: key id of the signer; else the proposer's address and twelve zero bytes


class SignedHeader(NamedTuple):
    """A header as it was read."""

    header: Header
    hash: bytes
    raw: bytes
