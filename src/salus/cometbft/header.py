"""Headers of blocks: their hash, and what must be true of one before anything is believed of it.

https://docs.cometbft.com/v0.38/spec/core/data_structures#header
"""

from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue

from salus.cometbft import BLOCK_PROTOCOL
from salus.cometbft.hashing import encoded, tree_root
from salus.cometbft.proto.types_pb2 import BlockID, Header
from salus.cometbft.reading import is_complete, is_nil, milliseconds
from salus.core.errors import Malformed

MAX_HEIGHT = 2**53 - 1


def header_hash(header: Header) -> bytes:
    """Return the block's hash, 32 bytes: the root over the header's fourteen fields."""
    last = BlockID()
    last.CopyFrom(header.last_block_id)
    last.part_set_header.SetInParent()
    return tree_root(
        (
            encoded(header.version),
            encoded(StringValue(value=header.chain_id)),
            encoded(Int64Value(value=header.height)),
            encoded(header.time),
            encoded(last),
            encoded(BytesValue(value=header.last_commit_hash)),
            encoded(BytesValue(value=header.data_hash)),
            encoded(BytesValue(value=header.validators_hash)),
            encoded(BytesValue(value=header.next_validators_hash)),
            encoded(BytesValue(value=header.consensus_hash)),
            encoded(BytesValue(value=header.app_hash)),
            encoded(BytesValue(value=header.last_results_hash)),
            encoded(BytesValue(value=header.evidence_hash)),
            encoded(BytesValue(value=header.proposer_address)),
        )
    )


def check_header(header: Header, chain: str) -> None:
    """Raise Malformed unless `header` is whole and of `chain`; who committed it is not looked at."""
    parts = (header.HasField("version"), header.HasField("time"), header.HasField("last_block_id"))
    if not all(parts) or not header.last_block_id.HasField("part_set_header"):
        raise Malformed
    if header.version.block != BLOCK_PROTOCOL or header.chain_id != chain or not 1 <= header.height <= MAX_HEIGHT:
        raise Malformed
    if not (is_nil if header.height == 1 else is_complete)(header.last_block_id):
        raise Malformed
    hashes = (
        header.last_commit_hash,
        header.data_hash,
        header.validators_hash,
        header.next_validators_hash,
        header.consensus_hash,
        header.app_hash,
        header.last_results_hash,
        header.evidence_hash,
    )
    if any(len(one) != 32 for one in hashes) or len(header.proposer_address) != 20:
        raise Malformed
    milliseconds(header.time)
