"""Validators in process: they make CometBFT's blocks and votes over an application, for tests without CometBFT."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from salus.cometbft import BLOCK_PROTOCOL, chain_id
from salus.cometbft.commit import vote_sign_bytes
from salus.cometbft.genesis import MAX_BLOCK_BYTES, NO_LIMIT
from salus.cometbft.hashing import commit_root, parameters_hash, results_root, transactions_root, tree_root
from salus.cometbft.header import header_hash
from salus.cometbft.proto import abci_pb2, types_pb2
from salus.cometbft.validators import Validator, set_hash, validator_set, validators
from salus.core.genesis import Genesis
from salus.core.signatures import SigningKey

Handle = Callable[[abci_pb2.Request], abci_pb2.Response]


class Made(NamedTuple):
    """A decided block with the votes for it."""

    header: types_pb2.Header
    commit: types_pb2.Commit
    members: tuple[Validator, ...]
    txs: tuple[bytes, ...]


class Deciding:
    """A chain of one genesis and the keys of its validators; `made[i]` is the block of height i + 1.

    It is CometBFT for one application as far as that can tell: it begins and recovers as CometBFT does, and its
    headers and votes verify. It is also `Votes`.
    """

    def __init__(self, network: bytes, genesis: Genesis, keys: Sequence[SigningKey]) -> None:
        self.network, self.genesis = network, genesis
        self.keys = {key.public: key for key in keys}
        self.made: list[Made] = []
        self.results: list[abci_pb2.ResponseFinalizeBlock] = []  # of each block
        self.app_hash = b""  # after genesis
        first = validators((v.public, v.power) for v in genesis.validators)
        self._sets = [first, first]  # of height i + 1
        self.away: dict[int, None] = {}  # heights whose votes nobody gives out

    @property
    def height(self) -> int:
        """Of the last block that was decided."""
        return len(self.made)

    def begin(self, handle: Handle) -> None:
        """Do the handshake: begin the chain, or show again what the application lacks."""
        info = handle(abci_pb2.Request(info=abci_pb2.RequestInfo(version="0.39.4", abci_version="2.0.0"))).info
        if info.last_block_height == 0:
            self.app_hash = handle(self.init_chain()).init_chain.app_hash
        for height in range(info.last_block_height + 1, self.height + 1):
            self._same(height, handle(self.finalize(height)).finalize_block)
            handle(abci_pb2.Request(commit=abci_pb2.RequestCommit()))
        if info.last_block_height:
            known = self.results[info.last_block_height - 1].app_hash
            if info.last_block_app_hash != known:
                raise AssertionError("the application says another app hash")

    def init_chain(self) -> abci_pb2.Request:
        """Return the request that begins the chain."""
        asked = abci_pb2.RequestInitChain(
            time=stamp(self.genesis.time), chain_id=chain_id(self.network), initial_height=1
        )
        for one in self._sets[0]:
            asked.validators.add(power=one.power).pub_key.ed25519 = one.public
        return abci_pb2.Request(init_chain=asked)

    def decide(self, txs: Sequence[bytes], time: int) -> int:
        """Decide the next block without showing it; return its height. The time of the first is the genesis'."""
        height, members = self.height + 1, self._sets[self.height]
        header = types_pb2.Header(
            version=types_pb2.ConsensusVersion(block=BLOCK_PROTOCOL, app=1),
            chain_id=chain_id(self.network),
            height=height,
            time=stamp(time if self.made else self.genesis.time),
            last_commit_hash=commit_root(self.made[-1].commit) if self.made else tree_root(()),
            data_hash=transactions_root(txs),
            validators_hash=set_hash(members),
            next_validators_hash=set_hash(self._sets[height]),
            consensus_hash=parameters_hash(MAX_BLOCK_BYTES, NO_LIMIT),
            app_hash=self.results[-1].app_hash if self.results else self.app_hash,
            last_results_hash=results_root(self.results[-1].tx_results) if self.results else tree_root(()),
            evidence_hash=tree_root(()),
            proposer_address=members[height % len(members)].address,
        )
        last = self.made[-1].commit.block_id if self.made else types_pb2.BlockID()
        header.last_block_id.CopyFrom(last)
        header.last_block_id.part_set_header.SetInParent()
        block = types_pb2.BlockID(hash=header_hash(header))
        block.part_set_header.total = 1
        block.part_set_header.hash = tree_root((block.hash,))
        self.made.append(Made(header, self._commit(height, block, members, header.time), members, tuple(txs)))
        return height

    def finalize(self, height: int) -> abci_pb2.Request:
        """Return the request that shows a decided block."""
        one = self.made[height - 1]
        asked = abci_pb2.RequestFinalizeBlock(
            txs=one.txs,
            hash=one.commit.block_id.hash,
            height=height,
            time=one.header.time,
            next_validators_hash=one.header.next_validators_hash,
            proposer_address=one.header.proposer_address,
        )
        return abci_pb2.Request(finalize_block=asked)

    def shown(self, height: int, result: abci_pb2.ResponseFinalizeBlock) -> None:
        """Note what the application made of a block: its updates act two heights later."""
        if height <= len(self.results):
            self._same(height, result)
            return
        self.results.append(result)
        powers = {one.public: one.power for one in self._sets[-1]}
        for update in result.validator_updates:
            powers[update.pub_key.ed25519] = update.power
        self._sets.append(validators((public, power) for public, power in powers.items() if power))

    def block(self, handle: Handle, txs: Sequence[bytes], time: int) -> abci_pb2.ResponseFinalizeBlock:
        """Decide, show and commit the next block."""
        height = self.decide(txs, time)
        result = handle(self.finalize(height)).finalize_block
        self.shown(height, result)
        handle(abci_pb2.Request(commit=abci_pb2.RequestCommit()))
        return result

    def commit(self, height: int | None = None) -> tuple[types_pb2.Header, types_pb2.Commit]:
        """See `Votes`."""
        number = self.height if height is None else height
        if not 1 <= number <= self.height or number in self.away:
            raise LookupError(number)
        return self.made[number - 1].header, self.made[number - 1].commit

    def validators(self, height: int) -> types_pb2.ValidatorSet:
        """See `Votes`."""
        return validator_set(self.made[height - 1].members)

    def close(self) -> None:
        """See `Votes`."""

    def _commit(
        self, height: int, block: types_pb2.BlockID, members: Sequence[Validator], time: Timestamp
    ) -> types_pb2.Commit:
        commit = types_pb2.Commit(height=height, block_id=block)
        for one in members:
            vote = types_pb2.Vote(
                type=types_pb2.SIGNED_MSG_TYPE_PRECOMMIT, height=height, block_id=block, timestamp=time
            )
            signature = self.keys[one.public].sign(vote_sign_bytes(chain_id(self.network), vote))
            commit.signatures.add(
                block_id_flag=types_pb2.BLOCK_ID_FLAG_COMMIT,
                validator_address=one.address,
                timestamp=time,
                signature=signature,
            )
        return commit

    def _same(self, height: int, result: abci_pb2.ResponseFinalizeBlock) -> None:
        if height > len(self.results):
            self.shown(height, result)
        elif result != self.results[height - 1]:
            raise AssertionError(f"another result of block {height}")


def stamp(time: int) -> Timestamp:
    """Return milliseconds since 1970 as a timestamp."""
    made = Timestamp()
    made.FromMilliseconds(time)
    return made
