"""Where blocks come from: any node of CometBFT, each block verified before it is handed on.

A node that gives a block which its validators did not sign is asked no more for a while, and another one is. So whoever
runs a node can keep a replica from nothing; that takes all of them together, and then the state here grows old.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import NamedTuple

from salus.client.cometbft.rpc import Rpc
from salus.client.light import LightClient
from salus.client.light.block import LightBlock
from salus.client.light.errors import (
    HeaderFromFuture,
    InvalidHeader,
    NoProvider,
    NotConfirmed,
    OtherBlock,
    WrongChain,
)
from salus.client.light.verification import check_commit, check_form
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer
from salus.cometbft import chain_id
from salus.cometbft.hashing import evidence_root, transactions_root
from salus.cometbft.proto.types_pb2 import ValidatorSet
from salus.cometbft.validators import Validators, set_hash, validator_set
from salus.core.encoding import encode
from salus.core.errors import Malformed, Refusal
from salus.evidence.committed import committed, read_steps
from salus.evidence.header import Block
from salus.ledger.errors import ClockBehind, StorageFailed, StorageFull
from salus.vault import errors as files

LOG = logging.getLogger("salus.light")
PAGE, THREADS = 32, 8  # blocks that are fetched before they are executed, and how many at once
MOST_SETS = 64  # of validators, remembered by their hash
LOOK_S = 0.2  # between two questions for the newest header
SHUNNED_S = 300.0  # so long a node that lied is not asked
LIES = (InvalidHeader, WrongChain, OtherBlock, UnreadableAnswer, Malformed)
AWAY = (NodeAway, NodeBusy, NodeRefused)


class _Fetched(NamedTuple):
    """A block that the validators it shows have signed, with its transactions; and the place of who gave it."""

    block: LightBlock
    txs: tuple[bytes, ...]
    giver: int


class Source:
    """Nodes of CometBFT, as a follower asks them. Any thread may call its methods.

    `tip` and `blocks` raise NodeAway or NodeBusy where nobody has more for now, PrunedThere where nobody has it any
    more; `tip` also AttackSeen, TrustExpired, ClockBehind, StorageFull, StorageFailed.
    """

    def __init__(self, network: bytes, founders: Validators, light: LightClient, rpcs: Sequence[Rpc]) -> None:
        """`founders` are the validators of the genesis; `rpcs` are closed with it."""
        self._network, self._founders, self._light = network, founders, light
        self._rpcs = tuple(rpcs)
        self._shunned = dict.fromkeys(range(len(rpcs)), 0.0)  # until when
        self._sets: dict[bytes, ValidatorSet] = {}
        self._closing = Event()
        self._pool = ThreadPoolExecutor(THREADS, "ledger-blocks")
        self.kept: Callable[[int], bytes] | None = (
            None  # the header of a block that was taken in; set before it is used
        )

    def close(self) -> None:
        """Let go of the connections; what waits for a node ends."""
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for rpc in self._rpcs:
            rpc.close()

    def tip(self, after: int = -1, wait_ms: int = 0) -> bytes:
        """Return the newest header, verified, as soon as it is after a height or the time is over."""
        until = monotonic() + wait_ms / 1000
        while (block := self._newest()).height <= after and monotonic() < until:
            if self._closing.wait(LOOK_S):
                raise NodeAway
        if block.height < after:
            raise NodeBusy  # the nodes are behind what was taken in here
        return _header(self._network, block)

    def blocks(self, start: int, most: int = PAGE) -> list[bytes]:
        """Return blocks from a height on, signed by those whom the header before names."""
        named = self._named(start)
        heights = range(start, start + max(1, min(most, PAGE)))
        fetched = [self._pool.submit(self._fetch, height) for height in heights]
        page: list[bytes] = []
        try:
            for height, future in zip(heights, fetched, strict=True):
                found = future.result()
                while found.block.header.validators_hash != named:
                    self._shun(found.giver, InvalidHeader())
                    found = self._fetch(height)
                page.append(encode(Block(_header(self._network, found.block), found.txs)))
                named = found.block.header.next_validators_hash
        except (*AWAY, PrunedThere):
            if not page:
                raise
        return page

    def block(self, wanted: LightBlock) -> bytes:
        """Return the block of a header that was verified; raises NodeAway, NodeBusy, PrunedThere."""
        while (found := self._fetch(wanted.height)).block.hash != wanted.hash:
            self._shun(found.giver, OtherBlock())
        return encode(Block(_header(self._network, found.block), found.txs))

    def _newest(self) -> LightBlock:
        try:
            return self._light.newest()
        except (NotConfirmed, NoProvider, LookupError):
            raise NodeAway from None
        except HeaderFromFuture:
            raise ClockBehind from None
        except files.StorageFull:
            raise StorageFull from None
        except files.StorageFailed:
            raise StorageFailed from None

    def _named(self, height: int) -> bytes:
        """Return the hash of the validators that decide a block, as the header before it says."""
        if height == 1 or self.kept is None:
            return set_hash(self._founders)
        return read_steps(self._network, self.kept(height - 1))[-1].header.next_validators_hash

    def _fetch(self, height: int) -> _Fetched:
        """Return a block from the first node that gives a good one."""
        why: Refusal = NodeAway()
        for at, rpc in enumerate(self._rpcs):
            if self._shunned[at] > monotonic():
                continue
            try:
                return self._from(at, rpc, height)
            except LIES as lie:
                self._shun(at, lie)
            except LookupError:
                why = NodeBusy()  # it is not there yet
            except (*AWAY, PrunedThere) as away:
                why = away
        raise why

    def _from(self, at: int, rpc: Rpc, height: int) -> _Fetched:
        header, commit = rpc.commit(height)
        members = self._sets.get(header.validators_hash)
        if members is None:
            members = rpc.validators(height)
        block = LightBlock.of(header, commit, members)
        check_form(chain_id(self._network), block)
        check_commit(chain_id(self._network), block)
        found = rpc.block(height)
        if transactions_root(found.txs) != header.data_hash or evidence_root(found.evidence) != header.evidence_hash:
            raise OtherBlock
        if len(self._sets) < MOST_SETS:
            self._sets[header.validators_hash] = validator_set(block.validators)
        return _Fetched(block, found.txs, at)

    def _shun(self, at: int, lie: Refusal) -> None:
        """Ask a node no more for a while."""
        LOG.warning("a node's block does not verify", extra={"code": lie.code})
        self._shunned[at] = monotonic() + SHUNNED_S


def _header(network: bytes, block: LightBlock) -> bytes:
    return committed(network, [(block.header, block.commit, validator_set(block.validators))])
