"""The thread that follows: waits for the node's tip, takes in the blocks up to it, and stops at the first lie."""

import logging
from collections.abc import Callable
from threading import Event, RLock, Thread
from time import monotonic

from salus.client.light.errors import TrustExpired
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.queries import parameter, validators
from salus.core.errors import Malformed, Refusal
from salus.core.signatures import key_id
from salus.evidence.header import SignedHeader, Validators, read_block
from salus.evidence.tip import SignedTip
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.checkpoints import Checkpoints
from salus.ledger.errors import (
    BlocksGone,
    ClockBehind,
    HeaderOfNobody,
    LedgerStopped,
    StorageFailed,
    StorageFull,
    TwoHeaders,
)
from salus.ledger.followed.sending import Sending
from salus.ledger.followed.tips import Tips
from salus.ledger.followed.upstream import Source
from salus.machine.errors import UnknownRules
from salus.state.tables import StorageFailure
from salus.verifier.helper import Helper

LOG = logging.getLogger("salus.ledger")
MOST_WAIT_MS, IDLE_MS = 5_000, 1_000  # of a question for the tip: usually, and before a checkpoint
EARLY_S = 0.1  # before asking again a node that answered sooner than it was to
PAUSES_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)  # before a node that is away is asked again
AWAY = (NodeAway, NodeBusy)  # it may come back
UNREADABLE = (NodeRefused, UnreadableAnswer, Malformed, LookupError)  # no node of this network, or none at all
WAITS = (StorageFull, StorageFailed, ClockBehind, TrustExpired)  # to be mended here; tried again, as the one before is


