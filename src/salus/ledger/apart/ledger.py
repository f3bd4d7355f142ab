"""The embedded ledger behind the `Ledger` port, where a process of its own makes and executes the blocks.

What is asked most is answered here: views of the state, its height and time. The session's thread takes in what the
executor tells: a block first, then what became of its batches, so that who has an answer finds the block in the next
view.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import msgspec

from salus.client.ledger import BatchResult, LoggedEvent, LogProof, Pruned, StateProof
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey, verify
from salus.ledger.apart.child import Child, Executing
from salus.ledger.apart.session import ENDING_S, Session
from salus.ledger.apart.shadow import Shadow, beside
from salus.ledger.apart.wire import Ask, Damaged, Executed, Failed, Open, Opened, Release, Said, Saved, Submit, raised
from salus.ledger.embedded.chain import STATE
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.readmodel import PAGE
from salus.ledger.embedded.subscribers import Subscribers
from salus.ledger.embedded.views import View
from salus.ledger.errors import ExecutorGone, StorageFailed
from salus.machine.errors import UnknownRules
from salus.machine.signing import memory_key
from salus.machine.versions import rules_at
from salus.merkle.checkpoint import SignedCheckpoint, parse
from salus.state.lmdb import LmdbTables
from salus.state.tables import StorageFailure

REMEMBERED = 1 << 16  # signatures found good that no batch went with yet


class ApartLedger:
    """The `Ledger` port over an executor. Every method may be called from any thread.

    Once the executor is gone every question for it raises ExecutorGone, and so does `trouble`; views are as they were.
    """

    def __init__(self, child: Executing, opened: Opened, state: LmdbTables, clock: Clock) -> None:
        self.network = opened.network
        self._clock = clock
        self._shadow = Shadow(state, opened.height, opened.time, opened.writes)
        self._subscribers = Subscribers()
        self._lock = Lock()
        self._good: list[bytes] = []  # signatures; guarded by the lock
        self._session = Session(child)
        self._call = self._session.call
        self._session.begin(self._told)

    @classmethod
    def open(
        cls,
        folder: Path,
        node: SigningKey,
        clock: Clock | None = None,
        tiles: Path | None = None,
        *,
        verifier: bool = False,
        start: Callable[[], Executing] = Child,
        read: Callable[[Path], LmdbTables] = beside,
    ) -> "ApartLedger":
        """Have an executor, which is started, open the ledger in `folder`, and read its state beside it.

        Raises what `EmbeddedLedger.open` does, ExecutorGone.
        """
        try:
            child = start()
        except OSError:
            raise ExecutorGone from None
        try:
            child.wire.send(Open(str(folder), node.seed, None if tiles is None else str(tiles), verifier))
            try:
                first = child.wire.receive()
            except Damaged:
                first = None
            if isinstance(first, Failed):
                raise raised(first)
            if not isinstance(first, Opened):
                raise ExecutorGone
            try:
                return cls(child, first, read(folder / STATE), clock or SystemClock())
            except StorageFailure:
                raise StorageFailed from None
        except BaseException:
            child.wire.end()
            child.end(ENDING_S)
            child.wire.close()
            raise

    @property
    def executor(self) -> int:
        """The number of the process that makes the blocks."""
        return self._session.child.pid

    def when_gone(self, gone: Callable[[], None]) -> None:
        """Have `gone` called, in any thread, once the executor is gone without having been closed."""
        self._session.when_gone(gone)

    def close(self) -> None:
        """Let what is under way land, have the ledger closed, end the process. Raises nothing."""
        if self._session.close():
            self._shadow.close()

    def __enter__(self) -> "ApartLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, batch: bytes) -> "Future[BatchResult]":
        """See the port; whatever refuses the batch completes the future. Raises ExecutorGone, LedgerStopped."""
        with self._lock:
            good, self._good = self._good, []
        done: Future[BatchResult] = Future()
        done.set_running_or_notify_cancel()
        self._session.ask(done, lambda number: Submit(number, batch, b"".join(good)))
        return done

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """See the port; the executor is told with the next batch."""
        if len(public) != 32 or len(signature) != 64 or not verify(public, message, signature):
            return False
        key = memory_key(public, message, signature)
        with self._lock:
            if len(self._good) < REMEMBERED:
                self._good.append(key)
        return True

    def now(self) -> int:
        return max(self._shadow.time, self._clock.now_ms())

    def as_of(self) -> int:
        """The one writer has the newest state at any time."""
        return self.now()

    def height(self) -> int:
        return self._shadow.height

    def view(self) -> View:
        return self._shadow.view()

    def subscribe(self, told: Callable[[int], None]) -> Callable[[], None]:
        return self._subscribers.add(told)

    def trouble(self) -> Refusal | None:
        """See the port: the executor is gone, or the next block would be under rules that are not known here."""
        gone = self._session.trouble()
        if gone is not None:
            return gone
        view = self._shadow.view()
        try:
            rules_at(view, view.height + 1)
        except UnknownRules as refusal:
            return refusal.again()
        return None

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """See the port, and `EmbeddedLedger`."""
        return self._call(StateProof, "prove", list(keys))

    def prove_event(self, index: int, size: int | None = None) -> LogProof:
        return self._call(LogProof, "prove_event", index, size)

    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]:
        return self._call(tuple[bytes, ...], "prove_growth", older, newer)

    def events(self, start: int = 0, subject: bytes | None = None) -> Iterator[LoggedEvent]:
        """See the port; what is logged while it is read may still come."""
        while True:
            page = self._call(list[LoggedEvent], "events", start, subject)
            yield from page
            if len(page) < PAGE:
                return
            start = page[-1].index + 1

    def checkpoint(self) -> bytes:
        return self._call(bytes, "checkpoint")

    def block(self, height: int) -> bytes:
        return self._call(bytes, "block", height)

    def header(self, height: int) -> bytes:
        return self._call(bytes, "header", height)

    def blocks(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        return self._call(list[bytes], "blocks", start, most, most_bytes)

    def headers(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        return self._call(list[bytes], "headers", start, most, most_bytes)

    def pruned(self) -> Pruned | None:
        return self._call(Pruned | None, "pruned")  # type: ignore[arg-type]  # a union is a type for msgspec

    def start_file(self, name: str) -> bytes:
        return self._call(bytes, "start_file", name)

    def tip(self) -> bytes:
        return self._call(bytes, "tip")

    def witnessed(self) -> bytes:
        """Return the last note that witnesses cosigned; raises ReadOnly where there is none."""
        return self._call(bytes, "witnessed")

    def keep_cosigned(self, note: bytes) -> None:
        """Keep a note that witnesses cosigned, durably; raises Malformed unless it is one over this log."""
        self._call(type(None), "keep_cosigned", note)

    def publish(self) -> SignedCheckpoint:
        """Publish the log as it stands now; return its checkpoint."""
        return parse(self._call(bytes, "publish"))

    def export(self) -> tuple[bytes, list[bytes]]:
        """Return the whole state after the last block as (manifest, chunks)."""
        return self._call(tuple[bytes, list[bytes]], "export")

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing be written while the block runs, all of it on disk: the folder can be checked.

        Nothing can be asked of the executor within the block. Raises StorageFailed, Unstill.
        """
        done: Future[msgspec.Raw] = Future()
        number = self._session.ask(done, lambda number: Ask(number, "still", []))
        done.result()
        try:
            yield
        finally:
            self._session.say(Release(number))

    def _told(self, message: Said) -> None:
        match message:
            case Executed(height, time, writes):
                self._shadow.executed(height, time, writes)
                self._subscribers.tell(height)
            case Saved():
                self._shadow.saved()
            case _:
                raise Damaged
