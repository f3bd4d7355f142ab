"""Where the processor time of a thread goes: functions timed by name, each without those it calls that are timed too.

What the timing itself costs is measured first and taken off; it is little beside a stage that is called once for
each resource, so what is called more often is no stage.
"""

import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, NamedTuple

_TRIALS = 5_000


class Place(NamedTuple):
    """A function as its caller finds it, and the stage that it is."""

    module: str
    name: str  # an attribute of the module, or of a class in it: Class.method
    stage: str
    waits: bool = False  # whether to count how long it waits, too


class Stages:
    """Seconds by stage, and those spent waiting: for the disk, for other threads, for a processor."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.waited = 0.0
        self._inner = [0.0]  # per open call, the time of timed calls inside it
        self._outside, self._inside = 0.0, 0.0  # what timing adds to the caller, to the timed
        self._calibrate()

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed."""
        clock, inner, seconds = time.thread_time, self._inner, self.seconds
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

        return run

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
                run = self.timed(place.stage, found)
                setattr(owner, name, self._waiting(run) if place.waits else run)
                stack.callback(setattr, owner, name, found)
            yield

    def _waiting(self, run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def waiting(*given: Any, **named: Any) -> Any:
            start, worked = time.perf_counter(), time.thread_time()
            try:
                return run(*given, **named)
            finally:
                self.waited += time.perf_counter() - start - (time.thread_time() - worked)

        return waiting

    def _calibrate(self) -> None:
        """Find out what one timed call adds to its own stage, and to that of its caller."""
        timed, whole, inside = self.timed("", _nothing), [], []
        for _ in range(_TRIALS):
            self.seconds[""] = 0.0
            start = time.thread_time()
            timed()
            whole.append(time.thread_time() - start)
            inside.append(self.seconds[""])
        del self.seconds[""]
        self._inner[:] = [0.0]
        self._inside = sorted(inside)[_TRIALS // 2]
        self._outside = sorted(whole)[_TRIALS // 2] - 2 * self._inside  # the two clocks around it are as one inside


def _nothing() -> None:
    pass
