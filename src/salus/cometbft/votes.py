"""What validators sign: votes, proposals and extensions in their canonical form, the length in front.

https://docs.cometbft.com/v0.38/spec/core/data_structures#canonicalvote
"""

from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BytesValue

from salus.cometbft.hashing import encoded
from salus.cometbft.proto.types_pb2 import (
    SIGNED_MSG_TYPE_PROPOSAL,
    BlockID,
    CanonicalBlockID,
    CanonicalPartSetHeader,
    CanonicalProposal,
    CanonicalVote,
    CanonicalVoteExtension,
    Proposal,
    Vote,
)
from salus.cometbft.reading import is_nil


def vote_sign_bytes(chain: str, vote: Vote) -> bytes:
    """Return what the signature of `vote` is over; its validator, index and extension are not in it."""
    return _delimited(
        CanonicalVote(
            type=vote.type,
            height=vote.height,
            round=vote.round,
            block_id=_canonical(vote.block_id),
            timestamp=vote.timestamp,
            chain_id=chain,
        )
    )


def proposal_sign_bytes(chain: str, proposal: Proposal) -> bytes:
    """Return what the signature of `proposal` is over, whatever its type says."""
    return _delimited(
        CanonicalProposal(
            type=SIGNED_MSG_TYPE_PROPOSAL,
            height=proposal.height,
            round=proposal.round,
            pol_round=proposal.pol_round,
            block_id=_canonical(proposal.block_id),
            timestamp=proposal.timestamp,
            chain_id=chain,
        )
    )


def extension_sign_bytes(chain: str, vote: Vote) -> bytes:
    """Return what the signature of the extension of `vote` is over."""
    return _delimited(
        CanonicalVoteExtension(extension=vote.extension, height=vote.height, round=vote.round, chain_id=chain)
    )


def _canonical(block: BlockID) -> CanonicalBlockID | None:
    if is_nil(block):
        return None
    parts = block.part_set_header
    return CanonicalBlockID(hash=block.hash, part_set_header=CanonicalPartSetHeader(total=parts.total, hash=parts.hash))


def _delimited(message: Message) -> bytes:
    return encoded(BytesValue(value=encoded(message)))[1:]  # a field of bytes without its tag: length, value
