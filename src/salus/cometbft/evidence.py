"""Misbehaviour that shows by itself: a validator voted twice, or validators signed a block that is not the chain's.

https://docs.cometbft.com/v0.38/spec/core/data_structures#evidence
"""

from enum import IntEnum
from typing import NamedTuple

from salus.cometbft.commit import verify_commit, verify_commit_trusting
from salus.cometbft.errors import NoMisbehaviour, WrongValidators, WrongVote
from salus.cometbft.hashing import encoded
from salus.cometbft.header import check_header, header_hash
from salus.cometbft.proto.types_pb2 import (
    BLOCK_ID_FLAG_COMMIT,
    SIGNED_MSG_TYPE_PRECOMMIT,
    SIGNED_MSG_TYPE_PREVOTE,
    BlockID,
    DuplicateVoteEvidence,
    Header,
    LightBlock,
    LightClientAttackEvidence,
    SignedHeader,
    Vote,
)
from salus.cometbft.reading import instant, is_complete, is_nil
from salus.cometbft.validators import (
    ADDRESS_BYTES,
    Validator,
    Validators,
    read_validators,
    set_hash,
    total_power,
    validator_set,
)
from salus.cometbft.votes import vote_sign_bytes
from salus.cometbft.zip215 import verify
from salus.core.errors import Malformed


class Attack(IntEnum):
    """How light clients were to be deceived."""

    LUNATIC = 1  # by a block that no execution gives
    EQUIVOCATION = 2  # by a second block of the same round
    AMNESIA = 3  # by a block of another round; who forgot their lock does not show


class Attackers(NamedTuple):
    """An attack that was proved, and whom it convicts, most power first."""

    attack: Attack
    validators: tuple[Validator, ...]


def check_duplicate_vote(chain: str, evidence: DuplicateVoteEvidence, members: Validators) -> Validator:
    """Return the one of `members`, validators of the votes' height, who signed both votes.

    Raises Malformed, NoMisbehaviour (not two votes of one validator for different blocks in the same step, out of
    order, or with powers that are not those of `members`), WrongVote (a signature does not verify).
    """
    a, b = evidence.vote_a, evidence.vote_b
    _check_vote(a)
    _check_vote(b)
    member = next((one for one in members if one.address == a.validator_address), None)
    if member is None or _step(a) != _step(b) or _order(a.block_id) >= _order(b.block_id):
        raise NoMisbehaviour
    if (evidence.validator_power, evidence.total_voting_power) != (member.power, total_power(members)):
        raise NoMisbehaviour
    if not all(verify(member.public, vote_sign_bytes(chain, vote), vote.signature) for vote in (a, b)):
        raise WrongVote
    return member


def _step(vote: Vote) -> tuple[int, int, int, bytes]:
    return vote.height, vote.round, vote.type, vote.validator_address


def _order(block: BlockID) -> bytes:
    return block.hash + encoded(block.part_set_header)


def _check_vote(vote: Vote) -> None:
    if vote.type not in (SIGNED_MSG_TYPE_PREVOTE, SIGNED_MSG_TYPE_PRECOMMIT) or vote.height < 1 or vote.round < 0:
        raise Malformed
    if not vote.HasField("timestamp") or not (is_nil(vote.block_id) or is_complete(vote.block_id)):
        raise Malformed
    instant(vote.timestamp)
    if len(vote.validator_address) != ADDRESS_BYTES or vote.validator_index < 0 or len(vote.signature) != 64:
        raise Malformed


def check_light_block(chain: str, block: LightBlock) -> tuple[Validator, ...]:
    """Return the validators of `block`, whose header they committed. Whether they are to be trusted is not looked at.

    Raises Malformed, WrongValidators (the header names others), and what `verify_commit` raises.
    """
    header, commit = block.signed_header.header, block.signed_header.commit
    check_header(header, chain)
    members = read_validators(block.validator_set)
    if set_hash(members) != header.validators_hash:
        raise WrongValidators
    exactly = BlockID(hash=header_hash(header), part_set_header=commit.block_id.part_set_header)
    verify_commit(chain, members, exactly, header.height, commit)
    return members


def light_client_attack(
    common: Header, members: Validators, trusted: SignedHeader, conflicting: LightBlock
) -> LightClientAttackEvidence:
    """Return the evidence for CometBFT that `conflicting` is not the chain's; its parts were verified.

    `common` is the last header that both chains have, `members` its validators, `trusted` the chain's own header of the
    height of `conflicting`, or its newest if it is not there yet.
    """
    convicted = _attackers(members, trusted, conflicting).validators
    made = LightClientAttackEvidence(
        conflicting_block=conflicting,
        common_height=common.height,
        total_voting_power=total_power(members),
        timestamp=common.time,
    )
    made.byzantine_validators.extend(validator_set(convicted).validators)
    return made


def check_light_client_attack(
    chain: str, evidence: LightClientAttackEvidence, common: Header, members: Validators, trusted: SignedHeader
) -> Attackers:
    """Return the attack that `evidence` proves, against the chain's own `common` and `trusted` headers.

    `common` is of the evidence's common height, `members` its validators; `trusted` is of the height of the conflicting
    block, or the chain's newest. Raises Malformed, NoMisbehaviour, and what verifying the conflicting block raises.
    """
    block = evidence.conflicting_block
    conflicting = block.signed_header.header
    check_light_block(chain, block)
    if common.height != evidence.common_height or common.height > conflicting.height:
        raise NoMisbehaviour
    if common.height != conflicting.height:
        verify_commit_trusting(chain, members, block.signed_header.commit)
    elif _differs(trusted.header, conflicting):
        raise NoMisbehaviour  # a block that execution does not give has its last common header below it
    ahead = conflicting.height > trusted.header.height
    if ahead and instant(conflicting.time) > instant(trusted.header.time):
        raise NoMisbehaviour
    if header_hash(conflicting) == header_hash(trusted.header):
        raise NoMisbehaviour
    found = _attackers(members, trusted, block)
    shown = [(one.address, one.voting_power, one.pub_key.ed25519) for one in evidence.byzantine_validators]
    convicted = [(one.address, one.power, one.public) for one in found.validators]
    if shown != convicted or evidence.total_voting_power != total_power(members):
        raise NoMisbehaviour
    return found


def _differs(ours: Header, theirs: Header) -> bool:
    """True if execution cannot have given both: what it determines is not the same."""
    return (
        ours.validators_hash,
        ours.next_validators_hash,
        ours.consensus_hash,
        ours.app_hash,
        ours.last_results_hash,
    ) != (
        theirs.validators_hash,
        theirs.next_validators_hash,
        theirs.consensus_hash,
        theirs.app_hash,
        theirs.last_results_hash,
    )


def _attackers(members: Validators, trusted: SignedHeader, conflicting: LightBlock) -> Attackers:
    theirs = list(conflicting.signed_header.commit.signatures)
    if _differs(trusted.header, conflicting.signed_header.header):
        signers = [one.validator_address for one in theirs if one.block_id_flag == BLOCK_ID_FLAG_COMMIT]
        return Attackers(Attack.LUNATIC, tuple(one for one in members if one.address in signers))
    if trusted.commit.round != conflicting.signed_header.commit.round:
        return Attackers(Attack.AMNESIA, ())
    both = [
        one.validator_address
        for one, other in zip(theirs, trusted.commit.signatures, strict=False)
        if one.block_id_flag == other.block_id_flag == BLOCK_ID_FLAG_COMMIT
    ]
    found = read_validators(conflicting.validator_set)
    return Attackers(Attack.EQUIVOCATION, tuple(one for one in found if one.address in both))
