"""Commits: more than two thirds of the validators' power signed this block, and so decided it.

CometBFT's light client stops at two thirds; here every vote for the block is checked, so that all verifiers answer
alike whatever order they go in. Votes for no block count for nothing, and are not looked at.
https://docs.cometbft.com/v0.38/spec/core/data_structures#commit
"""

from salus.cometbft.errors import NotCommitted, NotTrusted, OtherBlock, WrongVote
from salus.cometbft.proto.types_pb2 import (
    BLOCK_ID_FLAG_ABSENT,
    BLOCK_ID_FLAG_COMMIT,
    BLOCK_ID_FLAG_NIL,
    SIGNED_MSG_TYPE_PRECOMMIT,
    BlockID,
    Commit,
    CommitSig,
    Vote,
)
from salus.cometbft.reading import NO_TIME, instant, is_complete
from salus.cometbft.validators import ADDRESS_BYTES, Validators, total_power
from salus.cometbft.votes import vote_sign_bytes as vote_sign_bytes
from salus.cometbft.zip215 import verify
from salus.core.errors import Malformed

MAX_SIGNATURE_BYTES = 96  # CometBFT's limit, for keys of any kind


def check_commit(commit: Commit) -> None:
    """Raise Malformed unless `commit` is whole; no signature is verified."""
    if not (commit.HasField("block_id") and commit.block_id.HasField("part_set_header")):
        raise Malformed
    if commit.height < 1 or commit.round < 0 or not is_complete(commit.block_id) or not commit.signatures:
        raise Malformed
    for one in commit.signatures:
        _check_signature(one)


def _check_signature(one: CommitSig) -> None:
    if not one.HasField("timestamp"):
        raise Malformed
    instant(one.timestamp)
    if one.block_id_flag == BLOCK_ID_FLAG_ABSENT:
        time = (one.timestamp.seconds, one.timestamp.nanos)
        if one.validator_address or one.signature or time != (NO_TIME, 0):
            raise Malformed
        return
    if one.block_id_flag not in (BLOCK_ID_FLAG_COMMIT, BLOCK_ID_FLAG_NIL):
        raise Malformed
    if len(one.validator_address) != ADDRESS_BYTES or not 1 <= len(one.signature) <= MAX_SIGNATURE_BYTES:
        raise Malformed


def verify_commit(chain: str, members: Validators, block: BlockID, height: int, commit: Commit) -> None:
    """Raise unless more than two thirds of the power of `members` signed `block` of `height`.

    Raises Malformed, OtherBlock (another block or height, or not one place for each of `members`), WrongVote (a vote
    for the block at another's place, or one whose signature does not verify), NotCommitted.
    """
    check_commit(commit)
    if commit.height != height or commit.block_id != block or len(commit.signatures) != len(members):
        raise OtherBlock
    signed = 0
    for member, one in zip(members, commit.signatures, strict=True):
        if one.block_id_flag == BLOCK_ID_FLAG_COMMIT:
            if one.validator_address != member.address or not signed_by(chain, commit, one, member.public):
                raise WrongVote
            signed += member.power
    if signed * 3 <= total_power(members) * 2:
        raise NotCommitted


def verify_commit_trusting(chain: str, trusted: Validators, commit: Commit) -> None:
    """Raise unless more than a third of the power of `trusted` signed the block of `commit`, each found by its address.

    The other votes are not looked at: `verify_commit` has verified them by the block's own validators. Raises
    Malformed, WrongVote (a signature does not verify, or a validator votes twice), NotTrusted.
    """
    check_commit(commit)
    known = {one.address: one for one in trusted}
    seen: dict[bytes, int] = {}
    for one in commit.signatures:
        member = known.get(one.validator_address)
        if one.block_id_flag != BLOCK_ID_FLAG_COMMIT or member is None:
            continue
        if member.address in seen or not signed_by(chain, commit, one, member.public):
            raise WrongVote
        seen[member.address] = member.power
    if sum(seen.values()) * 3 <= total_power(trusted):
        raise NotTrusted


def signed_by(chain: str, commit: Commit, one: CommitSig, public: bytes) -> bool:
    """True if `public` signed the block of `commit` with the vote `one` of it."""
    vote = Vote(
        type=SIGNED_MSG_TYPE_PRECOMMIT,
        height=commit.height,
        round=commit.round,
        block_id=commit.block_id,
        timestamp=one.timestamp,
    )
    return verify(public, vote_sign_bytes(chain, vote), one.signature)
