"""Hears of new blocks: a hint to look, from whichever node tells it. What the block is, who looks finds out."""

from collections.abc import Sequence
from threading import Event, Thread

from salus.client.cometbft.rpc import Rpc
from salus.client.cometbft.subscription import NEW_HEADER
from salus.core.errors import Refusal

POLL_S = 0.2  # while no node tells anything, who waits is to look by itself
APART_S = 0.02  # between two hints, however many a node tells
PAUSE_S = 1.0  # before the next node is asked to tell
SILENT_S = 90.0  # a node that tells nothing for so long is left for the next: a network makes empty blocks oftener
STEP_S = 0.5


class News:
    """A thread that keeps a subscription at one of `rpcs`, which stay their owner's. For one who waits."""

    def __init__(self, rpcs: Sequence[Rpc]) -> None:
        self._rpcs = tuple(rpcs)
        self._told, self._closing = Event(), Event()
        self.hearing = False  # a node has promised to tell
        self._thread = Thread(target=self._run, name="ledger-news", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for news; True if they came. Shorter where nobody tells any: look then, and wait again."""
        came = self._told.wait(timeout_s if self.hearing else min(timeout_s, POLL_S))
        self._told.clear()
        return came

    def close(self) -> None:
        """Hear no more; who waits goes on."""
        self._closing.set()
        self._told.set()
        self._thread.join()

    def _run(self) -> None:
        turn = 0
        while not self._closing.is_set():
            try:
                self._hear(self._rpcs[turn % len(self._rpcs)])
            except Refusal:
                self._closing.wait(PAUSE_S)
            finally:
                self.hearing = False
            turn += 1

    def _hear(self, rpc: Rpc) -> None:
        """Pass on what one node tells, until it is silent for long."""
        with rpc.subscribe(NEW_HEADER) as events:
            self.hearing = True
            self._told.set()  # what came before is not told
            silent_s = 0.0
            while silent_s < SILENT_S and not self._closing.is_set():
                if events.next(STEP_S) is None:
                    silent_s += STEP_S
                    continue
                silent_s = 0.0
                self._told.set()
                self._closing.wait(APART_S)
