"""The engine of a consortium behind the `Ledger` port: one member's node beside its CometBFT."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from salus.client.figures import EngineFigures, SendingFigures
from salus.client.ledger import BatchResult, StateProof
from salus.cometbft.validators import validators
from salus.core.envelope import WINDOW_MS
from salus.core.errors import Refusal
from salus.core.genesis import read_genesis, validator_keys
from salus.core.signatures import SigningKey
from salus.evidence.header import parse_header
from salus.evidence.tip import Tip, sign_tip
from salus.ledger.consensus.admission import Mempool
from salus.ledger.consensus.ahead import Ahead
from salus.ledger.consensus.application import Application, Parts
from salus.ledger.consensus.chain import DecidedChain
from salus.ledger.consensus.commitfile import NAME as COMMITS
from salus.ledger.consensus.commitfile import CommitFile, NoFile
from salus.ledger.consensus.commits import Commits
from salus.ledger.consensus.errors import NoBridge, NothingSigns
from salus.ledger.consensus.executor import Executor, Told
from salus.ledger.consensus.ports import Broadcasting, Snapshots, Votes
from salus.ledger.consensus.proving import Proving
from salus.ledger.consensus.queries import Queries
from salus.ledger.consensus.server import Server
from salus.ledger.consensus.way import Guiding, Way
from salus.ledger.embedded.chain import GENESIS, open_kind
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.embedded.ledger import open_for_reading
from salus.ledger.embedded.lock import LOCK
from salus.ledger.embedded.publisher import Publisher, Source
from salus.ledger.embedded.reader import ChainReader, Place, Status
from salus.ledger.embedded.views import View
from salus.ledger.errors import (
    ClockBehind,
    LedgerLocked,
    LedgerStopped,
    NoLedger,
    OtherGenesis,
    ReadOnly,
    StorageFailed,
)
from salus.machine.export import export_state
from salus.machine.machine import BlockResult
from salus.merkle.checkpoint import SignedCheckpoint
from salus.state.store import Store
from salus.state.tables import StorageFailure
from salus.verifier.helper import Alone, Helper

VOTES_S = 10.0  # how long the votes for a block that proves something are waited for


class Outside(NamedTuple):
    """Whom an open ledger works with; `votes` None: nobody has them, and nothing is proved to others."""

    broadcaster: Broadcasting
    votes: Votes | None
    node: SigningKey | None  # the validator's key, where this home has it: signs notes over the log, and tips


class ConsensusLedger(ChainReader):
    """The `Ledger` port over one folder whose blocks CometBFT decides. Every method may be called from any thread.

    The folder is locked while it is open. Without `outside` it is for reading only. The application answers CometBFT
    once `serve` was called, which `open` does.
    """

    def __init__(
        self,
        chain: DecidedChain,
        commits: CommitFile,
        outside: Outside | None,
        clock: Clock,
        place: Place,
        unlock: Callable[[], None],
        helper: Helper,
        publish: Callable[[Source], Publisher] | None = None,
        open_store: Callable[[Path], Store] = Store.open,
        guides: Callable[[], Guiding] | None = None,
    ) -> None:
        super().__init__(chain, clock, place)
        self._decided, self._outside, self._unlock, self._helper = chain, outside, unlock, helper
        self._open_store = open_store
        self._proving = Proving(chain, self._lock, self._raise_stopped)
        self._closed = self._let_go = False
        self._server: Server | None = None
        self._executor: Executor | None = None
        self._mempool: Mempool | None = None
        self._publisher: Publisher | None = None
        genesis = place.files.read(place.folder / GENESIS) or b""
        self._founders = read_genesis(genesis)[1]
        founders = validators((one.public, one.power) for one in self._founders.validators)
        votes = None if outside is None else outside.votes
        self._commits = Commits(
            chain.network,
            commits,
            votes,
            validator_keys(chain.network, self._founders),
            lambda: (chain.blocks.gone, chain.height),
            lambda height: parse_header(self.network, self._decided_header(height)),
            Way(chain.network, founders, *place, guides),
        )
        if outside is not None:
            told = Told(self._proving.covered, self._kept)
            self._executor = Executor(chain, self._lock, self._views, helper, told)
            if outside.node is not None and publish is not None:
                self._publisher = publish(Source(chain.machine.log, self.checkpoint, self._lock))

    @classmethod
    def open(
        cls,
        folder: Path,
        genesis: bytes,
        listening: Path | None,
        broadcaster: Broadcasting | None,
        node: SigningKey | None,
        clock: Clock | None = None,
        files: Files | None = None,
        open_store: Callable[[Path], Store] = Store.open,
        helper: Helper | None = None,
        tiles: Path | None = None,
        votes: Votes | None = None,
        snapshots: Callable[["ConsensusLedger"], Snapshots] | None = None,
        guides: Callable[[], Guiding] | None = None,
    ) -> "ConsensusLedger":
        """Open the ledger in `folder`, which is made where it is absent, and answer CometBFT on the socket `listening`.

        Without `broadcaster` for reading only, which changes no file; without `listening` the application is there and
        nothing listens for it. `votes` is the node's own CometBFT, `node` the validator's key if this home has it,
        `tiles` a folder to publish the log in; `guides` makes those who are asked what leads to the first block, where
        a snapshot was taken over. `broadcaster`, `votes` and `helper` are closed with the ledger.

        Raises NoLedger (reading only), LedgerLocked, OtherGenesis, DamagedFile, UnknownRules, DamagedCommits,
        ClockBehind, SocketTaken; StorageFailed where the state cannot be opened.
        """
        port, dated, reading = files or LocalFiles(), clock or SystemClock(), broadcaster is None
        with ExitStack() as undone:
            if broadcaster is not None:
                undone.callback(broadcaster.close)
                port.create_folder(folder)
            elif port.read(folder / GENESIS) is None:
                raise NoLedger
            try:
                unlock = port.lock(folder / LOCK, shared=reading)
            except BlockingIOError:
                raise LedgerLocked from None
            undone.callback(unlock)
            _begin(folder, genesis, port)
            try:
                opener = open_for_reading if reading else open_store
                chain = open_kind(DecidedChain, folder, genesis, port, opener, reading, helper)
            except StorageFailure as failure:
                raise StorageFailed from failure
            undone.callback(chain.close)
            if chain.machine.time > dated.now_ms() + WINDOW_MS:
                raise ClockBehind
            commits = _open_commits(folder, port, readonly=reading)
            undone.callback(commits.close)
            outside = None if broadcaster is None else Outside(broadcaster, votes, node)
            publish = None if tiles is None else partial(Publisher, tiles, port)
            made = cls(
                chain,
                commits,
                outside,
                dated,
                Place(folder, port),
                unlock,
                helper or Alone(),
                publish,
                open_store,
                None if reading else guides,
            )
            undone.pop_all()
        try:
            made.serve(listening, None if snapshots is None else snapshots(made))
        except BaseException:
            made.close()
            raise
        return made

    def serve(self, listening: Path | None, snapshots: Snapshots | None = None) -> None:
        """Make the application, and answer CometBFT on the socket `listening`; raises SocketTaken, ReadOnly."""
        if self._executor is None:
            if listening is not None:
                raise ReadOnly
            return
        chain, alone = self._decided, isinstance(self._helper, Alone)
        ahead = Ahead(chain, self._lock, self._clock) if alone else None
        mempool = Mempool(chain, self._lock, self._helper, self._clock, ahead)
        self._executor.snapshots, self._mempool = snapshots, mempool
        parts = Parts(self._executor, mempool, Queries(self._executor), snapshots, lambda: self._commits.height)
        self.application = Application(self.network, self._founders, parts)
        self._server = None if listening is None else Server(listening, self.application.handle)

    def close(self) -> None:
        """Take no more blocks, take a checkpoint, release the folder. Never raises for the disk: blocks are durable."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._executor is not None:
                self._executor.stop()
            if self._server is not None:
                self._server.close()
            if self._executor is not None and self._executor.snapshots is not None:
                self._executor.snapshots.close()
            self._commits.close()
            if self._outside is not None:
                self._outside.broadcaster.close()
            if self._mempool is not None:
                self._mempool.close()
            if self._publisher is not None:
                self._publisher.close()
            if self._executor is not None:
                self._executor.close()
            else:
                self._helper.close()
        finally:
            with self._lock:
                self._proving.fail()
                if not self._let_go:
                    self._chain.close()
                self._unlock()

    def __enter__(self) -> "ConsensusLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, batch: bytes) -> "Future[BatchResult]":
        """Send a batch to the validators; see the port.

        Raises ReadOnly, LedgerStopped, UnknownRules (nothing that others execute will be executed here), and what
        broadcasting does.
        """
        if self._outside is None:
            raise ReadOnly
        self._raise_stopped()
        with self._lock:
            self._decided.machine.rules()
        return self._outside.broadcaster.submit(batch, self._decided.height, self._decided.time)

    def now(self) -> int:
        return max(self._decided.time, self._clock.now_ms())

    def as_of(self) -> int:
        """The time of the last block that is kept: while nothing is decided the state grows old."""
        return self._decided.time

    def view(self) -> View:
        """The state after the last block that is kept; one that is executed and not kept is not seen yet."""
        return super().view() if self._executor is None else self._executor.view()

    def tip(self) -> bytes:
        """See the port: under this validator's key, as of the last block. Raises NothingSigns, ReadOnly."""
        if self._outside is None:
            raise ReadOnly
        if self._outside.node is None:
            raise NothingSigns
        with self._lock:
            last, height, time = self._decided.last_hash, self._decided.height, self._decided.time
        return sign_tip(Tip(self.network, height, last, time), self._outside.node)

    def trouble(self) -> Refusal | None:
        """See the port."""
        executor = self._executor
        damage = None if executor is None or executor.snapshots is None else executor.snapshots.trouble()
        if damage is not None:
            return damage
        found = self._commits.trouble if executor is None else executor.trouble or self._commits.trouble
        return super().trouble() if found is None else found()

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """See the port; waits for the next block where the last was not empty, and for the votes for it.

        CometBFT makes that block by itself, since the app hash changed. Raises ReadOnly where none will come,
        NotCovered where none came in time, NoVotes, NoBridge, LedgerStopped.
        """
        found = self._proving.find(keys, waiting=self._executor is not None)
        raw = self._commits.wait(found.height, 0 if self._executor is None else VOTES_S)
        return StateProof(raw, found.height, found.values, found.proofs)

    def header(self, height: int) -> bytes:
        """The committed header where the votes are here and the founders lead to it, else what was decided."""
        with self._lock:
            decided = self._decided_header(height)
        return self._committed(height) or decided

    def headers(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        return self._several(
            lambda height: self._committed(height) or self._decided_header(height), start, most, most_bytes
        )

    def _committed(self, height: int) -> bytes | None:
        try:
            return self._commits.committed(height)
        except NoBridge:
            return None

    def checkpoint(self) -> bytes:
        """See the port; without a validator's key the last one that witnesses cosigned, or ReadOnly."""
        if self._outside is None or self._outside.node is None:
            return self.witnessed()
        with self._lock:
            log, size = self._decided.machine.log, self._decided.log_size
            return self._notes.current(size, log.root_at(size), self._outside.node)

    def keep_cosigned(self, note: bytes) -> None:
        """Keep a note that witnesses cosigned, durably; raises Malformed unless it is one over this log."""
        super().keep_cosigned(note)
        if self._publisher is not None:
            self._publisher.wake()

    def publish(self) -> SignedCheckpoint:
        """Publish the log as it stands now; return its checkpoint.

        Raises ReadOnly without a validator's key or a folder for it, StorageFailed, and PublishedOther where the
        folder holds another log, or one that this does not continue.
        """
        if self._publisher is None:
            raise ReadOnly
        return self._publisher.publish()

    def export(self) -> tuple[bytes, list[bytes]]:
        """Return the whole state after the last block that is kept; see `ChainReader`. Raises LedgerStopped."""
        if self._executor is None:
            return super().export()
        with self._executor.at_rest() as chain:
            return export_state(chain.machine)

    def save(self) -> None:
        """Take a checkpoint now: a restart is faster then, nothing is more durable. Raises StorageFailed, ReadOnly."""
        if self._executor is None:
            raise ReadOnly
        try:
            self._executor.save()
        except StorageFailure:
            raise StorageFailed from None

    def status(self) -> Status:
        """Return what the ledger says of itself, as of the last block that is kept."""
        with self._lock:
            chain = self._decided
            return (
                super()
                .status()
                ._replace(
                    time=chain.time, app_hash=chain.kept_app_hash, log_entries=chain.log_size, state_keys=chain.keys
                )
            )

    def figures(self) -> EngineFigures | None:
        """Return what the application does in figures; None where there is none."""
        executor, mempool = self._executor, self._mempool
        if executor is None or mempool is None:
            return None
        with self._lock:
            chain = self._decided
            kept, time, decided = chain.height, chain.time, chain.height + (chain.ahead is not None)
        done, checks = executor.measured, mempool.checks.read()
        return EngineFigures(
            decided,
            kept,
            self._commits.height,
            time,
            done.batches,
            done.executing.read(),
            done.keeping.read(),
            done.sizes.read(),
            tuple(sorted((bool(again), int(code), count) for (again, code), count in checks.items())),
            None if executor.snapshots is None else executor.snapshots.figures(),
        )

    def sending(self) -> SendingFigures | None:
        """Return what is sent to the validators in figures; None where it is for reading only."""
        return None if self._outside is None else self._outside.broadcaster.figures()

    @property
    def snapshots(self) -> Snapshots | None:
        """What it takes of its state, and offers; None where it takes none."""
        return None if self._executor is None else self._executor.snapshots

    @property
    def place(self) -> Place:
        """Where the ledger lies."""
        return self._place

    def replace(self, change: Callable[[], None]) -> None:
        """Close the chain, call `change`, which puts another beginning into the folder, and go on with what is there.

        For a chain without blocks alone. What is raised leaves the ledger stopped.
        """
        executor, (folder, files) = self._executor, self._place
        if executor is None or self._decided.height:
            raise ReadOnly
        with self._lock, executor.exchanging():
            self._decided.close()
            self._let_go = True
            change()
            genesis = files.read(folder / GENESIS) or b""
            fresh = open_kind(DecidedChain, folder, genesis, files, self._open_store, helper=self._helper)
            self._decided.become(fresh)
            self._views.store = fresh.machine.store
            fresh.machine.watch = self._views.keep
            if self._publisher is not None:
                self._publisher.source(Source(fresh.machine.log, self.checkpoint, self._lock))
            self._let_go = False

    def _decided_header(self, height: int) -> bytes:
        with self._lock:
            return self._decided.blocks.header(height)

    def _kept(self, result: BlockResult) -> None:
        """Tell those outside that a block is durable."""
        self._commits.wake()
        if self._publisher is not None and result.batches:
            self._publisher.wake()
        if self._outside is not None:
            self._outside.broadcaster.executed(result)

    def _raise_stopped(self) -> None:
        if self._executor is not None and self._executor.trouble is LedgerStopped:
            raise LedgerStopped


def _open_commits(folder: Path, files: Files, *, readonly: bool) -> CommitFile:
    """Return the commits in `folder`, none where there are none; raises DamagedCommits."""
    if readonly and COMMITS not in files.names(folder):
        return CommitFile(NoFile())
    made = CommitFile(files.open_append(folder / COMMITS, readonly))
    try:
        made.scan(readonly=readonly)
    except BaseException:
        made.close()
        raise
    return made


def _begin(folder: Path, genesis: bytes, files: Files) -> None:
    """See that the folder is of this genesis, which a new one is given; raises OtherGenesis, Malformed, InvalidKey."""
    known = files.read(folder / GENESIS)
    if known is not None and known != genesis:
        raise OtherGenesis
    if known is None:
        read_genesis(genesis)
        files.write(folder / GENESIS, genesis)
