"""A chain of CometBFT's headers made by hand: validators by name, their powers at each height, and who signs.

Everything is derived from labels and heights, so that the same chain is made again in any process; a chain with another
`label` forks from it wherever the headers differ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from google.protobuf.timestamp_pb2 import Timestamp

from salus.cometbft import BLOCK_PROTOCOL, chain_id
from salus.cometbft.commit import vote_sign_bytes
from salus.cometbft.hashing import transactions_root
from salus.cometbft.header import header_hash
from salus.cometbft.proto.types_pb2 import (
    BLOCK_ID_FLAG_ABSENT,
    BLOCK_ID_FLAG_COMMIT,
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
from salus.cometbft.validators import Validators, address, set_hash, validator_set, validators
from salus.core.signatures import SigningKey
from salus.evidence.committed import committed

from .fixed import NOW, fixed, key

NS = 10**9
FOUR = {"a": 10, "b": 10, "c": 10, "d": 10}
Made = tuple[Header, Commit, ValidatorSet]


def four(_: int) -> Mapping[str, int]:
    """Four validators of equal power, at every height."""
    return FOUR


@cache
def validator_key(name: str) -> SigningKey:
    """Return the key of the validator with this name."""
    return key(f"validator {name}")


def members(powers: Mapping[str, int]) -> Validators:
    """Return the set of these validators."""
    return validators((validator_key(name).public, power) for name, power in powers.items())


@dataclass
class Chain:
    """Blocks of every height from 1 on, made when they are asked for."""

    network: bytes
    powers: Callable[[int], Mapping[str, int]] = four  # at a height
    app_hash: Callable[[int], bytes] = lambda height: fixed(f"app {height - 1}")
    batches: Callable[[int], Sequence[bytes]] = lambda height: ()
    absent: Callable[[int], frozenset[str]] = lambda height: frozenset()  # who does not sign
    start_ns: int = NOW * 1_000_000 + 123_456
    step_ns: int = NS
    label: str = ""
    label_from: int = 1  # the height from which the label counts
    _made: dict[int, Made] = field(default_factory=dict)

    def fork(self, label: str, height: int, **changes: object) -> "Chain":
        """Return another chain, which is this one below `height`."""
        return replace(self, label=label, label_from=height, _made={}, **changes)  # type: ignore[arg-type]

    def block(self, height: int) -> Made:
        """Return header, commit and validators of a height."""
        for below in range(1, height + 1):  # without recursion: chains are long
            if below not in self._made:
                self._made[below] = self._block(below)
        return self._made[height]

    def header(self, *heights: int) -> bytes:
        """Return a committed header with these heights as its steps."""
        return committed(self.network, [self.block(height) for height in heights])

    def _block(self, height: int) -> Made:
        chosen = members(self.powers(height))
        label = self.label if height >= self.label_from else ""
        header = Header(
            version=ConsensusVersion(block=BLOCK_PROTOCOL),
            chain_id=chain_id(self.network),
            height=height,
            time=stamp(self.start_ns + height * self.step_ns),
            last_block_id=self._made[height - 1][1].block_id
            if height > 1
            else BlockID(part_set_header=PartSetHeader()),
            last_commit_hash=fixed(f"last commit {height}{label}"),
            data_hash=transactions_root(self.batches(height)),
            validators_hash=set_hash(chosen),
            next_validators_hash=set_hash(members(self.powers(height + 1))),
            consensus_hash=fixed("consensus"),
            app_hash=self.app_hash(height),
            last_results_hash=fixed(f"results {height}"),
            evidence_hash=fixed("evidence"),
            proposer_address=chosen[height % len(chosen)].address,
        )
        names = [name for one in chosen for name in self.powers(height) if validator_key(name).public == one.public]
        commit = signed(header, names, absent=self.absent(height))
        return header, commit, validator_set(chosen)


def stamp(time_ns: int) -> Timestamp:
    """Return nanoseconds since 1970 as CometBFT has them."""
    return Timestamp(seconds=time_ns // NS, nanos=time_ns % NS)


def signed(
    header: Header,
    names: Sequence[str],
    absent: frozenset[str] = frozenset(),
    round: int = 0,  # noqa: A002 - as CometBFT calls it
    keys: Mapping[str, SigningKey] | None = None,
) -> Commit:
    """Return the commit for a header by validators with these names, in the order of their set."""
    block = BlockID(hash=header_hash(header), part_set_header=PartSetHeader(total=1, hash=fixed("parts")))
    commit = Commit(height=header.height, round=round, block_id=block)
    for at, name in enumerate(names):
        if name in absent:
            time = Timestamp(seconds=NO_TIME)
            commit.signatures.append(CommitSig(block_id_flag=BLOCK_ID_FLAG_ABSENT, timestamp=time))
            continue
        holder = keys[name] if keys is not None else validator_key(name)
        vote = Vote(
            type=SIGNED_MSG_TYPE_PRECOMMIT,
            height=header.height,
            round=round,
            block_id=block,
            timestamp=stamp(header.time.seconds * NS + header.time.nanos + (at + 1) * 1_000_003),
        )
        commit.signatures.append(
            CommitSig(
                block_id_flag=BLOCK_ID_FLAG_COMMIT,
                validator_address=address(holder.public),
                timestamp=vote.timestamp,
                signature=holder.sign(vote_sign_bytes(header.chain_id, vote)),
            )
        )
    return commit
