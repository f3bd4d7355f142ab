"""Who may work on an organisation's tasks: those that answer work side by side, what tidies up after them works alone.

What resumes interrupted work forgets tasks that the ledger does not know. One that is just being committed
looks like that, so resuming waits until nobody answers, and who answers waits while it resumes.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 0.25  # so long others that come wait too: a peer that takes its answer slowly must not hold them up


class Dealing:
    """A lock for many at once or one alone; who waits to be alone goes before others that come. Not re-entrant."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = self._waiting = 0
        self._alone = False
        self._inbox = threading.Lock()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Work while others do."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone and not self._waiting)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def inbox(self) -> Iterator[None]:
        """Work through the inbox, which two do not do at once, while others answer what came otherwise."""
        with self._inbox, self.together():
            yield

    @contextmanager
    def alone(self, patience_s: float = PATIENCE_S) -> Iterator[bool]:
        """Work while nobody else does; gives False where somebody still does after a while: then later."""
        with self._changed:
            self._waiting += 1
            try:
                free = self._changed.wait_for(lambda: not self._alone and not self._together, patience_s)
            finally:
                self._waiting -= 1
                self._changed.notify_all()
            self._alone = self._alone or free
        if not free:
            yield False
            return
        try:
            yield True
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
