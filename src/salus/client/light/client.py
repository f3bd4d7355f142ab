"""A light client: it believes a header because of the validators who signed it, not because of the node that shows it.

From a header that is trusted it steps to the one asked for: at once where more than a third of the trusted power
signed that, else over headers in between, found by halving the way. A second node must show the same header; where one
shows another that is signed as well, validators have broken faith: both chains of headers are kept as evidence, and
nothing is believed from then on. A node whose headers do not verify is asked no more.
https://github.com/cometbft/cometbft/tree/v0.39.4/spec/light-client
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import RLock
from time import time_ns

from salus.client.light.block import NS, LightBlock
from salus.client.light.errors import (
    AttackSeen,
    HeaderFromFuture,
    InvalidHeader,
    NoProvider,
    NotConfirmed,
    OtherTrusted,
    TooFarBack,
    TooLittleTrust,
    TooManySteps,
    TrustExpired,
    WrongChain,
)
from salus.client.light.kept import Attack, Kept
from salus.client.light.provider import Provider
from salus.client.light.trust import Trust
from salus.client.light.verification import check_alone, check_before, check_step
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer
from salus.cometbft.validators import Validators, set_hash
from salus.core.errors import Malformed, Refusal

LOG = logging.getLogger("salus.light")
LIES = (InvalidHeader, WrongChain, OtherTrusted, UnreadableAnswer, Malformed, TooManySteps)  # of a node
AWAY = (NodeAway, NodeBusy, NodeRefused, PrunedThere)  # another may have it
LIAR_NS = 600 * NS  # so long a node that lied is not asked


class LightClient:
    """Over one file of trusted headers. Every method may be called from any thread; one asks at a time.

    Every question raises AttackSeen once an attack was seen; TrustExpired, HeaderFromFuture, NotConfirmed, NoProvider;
    and what the file raises when it is written.
    """

    def __init__(
        self,
        chain: str,
        genesis: Validators,
        providers: Sequence[Provider],
        kept: Kept,
        trust: Trust,
        now_ns: Callable[[], int] = time_ns,
        confirmations: int = 1,
    ) -> None:
        """`genesis` are the validators of the first block; `confirmations` says how many further nodes must show a
        header, of those that are given. Raises BadTrust.
        """
        self._chain, self._genesis, self._kept, self._trust = chain, genesis, kept, trust.checked()
        self._now_ns, self._providers = now_ns, tuple(providers)
        self._confirmations = min(confirmations, max(0, len(self._providers) - 1))
        self._lied: dict[int, int] = {}  # place of a provider -> until when it is not asked
        self._lock = RLock()

    @property
    def attack(self) -> Attack | None:
        """What was found of an attack."""
        with self._lock:
            return self._kept.attack

    def newest(self) -> LightBlock:
        """Return the newest header that enough nodes say they have, verified; raises LookupError before the first."""
        with self._lock:
            self._raise_attack()
            heights = sorted((height for one in self._asked() if (height := _height(one)) is not None), reverse=True)
            if not heights:
                raise NoProvider
            if len(heights) <= self._confirmations:
                raise NotConfirmed
            known = 0 if self._kept.newest is None else self._kept.newest.height
            for height in dict.fromkeys(max(height, known, 1) for height in heights[self._confirmations :]):
                with suppress(LookupError):  # whoever said that it is there lied
                    return self.at(height)
            raise LookupError

    def at(self, height: int) -> LightBlock:
        """Return the header of a height, verified; raises LookupError where no node has it."""
        with self._lock:
            self._raise_attack()
            newest = self._kept.newest
            known = self._kept.at(height)
            if newest is not None and known is not None and not self._trust.expired(newest.time_ns, self._now_ns()):
                return known
            why: Exception = NoProvider()
            for provider in self._asked():
                try:
                    return self._verified(provider, height)
                except (LookupError, HeaderFromFuture) as without:
                    why = without
                except LIES as lie:
                    self._drop(provider, lie)
                except AWAY as away:
                    LOG.info("a node gave no header", extra={"code": away.code})
            raise why

    def _verified(self, provider: Provider, height: int) -> LightBlock:
        """Return the header of a height as one node shows it, verified, confirmed and kept."""
        start = self._start(provider)
        if height == start.height:
            return start
        if height < start.height:
            return self._backwards(provider, height)
        trace = self._reach(provider, start, height)
        self._confirm(provider, trace)
        for block in trace[1:]:
            self._kept.add(block)
        return trace[-1]

    def _start(self, provider: Provider) -> LightBlock:
        """Return the newest trusted header; where there is none that still counts, begin as `trust` says."""
        now, newest = self._now_ns(), self._kept.newest
        if newest is not None and not self._trust.expired(newest.time_ns, now):
            return newest
        if newest is not None and self._trust.height <= newest.height:
            raise TrustExpired
        block = _block(provider, self._trust.height)
        self._check_start(block, now)
        self._confirm(provider, [block])
        self._kept.begin(block)
        return block

    def _check_start(self, block: LightBlock, now: int) -> None:
        """Return if a header is the one that is vouched for, or the first that the genesis' validators signed."""
        if self._trust.hash is not None and block.hash != self._trust.hash:
            raise OtherTrusted
        if self._trust.hash is None and set_hash(block.validators) != set_hash(self._genesis):
            raise InvalidHeader
        check_alone(self._chain, block, self._trust, now)

    def _reach(self, provider: Provider, trusted: LightBlock, height: int) -> list[LightBlock]:
        """Return the headers from the trusted one to the one of `height`, each believed because of the one before."""
        trace, waiting, asked = [trusted], [_block(provider, height)], 1
        while waiting:
            block = waiting[-1]
            try:
                check_step(self._chain, trace[-1], block, self._trust, self._now_ns())
            except TooLittleTrust:
                if asked >= self._trust.most_steps:
                    raise TooManySteps from None
                waiting.append(_block(provider, (trace[-1].height + block.height) // 2))
                asked += 1
            else:
                trace.append(waiting.pop())
        return trace

    def _backwards(self, provider: Provider, height: int) -> LightBlock:
        """Return a header before a trusted one: each names the hash of the one before it."""
        block = self._kept.above(height)
        if block is None or block.height - height > self._trust.most_steps:
            raise TooFarBack
        while block.height > height:
            before = _block(provider, block.height - 1)
            check_before(self._chain, block, before)
            block = before
        return block

    def _confirm(self, provider: Provider, trace: list[LightBlock]) -> None:
        """Return if enough other nodes show the last header of a trace, and none another one that is signed too."""
        confirmed, last = 0, trace[-1]
        for witness in self._asked():
            if witness is provider:
                continue
            try:
                if _block(witness, last.height).hash == last.hash:
                    confirmed += 1
                else:
                    self._examine(witness, trace)
            except (*LIES, HeaderFromFuture, TrustExpired) as lie:  # the times of the header confirmed are sound
                self._drop(witness, lie)
            except (LookupError, *AWAY):
                continue  # it is behind, away or busy
        if confirmed < self._confirmations:
            raise NotConfirmed

    def _examine(self, witness: Provider, trace: list[LightBlock]) -> None:
        """Keep the evidence and raise AttackSeen if what a witness shows is signed too; else raise why it is not."""
        if len(trace) == 1:
            other = [_block(witness, trace[0].height)]
            self._check_start(other[0], self._now_ns())
            ours = tuple(trace)
        else:
            at = next(at for at in range(1, len(trace)) if self._differs(witness, trace[at]))
            other = self._reach(witness, trace[at - 1], trace[at].height)
            ours = (trace[at - 1], trace[at])
        self._kept.keep_attack(Attack(ours, tuple(other)))
        LOG.error("two headers of one height are signed", extra={"code": AttackSeen.code})
        raise AttackSeen

    def _differs(self, witness: Provider, block: LightBlock) -> bool:
        return _block(witness, block.height).hash != block.hash

    def _asked(self) -> tuple[Provider, ...]:
        """Return the nodes that are asked now, the first one first."""
        now = self._now_ns()
        return tuple(one for at, one in enumerate(self._providers) if self._lied.get(at, 0) <= now)

    def _drop(self, provider: Provider, lie: Exception) -> None:
        """Ask a node no more for a while."""
        LOG.warning("a node's headers do not verify", extra={"code": lie.code if isinstance(lie, Refusal) else 0})
        self._lied[self._providers.index(provider)] = self._now_ns() + LIAR_NS

    def _raise_attack(self) -> None:
        if self._kept.attack is not None:
            raise AttackSeen


def _block(provider: Provider, height: int) -> LightBlock:
    block = provider.block(height)
    if block.height != height:
        raise InvalidHeader
    return block


def _height(provider: Provider) -> int | None:
    try:
        return provider.height()
    except (Refusal, LookupError):
        return None
