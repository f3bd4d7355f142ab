"""Blocks as CometBFT's validators decide them, made by hand: keys, votes, commits, and committed headers of them."""

from collections.abc import Iterable, Mapping
from hashlib import sha512
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp
from nacl.bindings import crypto_core_ed25519_add, crypto_scalarmult_ed25519_base_noclamp

from salus.cometbft import chain_id
from salus.cometbft.commit import vote_sign_bytes
from salus.cometbft.header import header_hash
from salus.cometbft.proto.types_pb2 import (
    BLOCK_ID_FLAG_ABSENT,
    BLOCK_ID_FLAG_COMMIT,
    BLOCK_ID_FLAG_NIL,
    SIGNED_MSG_TYPE_PRECOMMIT,
    BlockID,
    Commit,
    CommitSig,
    ConsensusVersion,
    Header,
    PartSetHeader,
    ValidatorSet,
    Vote,
)
from salus.cometbft.reading import NO_TIME
from salus.cometbft.validators import Validator, set_hash, validator_set, validators
from salus.core.signatures import SigningKey
from salus.evidence.committed import committed

from .fixed import NOW, fixed, key

_ORDER = 2**252 + 27742317777372353535851937790883648493
Powers = Mapping[SigningKey, int]


class Decided(NamedTuple):
    """One block with its commit and the validators who decided it."""

    header: Header
    commit: Commit
    validators: ValidatorSet


def powers(*named: tuple[str, int]) -> Powers:
    """Return the keys with these labels and their powers."""
    return {key(label): power for label, power in named}


def members(of: Powers) -> tuple[Validator, ...]:
    """Return the set in its order."""
    return validators((one.public, power) for one, power in of.items())


def trusting(network: bytes, of: Powers) -> dict[bytes, tuple[bytes, int]]:
    """Return the set as `read_header` takes it."""
    return {one.id(network): (one.public, power) for one, power in of.items()}


def stamp(milliseconds: int, nanos: int = 0) -> Timestamp:
    return Timestamp(seconds=milliseconds // 1000, nanos=milliseconds % 1000 * 1_000_000 + nanos)


def block_id(label: str) -> BlockID:
    return BlockID(hash=fixed(label), part_set_header=PartSetHeader(total=1, hash=fixed(label + " parts")))


def header(
    network: bytes, height: int, by: Powers, then: Powers | None = None, app_hash: bytes | None = None
) -> Header:
    """Return the header of a block of `height`, which `by` decide and `then` (the same) the next."""
    made = Header(
        version=ConsensusVersion(block=11),
        chain_id=chain_id(network),
        height=height,
        time=stamp(NOW + 1000 * height, 123_456),
        last_block_id=BlockID(part_set_header=PartSetHeader()) if height == 1 else block_id(f"block {height - 1}"),
        last_commit_hash=fixed(f"last commit {height}"),
        data_hash=fixed(f"data {height}"),
        validators_hash=set_hash(members(by)),
        next_validators_hash=set_hash(members(by if then is None else then)),
        consensus_hash=fixed("parameters"),
        app_hash=fixed(f"app hash {height}") if app_hash is None else app_hash,
        last_results_hash=fixed(f"results {height}"),
        evidence_hash=fixed("evidence"),
        proposer_address=members(by)[0].address,
    )
    made.version.SetInParent()
    return made


def decide(
    made: Header, by: Powers, absent: Iterable[str] = (), nil: Iterable[str] = (), chain: str | None = None
) -> Decided:
    """Return `made` with the votes of `by`: keys labelled `absent` gave none, those in `nil` one for no block."""
    commit = Commit(
        height=made.height,
        round=1,
        block_id=BlockID(hash=header_hash(made), part_set_header=PartSetHeader(total=1, hash=fixed("parts"))),
    )
    keys = {one.public: one for one in by}
    missing, nothing = ({key(label).public for label in labels} for labels in (absent, nil))
    for at, one in enumerate(members(by)):
        if one.public in missing:
            none = CommitSig(block_id_flag=BLOCK_ID_FLAG_ABSENT, timestamp=Timestamp(seconds=NO_TIME))
            commit.signatures.append(none)
            continue
        flag = BLOCK_ID_FLAG_NIL if one.public in nothing else BLOCK_ID_FLAG_COMMIT
        time = stamp(NOW + 1000 * made.height + 10 * at, 777 * at)
        commit.signatures.append(CommitSig(block_id_flag=flag, validator_address=one.address, timestamp=time))
        sign(commit, at, keys[one.public], made.chain_id if chain is None else chain)
    return Decided(made, commit, validator_set(members(by)))


def sign(commit: Commit, at: int, by: SigningKey, chain: str, torsion: bool = False) -> None:
    """Sign the vote at this place anew, or so that only who multiplies by the cofactor takes it."""
    one = commit.signatures[at]
    vote = Vote(type=SIGNED_MSG_TYPE_PRECOMMIT, height=commit.height, round=commit.round, timestamp=one.timestamp)
    if one.block_id_flag == BLOCK_ID_FLAG_COMMIT:
        vote.block_id.CopyFrom(commit.block_id)
    message = vote_sign_bytes(chain, vote)
    one.signature = with_torsion(by, message) if torsion else by.sign(message)


def with_torsion(by: SigningKey, message: bytes) -> bytes:
    """Return a signature whose R has a component of order 2."""
    secret = int.from_bytes(sha512(by.seed).digest()[:32], "little") & (2**254 - 8) | 2**254
    nonce = int.from_bytes(sha512(by.seed + message).digest(), "little") % _ORDER
    of_order_2 = (2**255 - 20).to_bytes(32, "little")
    r = crypto_core_ed25519_add(crypto_scalarmult_ed25519_base_noclamp(nonce.to_bytes(32, "little")), of_order_2)
    k = int.from_bytes(sha512(r + by.public + message).digest(), "little")
    return bytes(r) + ((nonce + k * secret) % _ORDER).to_bytes(32, "little")


def block(network: bytes, height: int, by: Powers, then: Powers | None = None, **votes: Iterable[str]) -> Decided:
    """Return a block that `by` decided."""
    return decide(header(network, height, by, then), by, **votes)  # type: ignore[arg-type]


def shown(network: bytes, *steps: Decided) -> bytes:
    """Return our committed header of these blocks, the last one's."""
    return committed(network, steps)
