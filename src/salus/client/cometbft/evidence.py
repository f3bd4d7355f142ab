"""The JSON forms of what a block holds of misbehaviour, read into its protobuf types.

https://github.com/cometbft/cometbft/blob/v0.39.4/types/evidence.go
"""

from typing import Annotated

import msgspec

from salus.client.cometbft.forms import (
    MOST_VALIDATORS,
    BlockIdForm,
    Hex,
    Round,
    SignedHeaderForm,
    Time,
    ValidatorForm,
    Whole,
    read_time,
)
from salus.cometbft.proto.types_pb2 import (
    DuplicateVoteEvidence,
    Evidence,
    EvidenceList,
    LightBlock,
    LightClientAttackEvidence,
    SignedHeader,
    SignedMsgType,
    ValidatorSet,
    Vote,
)

MOST_PIECES = 10_000  # a piece has two signatures or more, and all of a block 1 MiB
Signature = Annotated[bytes, msgspec.Meta(max_length=96)]
Extension = Annotated[bytes, msgspec.Meta(max_length=1024**2)]
Members = Annotated[list[ValidatorForm], msgspec.Meta(max_length=MOST_VALIDATORS)]


class VoteForm(msgspec.Struct, frozen=True):
    type: Annotated[int, msgspec.Meta(ge=1, le=2)]
    height: Whole
    round: Round
    block_id: BlockIdForm
    timestamp: Time
    validator_address: Hex
    validator_index: Round
    signature: Signature | None
    extension: Extension | None = None
    extension_signature: Signature | None = None

    def read(self) -> Vote:
        """Return it; raise UnreadableAnswer."""
        return Vote(
            type=SignedMsgType.Name(self.type),
            height=self.height,
            round=self.round,
            block_id=self.block_id.read(),
            timestamp=read_time(self.timestamp),
            validator_address=bytes.fromhex(self.validator_address),
            validator_index=self.validator_index,
            signature=self.signature or b"",
            extension=self.extension or b"",
            extension_signature=self.extension_signature or b"",
        )


class ValidatorSetForm(msgspec.Struct, frozen=True):
    validators: Members
    proposer: ValidatorForm | None = None

    def read(self) -> ValidatorSet:
        """Return it, with priorities and proposer, which are in the bytes that are hashed; raise UnreadableAnswer."""
        proposer = None if self.proposer is None else self.proposer.read()
        return ValidatorSet(validators=[one.read() for one in self.validators], proposer=proposer)


class LightBlockForm(msgspec.Struct, frozen=True):
    signed_header: SignedHeaderForm
    validator_set: ValidatorSetForm


class DuplicateVotes(msgspec.Struct, frozen=True, rename="pascal"):
    vote_a: VoteForm = msgspec.field(name="vote_a")
    vote_b: VoteForm = msgspec.field(name="vote_b")
    total_voting_power: Whole
    validator_power: Whole
    timestamp: Time


class LightClientAttack(msgspec.Struct, frozen=True, rename="pascal"):
    conflicting_block: LightBlockForm
    common_height: Whole
    byzantine_validators: Members | None
    total_voting_power: Whole
    timestamp: Time


class DuplicateVotesForm(msgspec.Struct, frozen=True, tag_field="type", tag="tendermint/DuplicateVoteEvidence"):
    value: DuplicateVotes

    def read(self) -> Evidence:
        """Return it; raise UnreadableAnswer."""
        said = self.value
        made = DuplicateVoteEvidence(
            vote_a=said.vote_a.read(),
            vote_b=said.vote_b.read(),
            total_voting_power=said.total_voting_power,
            validator_power=said.validator_power,
            timestamp=read_time(said.timestamp),
        )
        return Evidence(duplicate_vote_evidence=made)


class LightClientAttackForm(msgspec.Struct, frozen=True, tag_field="type", tag="tendermint/LightClientAttackEvidence"):
    value: LightClientAttack

    def read(self) -> Evidence:
        """Return it; raise UnreadableAnswer."""
        said, block = self.value, self.value.conflicting_block
        signed = SignedHeader(header=block.signed_header.header.read(), commit=block.signed_header.commit.read())
        made = LightClientAttackEvidence(
            conflicting_block=LightBlock(signed_header=signed, validator_set=block.validator_set.read()),
            common_height=said.common_height,
            byzantine_validators=[one.read() for one in said.byzantine_validators or ()],
            total_voting_power=said.total_voting_power,
            timestamp=read_time(said.timestamp),
        )
        return Evidence(light_client_attack_evidence=made)


class EvidenceForm(msgspec.Struct, frozen=True):
    evidence: Annotated[list[DuplicateVotesForm | LightClientAttackForm], msgspec.Meta(max_length=MOST_PIECES)] | None

    def read(self) -> EvidenceList:
        """Return it; raise UnreadableAnswer."""
        return EvidenceList(evidence=[one.read() for one in self.evidence or ()])