class Follower:
    """Owns the thread that takes in blocks. `lock` guards the chain; methods may be called from any thread.

    `covered` is called, under the lock, with each header before its block is executed; `contradicted` with what ended
    the following, and the signed tip or header that the node had shown.
    """

    def __init__(
        self,
        chain: Chain,
        upstream: Source,
        tips: Tips,
        sent: Sending,
        lock: RLock,
        helper: Helper,
        covered: Callable[[SignedHeader], None],
        contradicted: Callable[[type[Refusal], bytes], None],
    ) -> None:
        self._chain, self._upstream, self._tips, self._sent = chain, upstream, tips, sent
        self._lock, self._helper, self._covered, self._contradicted = lock, helper, covered, contradicted
        self._shown = b""  # by the node, last: a tip, or a block's header
        self._checkpoints = Checkpoints(chain)
        self._closing = Event()
        self._failures = 0  # since the last step that was none
        self.trouble: Refusal | None = None
        self.stopped = False
        self.looked = Event()  # set once the first tip was reached, or it is known that none will be for now
        self._thread = Thread(target=self._run, name="ledger-follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """Take in nothing more, take a checkpoint. A thread that waits for the node ends when that answers."""
        self._closing.set()
        with self._lock:
            if not isinstance(self.trouble, LedgerStopped):  # after a bug nothing in memory is to be made durable
                self._keep(self._checkpoints.now)
        self._checkpoints.close()
        self._helper.close()

    def save(self) -> None:
        """Take a checkpoint now; raises StorageFailure, LedgerStopped."""
        with self._lock:
            if isinstance(self.trouble, LedgerStopped):
                raise LedgerStopped
            self._checkpoints.now()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._failures = 0 if self._try() else self._failures + 1
            self.looked.set()
            if self._failures:
                self._idle()
                self._closing.wait(PAUSES_S[min(self._failures, len(PAUSES_S)) - 1])

    def _try(self) -> bool:
        """Take a step; False where it failed. What cannot become good again ends it."""
        try:
            self._step()
        except AWAY:
            return False
        except UNREADABLE:
            self.trouble = UnreadableAnswer()
        except WAITS as refusal:
            self.trouble = refusal.again()
        except UnknownRules as refusal:  # the node is right, and this software too old to follow
            self.stop(refusal.again())
        except PrunedThere:
            self.stop(BlocksGone())
        except Refusal as refusal:
            with self._lock:
                self._contradicted(type(refusal), self._shown)
            self.stop(refusal.again())
        except OSError:
            self.stop(LedgerStopped())  # the disk failed so that not even the file could be cut back
        except BaseException:
            if self._closing.is_set():  # the connections were closed under it
                return False
            self.stop(LedgerStopped())
            raise
        else:
            self.trouble = None
            return True
        return False

    def _step(self) -> None:
        """Wait for a tip, and take in what it names."""
        known = self.looked.is_set() and not self._failures
        wait_ms, asked = self._wait_ms() if known else 0, monotonic()
        raw = self._upstream.tip(self._chain.height, wait_ms)
        with self._lock:
            if self._closing.is_set():
                return
            self._shown = raw
            try:
                signed = self._tips.check(raw, self._chain.height, self._validators())
            except HeaderOfNobody:
                signed = None
        if signed is None:
            self._learn()
            return
        idle = signed.tip.height == self._chain.height
        while self._chain.height < signed.tip.height:
            if not self._take(self._upstream.blocks(self._chain.height + 1, signed.tip.height - self._chain.height)):
                return
        self._reach(signed)
        if idle:
            self._idle()
        if idle and known and monotonic() - asked < wait_ms / 2000:
            self._closing.wait(EARLY_S)  # nothing new, and not waited for: the node lets nobody wait

    def _learn(self) -> None:
        """Take in blocks that may list the key of a tip which is nobody's yet; raise HeaderOfNobody without any."""
        page = self._upstream.blocks(self._chain.height + 1)
        if not page:
            raise HeaderOfNobody
        self._take(page)

    def _take(self, page: list[bytes]) -> bool:
        """Take in blocks; False where that was to end."""
        if not page:
            raise UnreadableAnswer
        blocks = [read_block(raw) for raw in page]
        for block in blocks:
            for batch in block.batches:
                self._helper.offer(batch)
        try:
            for raw, block in zip(page, blocks, strict=True):
                with self._lock:
                    if self._closing.is_set():
                        return False
                    self._helper.hear()
                    self._helper.take(block.batches)
                    self._shown = block.header
                    self._sent.executed(self._chain.take(raw, self._covered))
                    self._keep(lambda: self._checkpoints.look(idle=False))
        finally:
            for block in blocks:
                self._helper.settle(block.batches)
        return True

    def _reach(self, signed: SignedTip) -> None:
        """Note that the block of a tip is here, if it is the same; raise TwoHeaders."""
        with self._lock:
            if self._closing.is_set():
                return
            self._shown = signed.raw
            if self._chain.header_hash(signed.tip.height) != signed.tip.header:
                raise TwoHeaders
            self._tips.reach(signed)

    def _validators(self) -> Validators:
        network = self._chain.network
        return {key_id(network, v.public): (v.public, v.power) for v in validators(self._chain.machine.store)}

    def _wait_ms(self) -> int:
        """How long to wait for a block: shorter than the state may be old, and than a checkpoint may be due."""
        with self._lock:
            if self._closing.is_set():
                return 0
            due = not self._chain.settled or self._checkpoints.under_way
            limit = parameter(self._chain.machine.store, Parameter.STALE_MS) // 4
        return max(50, min(limit, IDLE_MS if due else MOST_WAIT_MS))

    def _idle(self) -> None:
        with self._lock:
            if not self._closing.is_set():
                self._keep(lambda: self._checkpoints.look(idle=True))

    def _keep(self, work: Callable[[], None]) -> None:
        """Do what can be done again later: the blocks are durable without it."""
        try:
            work()
        except StorageFailure:
            return

    def stop(self, trouble: Refusal) -> None:
        """Follow no longer, and say why: what is read grows old from now on."""
        if self._closing.is_set():
            return
        LOG.error("following stopped", extra={"code": trouble.code})
        self.trouble, self.stopped = trouble, True
        self._closing.set()
        self.looked.set()
        self._sent.fail_all(trouble.again)
