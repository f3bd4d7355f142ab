"""What every replica has in common: blocks that others made are checked and executed here, behind the `Ledger` port."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from salus.client.ledger import BatchResult, StateProof
from salus.core.envelope import WINDOW_MS
from salus.core.errors import Refusal
from salus.evidence.header import SignedHeader
from salus.ledger.embedded.chain import GENESIS, Chain, open_kind
from salus.ledger.embedded.clock import Clock
from salus.ledger.embedded.files import Files
from salus.ledger.embedded.ledger import open_for_reading
from salus.ledger.embedded.lock import LOCK
from salus.ledger.embedded.reader import ChainReader, Place
from salus.ledger.errors import ClockBehind, LedgerLocked, LedgerStopped, NoLedger, NotCovered, ReadOnly, StorageFailed
from salus.ledger.followed.contradiction import keep_contradiction
from salus.ledger.followed.follower import Follower
from salus.ledger.followed.sending import Sending
from salus.ledger.followed.tips import Tips
from salus.ledger.followed.upstream import Source
from salus.state.store import Store
from salus.state.tables import StorageFailure
from salus.verifier.helper import Helper

COVERS_S, ASKED_S = 10.0, 0.2  # how long a header that covers the state is waited for, and when the node is asked


class _Waiting(NamedTuple):
    """A question for a proof, which the next header answers."""

    keys: Sequence[bytes]
    done: "Future[StateProof]"


class Outside(NamedTuple):
    """Whom a replica works with, unless it is for reading only."""

    source: Source
    tips: Tips
    sending: Sending


class Opened(NamedTuple):
    """A replica's chain, and what it is let go with."""

    chain: Chain
    place: Place
    unlock: Callable[[], None]
    helper: Helper


class Replica(ChainReader):
    """The `Ledger` port over a replica in one folder. Every method may be called from any thread.

    The folder is locked while it is open. The future of `submit` completes once the replica itself has executed the
    block. Without `outside` it is for reading only. After a lie following ends (`trouble`), and what is read grows old.
    """

    def __init__(self, opened: Opened, outside: Outside | None, clock: Clock) -> None:
        super().__init__(opened.chain, clock, opened.place)
        self._outside, self._unlock, self._helper = outside, opened.unlock, opened.helper
        self._closed = False
        self._asked: list[_Waiting] = []
        self._follower: Follower | None = None
        if outside is not None:
            self._follower = Follower(
                opened.chain,
                outside.source,
                outside.tips,
                outside.sending,
                self._lock,
                opened.helper,
                self._covered,
                self._contradicted,
            )
            self._follower.start()

    def close(self) -> None:
        """Take in no more, take a checkpoint, release the folder. Never raises for the disk: blocks are durable."""
        if self._closed:
            return
        self._closed = True
        if self._outside is not None:
            self._outside.sending.close()
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
            if self._outside is not None:
                self._outside.source.close()

    def __enter__(self) -> "Replica":
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
        if self._outside is None:
            raise ReadOnly
        self._raise_stopped()
        return self._outside.sending.submit(batch, self._chain.height, self._chain.machine.time)

    def now(self) -> int:
        """By our clock, or the node's where that is ahead."""
        ahead_ms = 0 if self._outside is None else self._outside.tips.ahead_ms
        return max(self._chain.machine.time, self._clock.now_ms() + ahead_ms)

    def as_of(self) -> int:
        """The time of the newest tip whose block is executed here, or of the last block."""
        return max(self._chain.machine.time, 0 if self._outside is None else self._outside.tips.as_of)

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
            if self._outside is None:
                raise ReadOnly
            self._raise_stopped()
            asked = _Waiting(keys, Future())
            self._asked.append(asked)
        return self._awaited(asked)

    def _covered(self, signed: SignedHeader) -> None:
        """Answer with a header what was asked for before its block is executed. Called under the lock."""
        asked, self._asked = self._asked, []
        for one in asked:
            try:
                one.done.set_result(self._proof(signed, one.keys))
            except Refusal as refusal:
                one.done.set_exception(refusal)

    def _contradicted(self, refusal: type[Refusal], shown: bytes) -> None:
        keep_contradiction(*self._place, self._chain, refusal, shown)

    def _proof(self, signed: SignedHeader, keys: Sequence[bytes]) -> StateProof:
        found = self._chain.machine.query(keys)
        values, proofs = tuple(value for value, _ in found), tuple(proof for _, proof in found)
        return StateProof(signed.raw, signed.header.height, values, proofs)

    def _awaited(self, asked: _Waiting) -> StateProof:
        with suppress(FutureTimeout):
            return asked.done.result(ASKED_S)
        self._ask_cover()
        try:
            return asked.done.result(COVERS_S)
        except FutureTimeout:
            with self._lock:
                self._asked = [one for one in self._asked if one is not asked]
            self._raise_stopped()
            raise NotCovered from None

    def _ask_cover(self) -> None:
        """Have the header made that covers the state, where nobody makes it unasked."""

    def _fail_asked(self, refusal: type[Refusal]) -> None:
        asked, self._asked = self._asked, []
        for one in asked:
            one.done.set_exception(refusal())

    def _raise_stopped(self) -> None:
        if self._follower is not None and self._follower.stopped:
            raise (self._follower.trouble or LedgerStopped()).again()


def open_replica(
    folder: Path,
    port: Files,
    clock: Clock,
    kind: type[Chain],
    genesis: bytes,
    begin: Callable[[], None],
    helper: Helper,
    undone: ExitStack,
    open_store: Callable[[Path], Store],
    reading: bool,
) -> Opened:
    """Open a replica's folder under its lock; `undone` lets go of all that, unless its callbacks are dropped.

    `begin` sees to it that the folder has what its blocks begin with. Raises NoLedger (reading only), LedgerLocked,
    OtherGenesis, DamagedFile, ClockBehind, StorageFailed, and what `begin` raises.
    """
    if not reading:
        port.create_folder(folder)
    elif port.read(folder / GENESIS) is None:
        raise NoLedger
    try:
        unlock = port.lock(folder / LOCK, shared=reading)
    except BlockingIOError:
        raise LedgerLocked from None
    undone.callback(unlock)
    try:
        begin()
        opener = open_for_reading if reading else open_store
        chain = open_kind(kind, folder, genesis, port, opener, reading, helper)
    except StorageFailure as failure:
        raise StorageFailed from failure
    undone.callback(chain.close)
    if chain.machine.time > clock.now_ms() + WINDOW_MS:
        raise ClockBehind
    return Opened(chain, Place(folder, port), unlock, helper)
