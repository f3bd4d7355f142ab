"""Where the time of one process goes: functions timed by name, each without those it calls that are timed too.

The clock is the wall's, since asking for processor time costs more than most of what is timed; so the figures are of
a process that has its processor to itself. What the timing itself costs is measured first and taken off.
"""

import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, NamedTuple

_TRIALS = 20_000


class Place(NamedTuple):
    """A function as its caller finds it, and the stage that it is."""

    module: str
    name: str  # an attribute of the module, or of a class in it: Class.method
    stage: str
    waits: str = ""  # the stage of what it waits for without a processor, for a function that is called seldom


class Stages:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]  # per open call, the time of timed calls inside it
        self._idle = 0.0  # waited so far
        self._outside, self._inside = 0.0, 0.0  # what timing adds to the caller, to the timed
        self._calibrate()

    def timed(self, stage: str, call: Callable[..., Any], waits: str = "") -> Callable[..., Any]:
        """Return the function, timed."""
        clock, inner, seconds = time.perf_counter, self._inner, self.seconds
        seconds.setdefault(stage, 0.0)

        @wraps(call)
        def run(*given: Any, **named: Any) -> Any:
            inner.append(0.0)
            start = clock()
            try:
                return call(*given, **named)
            finally:
                took = clock() - start
                seconds[stage] += took - inner.pop() - self._inside
                inner[-1] += took + self._outside

        return self._waiting(stage, waits, run) if waits else run

    def _waiting(self, stage: str, waits: str, run: Callable[..., Any]) -> Callable[..., Any]:
        """Return the timed function with what it waited taken from its stage and given to another."""
        self.seconds.setdefault(waits, 0.0)

        @wraps(run)
        def waiting(*given: Any, **named: Any) -> Any:
            idle, worked, start = self._idle, time.thread_time(), time.perf_counter()
            try:
                return run(*given, **named)
            finally:
                took = time.perf_counter() - start
                own = took - (time.thread_time() - worked) - (self._idle - idle)
                self._idle += own
                self.seconds[stage] -= own
                self.seconds[waits] += own

        return waiting

    @contextmanager
    def watching(self, places: Iterable[Place]) -> Iterator[None]:
        """Time the functions at these places meanwhile."""
        with ExitStack() as stack:
            for place in places:
                owner: Any = importlib.import_module(place.module)
                *path, name = place.name.split(".")
                for step in path:
                    owner = getattr(owner, step)
                found = owner.__dict__[name]
                setattr(owner, name, self.timed(place.stage, found, place.waits))
                stack.callback(setattr, owner, name, found)
            yield

    def _calibrate(self) -> None:
        """Find out what one timed call adds to its own stage, and to that of its caller."""
        plain, timed = _nothing, self.timed("nothing", _nothing)
        start = time.perf_counter()
        for _ in range(_TRIALS):
            plain()
        bare = time.perf_counter() - start
        start = time.perf_counter()
        for _ in range(_TRIALS):
            timed()
        whole = time.perf_counter() - start
        inside = max(0.0, self.seconds.pop("nothing") - bare / 2)  # half of a bare call is the call, half the loop
        self._inside, self._outside = inside / _TRIALS, max(0.0, whole - bare - inside) / _TRIALS
        self._inner[:] = [0.0]


def _nothing() -> None:
    pass
