"""The JSON forms of CometBFT's types, read into its protobuf types.

64-bit integers are strings, hashes and addresses hexadecimal, transactions, keys and signatures base64, times RFC 3339
with up to nine digits of a second. https://github.com/cometbft/cometbft/blob/v0.39.4/libs/json/doc.go
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from salus.client.remote_errors import UnreadableAnswer
from salus.cometbft.proto.types_pb2 import (
    BlockID,
    BlockIDFlag,
    Commit,
    CommitSig,
    ConsensusVersion,
    Header,
    PartSetHeader,
    PublicKey,
    Validator,
    ValidatorSet,
)

ED25519, SECP256K1 = "tendermint/PubKeyEd25519", "tendermint/PubKeySecp256k1"
MOST_VALIDATORS = 10_000  # as many as a commit of CometBFT may hold
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Signed64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Round = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Small = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Hex = Annotated[str, msgspec.Meta(max_length=128, pattern="^([0-9A-Fa-f]{2})*$")]
Time = Annotated[str, msgspec.Meta(max_length=40)]
Name = Annotated[str, msgspec.Meta(max_length=256)]


class PartsForm(msgspec.Struct, frozen=True):
    total: Small
    hash: Hex


class BlockIdForm(msgspec.Struct, frozen=True):
    hash: Hex
    parts: PartsForm

    def read(self) -> BlockID:
        """Return it."""
        header = PartSetHeader(total=self.parts.total, hash=bytes.fromhex(self.parts.hash))
        return BlockID(hash=bytes.fromhex(self.hash), part_set_header=header)


class VersionForm(msgspec.Struct, frozen=True):
    block: Whole
    app: Whole = 0


class HeaderForm(msgspec.Struct, frozen=True):
    version: VersionForm
    chain_id: Name
    height: Whole
    time: Time
    last_block_id: BlockIdForm
    last_commit_hash: Hex
    data_hash: Hex
    validators_hash: Hex
    next_validators_hash: Hex
    consensus_hash: Hex
    app_hash: Hex
    last_results_hash: Hex
    evidence_hash: Hex
    proposer_address: Hex

    def read(self) -> Header:
        """Return it; raise UnreadableAnswer."""
        return Header(
            version=ConsensusVersion(block=self.version.block, app=self.version.app),
            chain_id=self.chain_id,
            height=self.height,
            time=read_time(self.time),
            last_block_id=self.last_block_id.read(),
            last_commit_hash=bytes.fromhex(self.last_commit_hash),
            data_hash=bytes.fromhex(self.data_hash),
            validators_hash=bytes.fromhex(self.validators_hash),
            next_validators_hash=bytes.fromhex(self.next_validators_hash),
            consensus_hash=bytes.fromhex(self.consensus_hash),
            app_hash=bytes.fromhex(self.app_hash),
            last_results_hash=bytes.fromhex(self.last_results_hash),
            evidence_hash=bytes.fromhex(self.evidence_hash),
            proposer_address=bytes.fromhex(self.proposer_address),
        )


class SignatureForm(msgspec.Struct, frozen=True):
    block_id_flag: Annotated[int, msgspec.Meta(ge=0, le=3)]
    validator_address: Hex
    timestamp: Time
    signature: Annotated[bytes, msgspec.Meta(max_length=96)] | None

    def read(self) -> CommitSig:
        """Return it; raise UnreadableAnswer."""
        return CommitSig(
            block_id_flag=BlockIDFlag.Name(self.block_id_flag),
            validator_address=bytes.fromhex(self.validator_address),
            timestamp=read_time(self.timestamp),
            signature=self.signature or b"",
        )


class CommitForm(msgspec.Struct, frozen=True):
    height: Whole
    round: Round
    block_id: BlockIdForm
    signatures: Annotated[list[SignatureForm], msgspec.Meta(max_length=MOST_VALIDATORS)] | None

    def read(self) -> Commit:
        """Return it; raise UnreadableAnswer."""
        signatures = [signature.read() for signature in self.signatures or ()]
        return Commit(height=self.height, round=self.round, block_id=self.block_id.read(), signatures=signatures)


class SignedHeaderForm(msgspec.Struct, frozen=True):
    header: HeaderForm
    commit: CommitForm


class KeyForm(msgspec.Struct, frozen=True):
    type: Name
    value: Annotated[bytes, msgspec.Meta(max_length=64)]

    def read(self) -> PublicKey:
        """Return it; raise UnreadableAnswer for a kind that is neither Ed25519 nor secp256k1."""
        if self.type == ED25519:
            return PublicKey(ed25519=self.value)
        if self.type == SECP256K1:
            return PublicKey(secp256k1=self.value)
        raise UnreadableAnswer


class ValidatorForm(msgspec.Struct, frozen=True):
    address: Hex
    pub_key: KeyForm
    voting_power: Whole
    proposer_priority: Signed64 = 0

    def read(self) -> Validator:
        """Return it; raise UnreadableAnswer."""
        return Validator(
            address=bytes.fromhex(self.address),
            pub_key=self.pub_key.read(),
            voting_power=self.voting_power,
            proposer_priority=self.proposer_priority,
        )


def read_set(found: Sequence[ValidatorForm]) -> ValidatorSet:
    """Return a set, in the order given, with its whole power; who proposes is left out. Raise UnreadableAnswer."""
    power = sum(one.voting_power for one in found)
    if power >= 1 << 63:
        raise UnreadableAnswer
    return ValidatorSet(validators=[one.read() for one in found], total_voting_power=power)


def read_time(text: str) -> Timestamp:
    """Return a time to the nanosecond; raise UnreadableAnswer. Year 1 is that of a vote that is absent."""
    found = _TIME.fullmatch(text)
    try:
        moment = datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        moment = None
    if found is None or moment is None:
        raise UnreadableAnswer
    since = moment - EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=int((found[2] or "").ljust(9, "0")))


def milliseconds(time: Timestamp) -> int:
    """Return a time in milliseconds, cut off."""
    return time.seconds * 1000 + time.nanos // 1_000_000
