"""A second process that checks the signatures of batches while they wait for their block.

It is handed a batch as soon as it is submitted, and works from its first envelope on; the executor,
when it comes to the batch, takes in what was found good, and checks the rest from the last envelope
on. Nothing waits for the process: a thread of its own feeds it, answers are read as far as they are
there, and when it is dead, late or silent the executor checks all by itself.

Its answers are keys of `machine.signing.Verified`, each a hash over public key, signature and what
was signed. The executor asks for the key of what it has before it, with the public key that its own
state lists; so an answer that is cut short, shifted or made up serves nothing.
"""

import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Thread
from time import monotonic

from salus.machine.signing import Verified
from salus.side_by_side import side_by_side
from salus.verifier.child import Child
from salus.verifier.helper import from_the_end

START_BYTES = 64 * 1024  # of batches that wait: from here on it pays to start the process
WORTH_BYTES = 16 * 1024  # for less, handing over costs more than it gains
MOST_BYTES = 16 * 1024**2  # more is not handed over
RESTART_S = 5.0  # between two starts, at least
COMMAND = (sys.executable, "-m", "salus.verifier.serve")


class VerifierProcess:
    """The `Helper` that is a process. It starts when so much waits that it pays, and again when it has died.

    `eager` starts it with the first batch; `closed` says that nobody writes to the state, and it leaves no trace there.
    """

    def __init__(self, *, eager: bool = False, closed: bool = False, command: Sequence[str] = COMMAND) -> None:
        self._use = "closed" if closed else "open"
        self._start_bytes = 0 if eager else START_BYTES
        self._worth_bytes = 0 if eager else WORTH_BYTES
        self._program = list(command)
        self._command = self._program
        self._wake = Condition()  # guards what follows
        self._waiting: dict[bytes, int] = {}  # batches, with their numbers at the child; 0: not handed over
        self._waiting_bytes = 0
        self._feed: deque[bytes] = deque()
        self._closing = False
        self._thread: Thread | None = None
        self._child: Child | None = None  # set by the thread only
        self._started_s = -RESTART_S
        self._taken: Sequence[bytes] = ()  # by the block that is being executed

    def attach(self, verified: Verified, state: Path, network: bytes) -> None:
        """See the port."""
        self._verified = verified
        self._command = [*self._program, str(state), network.hex(), self._use]
        verified.each = from_the_end(self.hear, self._beside, side_by_side(), lambda: self.settle(self._taken))

    def offer(self, raw: bytes) -> None:
        """See the port."""
        with self._wake:
            if self._closing or raw in self._waiting:
                return
            self._waiting[raw] = 0
            self._waiting_bytes += len(raw)
            enough = self._worth_bytes if self._thread is not None else self._start_bytes
            if not enough <= self._waiting_bytes <= MOST_BYTES:
                return
            self._feed.append(raw)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="verifier-feeder", daemon=True)
                self._thread.start()
            self._wake.notify()

    def hear(self) -> None:
        """See the port."""
        child = self._child
        if child is not None:
            self._verified.learn(child.answers())

    def take(self, raws: Sequence[bytes]) -> None:
        """See the port."""
        self._taken = raws

    def settle(self, raws: Sequence[bytes]) -> None:
        """See the port."""
        with self._wake:
            for raw in raws:
                number = self._waiting.pop(raw, None)
                if number is None:
                    continue
                self._waiting_bytes -= len(raw)
                if number and self._child is not None:
                    self._child.settle(number)

    def close(self) -> None:
        """See the port."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    def _beside(self) -> bool:
        return self._child is not None and self._child.alive

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._feed or self._closing)
                if self._closing:
                    break
                raw = self._feed.popleft()
            self._hand_over(raw)
        if self._child is not None:
            self._child.end()

    def _hand_over(self, raw: bytes) -> None:
        """Give the child one batch, unless it is settled by now; one that fails or hangs is ended."""
        child = self._ready()
        with self._wake:
            if child is None or raw not in self._waiting:
                return
            child.given += 1
            self._waiting[raw] = child.given
        try:
            child.write(raw, lambda: self._closing)
        except OSError:
            child.end()

    def _ready(self) -> Child | None:
        """Return the child, started if it must be and may be."""
        if self._child is not None and self._child.alive:
            return self._child
        if monotonic() - self._started_s < RESTART_S:
            return None
        self._started_s = monotonic()
        if self._child is not None:
            self._child.end()
        with self._wake:
            self._waiting = dict.fromkeys(self._waiting, 0)  # numbers of one that is gone
        try:
            self._child = Child(self._command)
        except OSError:
            self._child = None
        return self._child
