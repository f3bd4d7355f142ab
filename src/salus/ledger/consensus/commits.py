"""Committed headers of the own chain: fetched from CometBFT, verified, and kept beside the blocks.

When a block is decided nobody shows the application the votes for it. CometBFT has them, and drops them when it prunes;
a proof needs them for as long as anybody keeps it. So a thread fetches them, a moment later, height by height.
"""

import logging
from collections.abc import Callable
from functools import partial
from threading import Condition, Event, Thread

import msgspec

from salus.cometbft.header import header_hash
from salus.cometbft.proto.types_pb2 import Header
from salus.cometbft.reading import read
from salus.cometbft.validators import validators
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.evidence.committed import FORMAT, Committed, committed, signers
from salus.evidence.header import SignedHeader, Validators, read_header
from salus.ledger.consensus.bridges import bridged
from salus.ledger.consensus.commitfile import CommitFile, Step
from salus.ledger.consensus.errors import DamagedCommits, NoVotes, OtherCommit
from salus.ledger.consensus.ports import Votes
from salus.ledger.consensus.way import Way
from salus.ledger.errors import LedgerStopped
from salus.machine.base import UNKNOWN

LOG = logging.getLogger("salus.consensus")
MOST_AT_ONCE = 64  # commits that are made durable together, when there is much to catch up with
ANSWERED_S, ENDED_S = 2.0, 2.0  # how long closing waits for an answer, and then for the thread
PAUSES_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)  # before a node that did not answer is asked again


class Commits:
    """Owns the thread that collects. Methods may be called from any thread.

    `header` returns the decided header of a height that is kept here, `heights` after which one they begin and with
    which they end, `founders` are the validators of the genesis: whom a reader of a committed header trusts to begin
    with. `way` leads from them to the first of these commits, where that is not of the first block.
    """

    def __init__(
        self,
        network: bytes,
        file: CommitFile,
        votes: Votes | None,
        founders: Validators,
        heights: Callable[[], tuple[int, int]],
        header: Callable[[int], SignedHeader],
        way: Way | None = None,
    ) -> None:
        self._network, self._file, self._votes, self._founders = network, file, votes, founders
        self._heights, self._header, self._way = heights, header, way
        self._changed = Condition()  # guards the file
        self._closing, self._due = Event(), Event()
        self.trouble: Callable[[], Refusal] | None = None
        self._thread: Thread | None = None
        self._lead()
        if votes is not None:
            self._due.set()  # an earlier process may have left some
            self._thread = Thread(target=self._run, args=(votes,), name="ledger-commits", daemon=True)
            self._thread.start()

    @property
    def height(self) -> int:
        """Up to which height the votes are kept here."""
        with self._changed:
            return self._file.height

    def wake(self) -> None:
        """Say that there is another block."""
        self._due.set()

    def committed(self, height: int) -> bytes | None:
        """Return the committed header of a height, None where the votes are not here; raises NoBridge."""
        with self._changed:
            if not height or not self._file.first <= height <= self._file.height:
                return None
            founders = validators(self._founders.values())
            way = () if self._way is None else self._way.steps
            return bridged(self._network, founders, self._file.get, self._file.first, height, way)

    def wait(self, height: int, timeout_s: float) -> bytes:
        """Return the committed header of a height, waiting for it; raises NoVotes, NoBridge."""
        with self._changed:
            self._changed.wait_for(lambda: self._file.height >= height or self._closing.is_set(), timeout_s)
        found = self.committed(height)
        if found is None:
            raise NoVotes
        return found

    def close(self) -> None:
        """Collect no more. A thread that waits for CometBFT ends when that answers."""
        self._closing.set()
        self._due.set()
        with self._changed:
            self._changed.notify_all()
        if self._votes is not None and self._thread is not None:
            self._thread.join(ANSWERED_S)
            self._votes.close()  # a question that is still under way ends with that
            self._thread.join(ENDED_S)
        if self._way is not None:
            self._way.close()
        with self._changed:
            self._file.close()

    def _run(self, votes: Votes) -> None:
        failures = 0
        while not self._closing.is_set():
            self._due.wait()
            self._due.clear()
            try:
                while not self._closing.is_set() and self._collect(votes):
                    failures = 0
            except OtherCommit:
                self._stop(OtherCommit)
            except DamagedCommits as damage:
                self._stop(partial(DamagedCommits, damage.offset, damage.what))
            except (Refusal, LookupError, OSError):
                if self._closing.wait(PAUSES_S[min(failures, len(PAUSES_S) - 1)]):
                    return
                failures += 1
                self._due.set()

    def _stop(self, trouble: Callable[[], Refusal]) -> None:
        """Collect no more, and say why: no more headers are proved from now on."""
        LOG.error("collecting votes stopped", extra={"code": trouble().code})
        self.trouble = trouble
        self._closing.set()

    def _collect(self, votes: Votes) -> bool:
        """Fetch what is missing; False where nothing is."""
        gone, newest = self._heights()
        with self._changed:
            start = max(gone, self._file.height) + 1
        steps: list[tuple[int, Step]] = []
        try:
            for height in range(start, min(newest, start + MOST_AT_ONCE - 1) + 1):
                step = self._fetch(votes, height)
                steps.append((height, step))
        finally:
            if steps:
                self._keep(steps)
        return bool(steps)

    def _keep(self, steps: list[tuple[int, Step]]) -> None:
        with self._changed:
            if self._closing.is_set():
                raise LedgerStopped
            begun = self._file.height > 0
            try:
                self._file.append(steps)
            except OSError:
                self._file.cut()
                raise
            self._changed.notify_all()
        if not begun:
            self._lead()

    def _lead(self) -> None:
        """Have the way found that leads to the first of these commits."""
        with self._changed:
            first = self._file.first
            if self._way is None or first <= 1:
                return
            block = header_hash(read(self._file.get(first).header, Header))
        self._way.lead(first, block)

    def _fetch(self, votes: Votes, height: int) -> Step:
        """Return header, commit and validators of a height; raise OtherCommit unless they are of the block kept here.

        The votes must be those of the validators that the header names; that it names the right ones, its hash says,
        which the validators had decided.
        """
        raw = committed(self._network, [(*votes.commit(height), votes.validators(height))])
        found = read_header(self._network, raw, signers(self._network, raw))
        known = self._header(height)
        said = msgspec.structs.replace(known.header, format=FORMAT)
        if said.previous == UNKNOWN:  # the first after a state from elsewhere
            said = msgspec.structs.replace(said, previous=found.header.previous)
        if found.hash != known.hash or found.header != said:
            raise OtherCommit
        return Step(*decode(raw, Committed).steps[0])
