"""Threads for what blocks: the vault, the ledger's disk. What waits for one is bounded, so that nothing piles up."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from salus.api.errors import Busy

Given = ParamSpec("Given")
Result = TypeVar("Result")
THREADS, MOST_WAITING = 8, 256


class Work:
    """Runs blocking functions beside the event loop. Used from the loop's thread alone."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="work")
        self._most = threads + most_waiting
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """How many functions run or wait."""
        return self._under_way

    async def run(self, function: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs) -> Result:
        """Return what `function` returns; raise Busy where too many wait already."""
        if self._under_way >= self._most:
            raise Busy
        self._under_way += 1
        try:
            known = copy_context()  # the trace that the function's own requests belong to
            call = partial(known.run, partial(function, *arguments, **named))
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Wait for what runs, take no more."""
        self._pool.shutdown()
