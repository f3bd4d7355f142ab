"""Reading ahead: while the vault takes in one bundle, the next ones are read in a second process.

Reading (parse, check, resolve) takes as long as storing, and both are bound by the processor. Here a bundle is
read before its turn under what the vault answers now; at its turn the same questions are asked again, and where an
answer has changed (a bundle before it brought what it refers to) it is read anew. So the outcome is always that of
reading one after the other. Where the process is slow, busy or gone, the bundles are read here.
"""

import gc
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

import msgspec

from salus.fhir.bundle import BundleRefused, Transaction
from salus.fhir.reader import Given, GivenAnswers, Outcome, read_given, receive, send
from salus.fhir.references import Question, likely_questions
from salus.shapes import made
from salus.vault.shared import SharedResources

AHEAD, AHEAD_OCTETS = 6, 64 << 20  # bundles in memory at once, and when to be content with fewer
WORTH = 4 << 20  # octets waiting, below which starting a process takes longer than it saves
_GIVEN = 2  # bundles in the process's hands: one being read, one on its way
_OUTCOME = msgspec.msgpack.Decoder(made(Outcome))


class Reader:
    """A process that reads bundles; `close` ends it, and it ends when this one does."""

    def __init__(self) -> None:
        self._line, other = socket.socketpair()
        with other:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-P", "-m", "salus.fhir.reader"],  # not what lies in the working directory
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt from the keyboard is for us
            )
        self._sending, self._receiving = ThreadPoolExecutor(1), ThreadPoolExecutor(1)

    def read(self, given: Given) -> "Future[object]":
        """Give a bundle; the future holds its Outcome, or EOFError or OSError where the process died."""
        self._sending.submit(send, self._line, given)
        return self._receiving.submit(receive, self._line, _OUTCOME)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._sending.shutdown(cancel_futures=True)
        self._receiving.shutdown(cancel_futures=True)
        self._line.close()


class VaultAnswers(GivenAnswers):
    """Answers of the vault: the likely ones fetched together, others when asked for."""

    def __init__(self, shared: SharedResources, raw: bytes) -> None:
        self._shared = shared
        self.likely = ask(shared, likely_questions(raw))
        super().__init__(self.likely)

    def _find(self, question: Question) -> str | None:
        if question not in self.likely:
            self.likely[question] = self._shared.find(*question)
        return super()._find(question)


class Reading:
    """A bundle on its way: being read elsewhere, or read, or neither yet."""

    def __init__(self, shared: SharedResources, raw: bytes) -> None:
        self._shared = shared
        self.raw = raw
        self._outcome: Outcome | None = None
        self._elsewhere: Future[object] | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody reads it or has read it."""
        return self._outcome is None and self._elsewhere is None

    @property
    def given(self) -> bool:
        """Whether it is in the process's hands."""
        return self._elsewhere is not None and not self._elsewhere.done()

    def give(self, reader: Reader) -> None:
        """Have it read elsewhere."""
        answers = ask(self._shared, likely_questions(self.raw))
        self._elsewhere = reader.read(Given(self.raw, list(answers.items())))

    def read(self) -> None:
        """Read it here."""
        with uncollected():
            self._outcome = read_given(self.raw, VaultAnswers(self._shared, self.raw))

    def finish(self) -> tuple[Transaction, bytes]:
        """Return what it holds and its digest, under what the vault answers now; raise BundleRefused."""
        if self._elsewhere is not None:
            self._outcome = _outcome_of(self._elsewhere)
        if self._outcome is None or not self._still_holds(self._outcome):
            self.read()
        if self._outcome is None or self._outcome.transaction is None:
            raise BundleRefused([] if self._outcome is None else self._outcome.issues)
        return self._outcome.transaction, self._outcome.digest

    def _still_holds(self, outcome: Outcome) -> bool:
        return outcome.complete and ask(self._shared, dict(outcome.asked)) == dict(outcome.asked)


def read_ahead(shared: SharedResources, bundles: Iterable[bytes]) -> Generator[Reading, None, None]:
    """Yield each bundle at its turn, most of them read by then; whatever `bundles` raises comes at its turn too."""
    with closing(_Window(shared, bundles)) as window:
        while window.fill():
            while (spare := window.spare()) is not None:  # the first is not read: do what nobody does
                spare.read()
                window.give()
            yield window.waiting.popleft()


class _Window:
    """The bundles in memory, the first at its turn."""

    def __init__(self, shared: SharedResources, bundles: Iterable[bytes]) -> None:
        self._shared = shared
        self._source = iter(bundles)
        self._reader: Reader | None = None
        self._ended: Exception | None = None
        self.waiting: deque[Reading] = deque()

    def fill(self) -> bool:
        """Take in what there is room for, give some to the process; return whether a bundle waits."""
        while self._ended is None and len(self.waiting) < AHEAD and self._octets() < AHEAD_OCTETS:
            try:
                self.waiting.append(Reading(self._shared, next(self._source)))
            except Exception as error:  # noqa: BLE001 - whatever it is, it comes at its turn
                self._ended = error
        self.give()
        if not self.waiting and self._ended is not None and not isinstance(self._ended, StopIteration):
            raise self._ended
        return bool(self.waiting)

    def give(self) -> None:
        """Keep the process busy, but never with the first: by the time it is read there, it is here too."""
        idle = [one for position, one in enumerate(self.waiting) if position and one.idle]
        if self._reader is None and _processors() > 1 and sum(len(one.raw) for one in idle) >= WORTH:
            self._reader = Reader()
        room = _GIVEN - sum(one.given for one in self.waiting)
        if self._reader is not None:
            for one in idle[: max(0, room)]:
                one.give(self._reader)

    def spare(self) -> Reading | None:
        """Return a bundle to be read here: none while the first is read, or all are."""
        if not self.waiting[0].idle and not self.waiting[0].given:
            return None
        return next((one for one in self.waiting if one.idle), None)

    def close(self) -> None:
        """End the process."""
        if self._reader is not None:
            self._reader.close()

    def _octets(self) -> int:
        return sum(len(one.raw) for one in self.waiting)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ask(shared: SharedResources, questions: Iterable[Question]) -> dict[Question, str | None]:
    """Return what the vault answers to each question."""
    listed = list(questions)
    return dict(zip(listed, shared.find_all(listed), strict=True))


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the cycle collector away: a bundle is a tree of many objects, and walking it took a quarter more time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _outcome_of(elsewhere: "Future[object]") -> Outcome | None:
    """Return what the process said, None where it died: then the bundle is read here."""
    try:
        outcome = elsewhere.result()
    except (EOFError, OSError):
        return None
    return outcome if isinstance(outcome, Outcome) else None
