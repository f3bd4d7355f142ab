"""A replica that follows a node, behind the `Ledger` port."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from salus.client.ledger import BatchResult, StateProof
from salus.core.envelope import WINDOW_MS
from salus.core.errors import Malformed, Refusal
from salus.core.genesis import read_genesis
from salus.evidence.header import SignedHeader
from salus.evidence.state import LOG_KEY
from salus.ledger.embedded.chain import GENESIS, Chain, open_chain
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.embedded.ledger import LOCK, open_for_reading
from salus.ledger.embedded.reader import ChainReader, Place
from salus.ledger.errors import (
    ClockBehind,
    HeaderOfNobody,
    LedgerLocked,
    LedgerStopped,
    NoLedger,
    NoNote,
    NotCovered,
    OtherGenesis,
    OtherHistory,
    ReadOnly,
    StorageFailed,
)
from salus.ledger.followed.contradiction import keep_contradiction
from salus.ledger.followed.follower import Follower
from salus.ledger.followed.notes import check_note, wait_for_size
from salus.ledger.followed.sender import Sender
from salus.ledger.followed.sent import Sent
from salus.ledger.followed.start import begin_from_export, is_new
from salus.ledger.followed.tips import Tips
from salus.ledger.followed.upstream import Upstream
from salus.merkle.checkpoint import SignedCheckpoint, parse
from salus.state.store import Store
from salus.state.tables import StorageFailure
from salus.verifier.helper import Alone, Helper

COVERS_S, ASKED_S = 10.0, 0.2  # how long a header that covers the state is waited for, and when the node is asked


class _Waiting(NamedTuple):
    """A question for a proof, which the next header answers."""

    keys: Sequence[bytes]
    done: "Future[StateProof]"


class FollowedLedger(ChainReader):
    """The `Ledger` port over a replica in one folder. Every method may be called from any thread.

    The folder is locked while it is open. `submit` sends to the node; its future completes once the replica itself
    has executed the block. Without `upstream` it is for reading only. After a lie of the node following ends
    (`trouble`), and what is read grows old.
    """

    def __init__(
        self,
        chain: Chain,
        upstream: Upstream | None,
        clock: Clock,
        place: Place,
        unlock: Callable[[], None],
        helper: Helper,
    ) -> None:
        super().__init__(chain, clock, place)
        self._upstream, self._unlock, self._helper = upstream, unlock, helper
        self._closed = False
        self._tips = Tips(chain.network, clock)
        self._note: SignedCheckpoint | None = None
        self._asked: list[_Waiting] = []
        self._sender: Sender | None = None
        self._follower: Follower | None = None
        if upstream is not None:
            sent = Sent()
            self._sender = Sender(chain.network, upstream, sent)
            self._follower = Follower(
                chain, upstream, self._tips, sent, self._lock, helper, self._covered, self._contradicted
            )
            self._follower.start()

    @classmethod
    def open(
        cls,
        folder: Path,
        genesis: bytes,
        upstream: Upstream | None,
        clock: Clock | None = None,
        files: Files | None = None,
        open_store: Callable[[Path], Store] = Store.open,
        helper: Helper | None = None,
    ) -> "FollowedLedger":
        """Open the replica in `folder`, which is made where it is absent, and begin to follow.

        `upstream` and `helper` are closed with it; `upstream` also where it cannot be opened.

        Raises NoLedger (reading only), LedgerLocked, OtherGenesis, DamagedFile, ClockBehind; StorageFailed where the
        state cannot be opened; where a new replica begins at a pruned node also HeaderOfNobody, OtherHistory,
        WrongExport. A node that is away is none of these.
        """
        port, dated = files or LocalFiles(), clock or SystemClock()
        with ExitStack() as undone:
            if upstream is not None:
                undone.callback(upstream.close)
                port.create_folder(folder)
            elif port.read(folder / GENESIS) is None:
                raise NoLedger
            try:
                unlock = port.lock(folder / LOCK, shared=upstream is None)
            except BlockingIOError:
                raise LedgerLocked from None
            undone.callback(unlock)
            try:
                _begin(folder, genesis, upstream, port)
                opener = open_store if upstream is not None else open_for_reading
                chain = open_chain(folder, genesis, port, opener, upstream is None, helper)
            except StorageFailure as failure:
                raise StorageFailed from failure
            undone.callback(chain.close)
            if chain.machine.time > dated.now_ms() + WINDOW_MS:
                raise ClockBehind
            made = cls(chain, upstream, dated, Place(folder, port), unlock, helper or Alone())
            undone.pop_all()
            return made

    def close(self) -> None:
        """Take in no more, take a checkpoint, release the folder. Never raises for the disk: blocks are durable."""
        if self._closed:
            return
        self._closed = True
        if self._sender is not None:
            self._sender.close()
        try:
            if self._follower is not None:
                self._follower.close()
            else:
                self._helper.close()
        finally:
            with self._lock:
                self._fail_asked(LedgerStopped)
                self._chain.close()
                self._unlock()
            if self._upstream is not None:
                self._upstream.close()

    def __enter__(self) -> "FollowedLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def catch_up(self, timeout_s: float) -> bool:
        """Wait until the node's newest block is executed here, or it is known to be away; True if that came in time."""
        return self._follower is None or self._follower.looked.wait(timeout_s)

    def save(self) -> None:
        """Take a checkpoint now: a restart is faster then, nothing is more durable. Raises StorageFailed, ReadOnly."""
        if self._follower is None:
            raise ReadOnly
        try:
            self._follower.save()
        except StorageFailure:
            raise StorageFailed from None

    def submit(self, batch: bytes) -> "Future[BatchResult]":
        """Send a batch; see the port. Raises ReadOnly, LedgerStopped, Overloaded, or why following stopped, at once.

        The future may bring NodeAway or NodeBusy: nothing was taken; AnswerLost: nobody knows, the same may be sent
        again; NotInBlock: the node lied.
        """
        if self._sender is None:
            raise ReadOnly
        self._raise_stopped()
        return self._sender.submit(batch, self._chain.height, self._chain.machine.time)

    def now(self) -> int:
        """By our clock, or the node's where that is ahead."""
        return max(self._chain.machine.time, self._clock.now_ms() + self._tips.ahead_ms)

    def as_of(self) -> int:
        """The time of the newest tip whose block is executed here, or of the last block."""
        return max(self._chain.machine.time, self._tips.as_of)

    def tip(self) -> bytes:
        """See the port: the last one of the node whose block is executed here; raises NoTip where there is none."""
        with self._lock:
            return self._tips.raw

    def trouble(self) -> Refusal | None:
        """See the port."""
        found = None if self._follower is None else self._follower.trouble
        return super().trouble() if found is None else found.again()

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """See the port; waits for the next header where the last block was not empty.

        Raises ReadOnly where none will come, NotCovered where none came in time, or why following stopped.
        """
        with self._lock:
            tip = self._chain.tip
            if tip is not None and self._chain.empty:
                return self._proof(tip, keys)
            if self._upstream is None:
                raise ReadOnly
            self._raise_stopped()
            asked = _Waiting(keys, Future())
            self._asked.append(asked)
        return self._awaited(asked, self._upstream)

    def checkpoint(self) -> bytes:
        """See the port: the node's newest note over the log as it is here, or an older one where the node is away.

        Raises NoNote where there is none.
        """
        note = self._note
        if self._upstream is not None and (note is None or note.checkpoint.size != self._chain.machine.log.size):
            with suppress(Refusal, LookupError):
                self._take_note(parse(self._upstream.note(tries=1)))
        if self._note is None:
            kept = self._notes.witnessed()
            if kept is None:
                raise NoNote
            return kept
        return self._note.note().encode()

    def _take_note(self, signed: SignedCheckpoint) -> None:
        """Keep a note of the node if it is over the log as it is, or was, here; over another one it is a lie."""
        wait_for_size(self._chain, self._subscribers, signed.checkpoint.size)
        with self._lock:
            if self._note is not None and signed.checkpoint.size < self._note.checkpoint.size:
                return
            try:
                check_note(self._chain, signed)
            except (HeaderOfNobody, OtherHistory) as lie:
                if self._follower is not None:
                    self._follower.stop(lie.again())
                raise
            self._note = signed

    def _covered(self, signed: SignedHeader) -> None:
        """Answer with a header what was asked for before its block is executed. Called under the lock."""
        asked, self._asked = self._asked, []
        for one in asked:
            one.done.set_result(self._proof(signed, one.keys))

    def _contradicted(self, refusal: type[Refusal], shown: bytes) -> None:
        keep_contradiction(*self._place, self._chain, refusal, shown)

    def _proof(self, signed: SignedHeader, keys: Sequence[bytes]) -> StateProof:
        found = self._chain.machine.query(keys)
        values, proofs = tuple(value for value, _ in found), tuple(proof for _, proof in found)
        return StateProof(signed.raw, signed.header.height, values, proofs)

    def _awaited(self, asked: _Waiting, upstream: Upstream) -> StateProof:
        with suppress(FutureTimeout):
            return asked.done.result(ASKED_S)
        with suppress(Refusal, LookupError):
            upstream.prove([LOG_KEY])  # the node makes the header that it needs for its own answer
        try:
            return asked.done.result(COVERS_S)
        except FutureTimeout:
            with self._lock:
                self._asked = [one for one in self._asked if one is not asked]
            self._raise_stopped()
            raise NotCovered from None

    def _fail_asked(self, refusal: type[Refusal]) -> None:
        asked, self._asked = self._asked, []
        for one in asked:
            one.done.set_exception(refusal())

    def _raise_stopped(self) -> None:
        if self._follower is not None and self._follower.stopped:
            raise (self._follower.trouble or LedgerStopped()).again()


def _begin(folder: Path, genesis: bytes, upstream: Upstream | None, files: Files) -> None:
    """See that the folder is of this genesis; a new one is given what its blocks begin with."""
    known = files.read(folder / GENESIS)
    if known is not None and known != genesis:
        raise OtherGenesis
    if upstream is None:
        return
    if known is None:
        read_genesis(genesis)
        files.write(folder / GENESIS, genesis)
    if is_new(folder, files):
        try:
            gone = upstream.pruned()
        except (Refusal, LookupError):
            return  # it is away: found out when blocks are missing
        if gone is not None:
            try:
                begin_from_export(folder, genesis, upstream, gone, files)
            except OSError:
                raise StorageFailed from None
            except Malformed:
                raise OtherGenesis from None
