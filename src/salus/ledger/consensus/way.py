"""The way to a ledger that begins with a snapshot: the headers that lead from the genesis to its first block.

The headers before that block are not here, and a proof that is to stand by the genesis alone needs some of them once
the founders sign no more. Members have them (`guides`). What one gives counts where the founders lead to its last step
(`evidence.committed`), and that is the very first block here, which was verified when the ledger began: so nobody can
give another way than one that whoever holds the genesis will follow too.

The file `bridge` holds it, as the committed header of the first block. Nothing waits for it but proofs; without it, and
where it is damaged, it is fetched again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Protocol

from salus.client.remote_errors import BadUpstream
from salus.cometbft.validators import Validator
from salus.core.encoding import decode
from salus.core.errors import Malformed, Refusal
from salus.evidence.committed import Committed, read_steps, verify_steps
from salus.ledger.consensus.commitfile import Step
from salus.ledger.embedded.files import Files

LOG = logging.getLogger("salus.consensus")
NAME = "bridge"
PAUSES_S = (1.0, 5.0, 30.0, 120.0, 600.0)  # before the members are asked again
ENDED_S = 2.0  # how long closing waits for the thread


class Guiding(Protocol):
    """Members who know the headers before the first one here; closed once they were asked."""

    def offered(self, height: int) -> Iterator[bytes]:
        """Yield committed headers of a height, one of each who gives one; nothing of them is verified."""
        ...

    def close(self) -> None:
        """Let go of the connections: a question under way ends."""
        ...


class Way:
    """What leads to the first block of one ledger. Methods may be called from any thread."""

    def __init__(
        self,
        network: bytes,
        founders: tuple[Validator, ...],
        folder: Path,
        files: Files,
        guides: Callable[[], Guiding] | None,
    ) -> None:
        """`founders` are the validators of the genesis; without `guides` nobody is asked, and no file is changed."""
        self._network, self._founders, self._guides = network, founders, guides
        self._path, self._files = folder / NAME, files
        self._lock, self._closing = Lock(), Event()
        self._thread: Thread | None = None
        self._asked: Guiding | None = None
        self.steps: tuple[Step, ...] = ()  # those before the first block; none until they are known

    def lead(self, height: int, block: bytes) -> None:
        """Find what leads to the first block here, of this height and hash: in the file, else a thread asks for it."""
        try:
            raw = self._files.read(self._path)
        except OSError:
            raw = None
        if raw is not None and self._taken(raw, height, block):
            return
        with self._lock:
            if self._guides is not None and self._thread is None and not self._closing.is_set():
                asking = (self._guides, height, block)
                self._thread = Thread(target=self._run, args=asking, name="ledger-bridge", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ask nobody any more."""
        self._closing.set()
        with self._lock:
            if self._asked is not None:
                self._asked.close()
        if self._thread is not None:
            self._thread.join(ENDED_S)

    def _run(self, guides: Callable[[], Guiding], height: int, block: bytes) -> None:
        failures = 0
        while not self._closing.is_set() and not self._fetched(guides, height, block):
            LOG.warning("no member leads from the genesis to the first block here", extra={"height": height})
            if self._closing.wait(PAUSES_S[min(failures, len(PAUSES_S) - 1)]):
                return
            failures += 1

    def _fetched(self, guides: Callable[[], Guiding], height: int, block: bytes) -> bool:
        with suppress(BadUpstream), closing(guides()) as asked:
            with self._lock:
                self._asked = asked
                if self._closing.is_set():
                    return False
            for raw in asked.offered(height):
                if self._taken(raw, height, block):
                    self._keep(raw, height)
                    return True
        return False

    def _taken(self, raw: bytes, height: int, block: bytes) -> bool:
        """True if these are steps from the founders to the first block here; they lead there from now on."""
        try:
            steps = read_steps(self._network, raw)
            if (steps[-1].header.height, steps[-1].hash) != (height, block):
                raise Malformed
            verify_steps(self._network, steps, self._founders)
        except Refusal as refusal:
            LOG.warning("what leads to the first block does not verify", extra={"code": refusal.code})
            return False
        self.steps = tuple(Step(*one) for one in decode(raw, Committed).steps[:-1])
        return True

    def _keep(self, raw: bytes, height: int) -> None:
        try:
            self._files.write(self._path, raw)
        except OSError:  # it is asked for again at the next opening
            LOG.warning("what leads to the first block cannot be kept", extra={"height": height})
        LOG.info("the genesis leads to the first block here", extra={"height": height, "count": len(self.steps)})
