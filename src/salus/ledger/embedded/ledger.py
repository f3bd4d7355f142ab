"""The embedded engine behind the `Ledger` port."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from salus.client.ledger import BatchResult, StateProof
from salus.core.envelope import WINDOW_MS
from salus.core.genesis import read_genesis
from salus.core.signatures import SigningKey
from salus.evidence.tip import Tip, sign_tip
from salus.ledger.embedded.chain import GENESIS, Chain, check_node, open_chain
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.embedded.lock import LOCK
from salus.ledger.embedded.publisher import Publisher, Source
from salus.ledger.embedded.reader import ChainReader, Place
from salus.ledger.embedded.writer import Writer
from salus.ledger.errors import (
    ClockBehind,
    LedgerExists,
    LedgerLocked,
    NoLedger,
    ReadOnly,
    StorageFailed,
)
from salus.merkle.checkpoint import SignedCheckpoint
from salus.state.lmdb import LmdbTables
from salus.state.store import Store
from salus.state.tables import StorageFailure
from salus.verifier.helper import Alone, Helper

Writes = Mapping[bytes, bytes | None]
Told = Callable[[int, int, Writes], object]  # height, time, writes
NOTHING: Writes = {}  # that an empty block changes


class EmbeddedLedger(ChainReader):
    """The `Ledger` port over one folder. Every method may be called from any thread.

    The folder is locked while it is open. What `submit` took is durable when its future completes. With
    a folder for `tiles` the log is published there, a little later and at the latest when it is closed.
    """

    def __init__(
        self,
        chain: Chain,
        node: SigningKey | None,
        clock: Clock,
        place: Place,
        unlock: Callable[[], None],
        helper: Helper,
        publish: Callable[[Source], Publisher] | None = None,
    ) -> None:
        super().__init__(chain, clock, place)
        self._node, self._unlock = node, unlock
        self._closed = False
        self._writer = None if node is None else Writer(chain, node, clock, self._lock, helper)
        source = Source(chain.machine.log, self.checkpoint, self._lock)
        self._publisher = None if node is None or publish is None else publish(source)

    @classmethod
    def create(
        cls,
        folder: Path,
        genesis: bytes,
        node: SigningKey,
        clock: Clock | None = None,
        files: Files | None = None,
        open_store: Callable[[Path], Store] = Store.open,
        helper: Helper | None = None,
        tiles: Path | None = None,
    ) -> "EmbeddedLedger":
        """Make the ledger of a genesis file in `folder` and open it.

        Raises LedgerExists, Malformed or InvalidKey (genesis), and what `open` raises.
        """
        port = files or LocalFiles()
        port.create_folder(folder)
        if port.read(folder / GENESIS) is not None:
            raise LedgerExists
        read_genesis(genesis)
        port.write(folder / GENESIS, genesis)
        return cls.open(folder, node, clock, port, open_store, helper, tiles)

    @classmethod
    def open(
        cls,
        folder: Path,
        node: SigningKey | None,
        clock: Clock | None = None,
        files: Files | None = None,
        open_store: Callable[[Path], Store] = Store.open,
        helper: Helper | None = None,
        tiles: Path | None = None,
    ) -> "EmbeddedLedger":
        """Open the ledger in `folder`; without `node` for reading only, which changes no file.

        `helper` checks signatures beside the executor, and is closed with the ledger.

        Raises NoLedger, LedgerLocked, OtherGenesis, DamagedFile, UnknownRules, WrongNodeKey, ClockBehind;
        StorageFailed where the state cannot be opened.
        """
        port, dated = files or LocalFiles(), clock or SystemClock()
        genesis = port.read(folder / GENESIS)
        if genesis is None:
            raise NoLedger
        try:
            unlock = port.lock(folder / LOCK, shared=node is None)
        except BlockingIOError:
            raise LedgerLocked from None
        try:
            opener = open_store if node is not None else open_for_reading
            chain = open_chain(folder, genesis, port, opener, node is None, helper)
            try:
                if node is not None:
                    check_node(chain, node)
                    if chain.machine.time > dated.now_ms() + WINDOW_MS:
                        raise ClockBehind
                publish = None if tiles is None else partial(Publisher, tiles, port)
                return cls(chain, node, dated, Place(folder, port), unlock, helper or Alone(), publish)
            except BaseException:
                chain.close()
                raise
        except StorageFailure as failure:
            unlock()
            raise StorageFailed from failure
        except BaseException:
            unlock()
            raise

    def close(self) -> None:
        """Write what waits, take a checkpoint, release the folder. Never raises for the disk: blocks are durable."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._writer is not None:
                self._writer.close()
            if self._publisher is not None:
                self._publisher.close()
        finally:
            with self._lock:
                self._chain.close()
                self._unlock()

    def save(self) -> None:
        """Take a checkpoint now: a restart is faster then, nothing is more durable. Raises StorageFailed."""
        with self._lock:
            if self._writer is None:
                raise ReadOnly
            try:
                self._writer.save()
            except StorageFailure:
                raise StorageFailed from None

    def __enter__(self) -> "EmbeddedLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, batch: bytes) -> "Future[BatchResult]":
        """Queue a batch; see the port. Raises ReadOnly, LedgerStopped or Overloaded at once."""
        if self._writer is None:
            raise ReadOnly
        done = self._writer.submit(batch)
        publisher = self._publisher
        if publisher is not None:
            done.add_done_callback(lambda _: publisher.wake())
        return done

    def learn(self, good: Iterable[bytes]) -> None:
        """Take signatures for good that were verified elsewhere, by their `machine.signing.memory_key`."""
        self._chain.machine.verified.learn(good)

    def shadow(self, begun: Told, executed: Told, saved: Callable[[], object]) -> None:
        """Tell who keeps a copy of the state what it is, and from there on all that changes it.

        `begun` is called once, with height, time and what was written since the checkpoint on disk; `executed` with
        those of each block, before anybody learns what became of it; `saved` once a checkpoint is durable. All of
        them under the lock that guards the chain.
        """
        with self._lock:
            chain, told, last = self._chain, self._chain.told, [NOTHING]
            keep = chain.machine.watch

            def watch(writes: Writes) -> None:
                keep(writes)
                last[0] = writes

            def follow(height: int) -> None:
                writes, last[0] = last[0], NOTHING
                executed(height, chain.machine.time, writes)
                told(height)

            chain.machine.watch, chain.told, chain.saved = watch, follow, saved
            begun(chain.height, chain.machine.time, chain.machine.store.fresh())

    def now(self) -> int:
        return max(self._chain.machine.time, self._clock.now_ms())

    def as_of(self) -> int:
        """The one writer has the newest state at any time."""
        return self.now()

    def tip(self) -> bytes:
        """See the port; raises ReadOnly without a node."""
        if self._node is None:
            raise ReadOnly
        with self._lock:
            signed, height = self._chain.tip, self._chain.height
            header = self.network if signed is None else signed.hash
            tip = Tip(self.network, height, header, self.now())  # no block can be made meanwhile
        return sign_tip(tip, self._node)

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """See the port; after a block with batches it makes the empty one that covers it, if there is none yet.

        Raises LedgerStopped, StorageFull or StorageFailed; ReadOnly where that block is missing.
        """
        with self._lock:
            if self._writer is not None:
                self._writer.complete()
            tip = self._chain.tip
            if tip is None or not self._chain.empty:
                raise ReadOnly
            found = self._chain.machine.query(keys)
            return StateProof(
                tip.raw, tip.header.height, tuple(value for value, _ in found), tuple(proof for _, proof in found)
            )

    def checkpoint(self) -> bytes:
        if self._node is None:
            return self.witnessed()
        with self._lock:
            log = self._chain.machine.log
            return self._notes.current(log.size, log.root, self._node)

    def keep_cosigned(self, note: bytes) -> None:
        """Keep a note that witnesses cosigned, durably; raises Malformed unless it is one over this log."""
        super().keep_cosigned(note)
        if self._publisher is not None:
            self._publisher.wake()

    def publish(self) -> SignedCheckpoint:
        """Publish the log as it stands now; return its checkpoint.

        Raises ReadOnly without a node or a folder for it, StorageFailed, and PublishedOther where the
        folder holds another log, or one that this does not continue.
        """
        if self._publisher is None:
            raise ReadOnly
        return self._publisher.publish()


def open_for_reading(folder: Path) -> Store:
    """Return the store in `folder`, of which nothing is changed; an empty one in memory where there is none."""
    return Store(LmdbTables(folder, readonly=True)) if folder.is_dir() else Store.in_memory()
