"""Answers that were given lately: who lost one on the way asks again with the same bytes and gets the same one."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from salus.core.errors import Kind, Refusal

MOST_BYTES, LASTS_S = 64 * 1024 * 1024, 600.0


class AnswerUnderWay(Refusal):
    code, kind, text = 0x8040, Kind.CONFLICT, "The same request is being answered at this moment."


class Answer(NamedTuple):
    """A letter that answers. `kind` is one of `services.ports.KINDS`; the body is sealed, or says nothing."""

    kind: str
    body: bytes


class RecentAnswers:
    """Bounded in bytes and time, and in memory alone. Used from the event loop's thread."""

    def __init__(self, most_bytes: int = MOST_BYTES, now_s: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now_s = most_bytes, now_s
        self._bytes = 0
        self._kept: dict[bytes, tuple[float, Answer]] = {}  # oldest first
        self._under_way: set[bytes] = set()

    def begin(self, slug: str, package: bytes) -> tuple[bytes, Answer | None]:
        """Return (key, the answer that was given before); without one it is under way until `end`.

        Raises AnswerUnderWay.
        """
        key = sha256(slug.encode() + b"\0" + package).digest()
        self._forget(0)
        if key in self._kept:  # also where what follows the answer is still being done
            return key, self._kept[key][1]
        if key in self._under_way:
            raise AnswerUnderWay
        self._under_way.add(key)
        return key, None

    def keep(self, key: bytes, answer: Answer) -> None:
        """Keep an answer, unless it alone is larger than all that may be kept."""
        if len(answer.body) > self._most or key in self._kept:
            return
        self._forget(len(answer.body))
        self._kept[key] = self._now_s() + LASTS_S, answer
        self._bytes += len(answer.body)

    def end(self, key: bytes) -> None:
        """Say that nothing is under way any more."""
        self._under_way.discard(key)

    def _forget(self, room: int) -> None:
        """Drop what is old, and the oldest until there is room."""
        now = self._now_s()
        while self._kept:
            key, (until, answer) = next(iter(self._kept.items()))
            if until > now and self._bytes + room <= self._most:
                return
            del self._kept[key]
            self._bytes -= len(answer.body)
