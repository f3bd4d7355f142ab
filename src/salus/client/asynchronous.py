"""The same client for programs that run an event loop."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar

from salus.client.checked import Checked
from salus.client.envelopes import EnvelopeBuilder
from salus.client.http import Answer
from salus.client.program import Client, Entry
from salus.client.submission import Submitted
from salus.core.signatures import SigningKey
from salus.evidence.follow import Remembered
from salus.evidence.report import Report

Given = ParamSpec("Given")
Result = TypeVar("Result")
THREADS = 8  # requests under way at once; more wait


class AsyncClient:
    """`Client` with coroutines, which run it in a few threads of their own. An asynchronous context manager."""

    def __init__(
        self, url: str, genesis: bytes, *, authority: Path | None = None, remembered: Remembered | None = None
    ) -> None:
        """As `Client`."""
        self._client = Client(url, genesis, authority=authority, remembered=remembered)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="salus-client")
        self.network = self._client.network

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections and threads."""
        await self._run(self._client.close)
        self._pool.shutdown(wait=False)

    @property
    def remembered(self) -> Remembered | None:
        """How far this client has seen the ledger."""
        return self._client.remembered

    async def values(self, keys: Sequence[bytes]) -> Checked:
        """As `Client.values`."""
        return await self._run(self._client.values, keys)

    async def now(self) -> int:
        """As `Client.now`."""
        return await self._run(self._client.now)

    async def entry(self, index: int) -> Entry:
        """As `Client.entry`."""
        return await self._run(self._client.entry, index)

    async def builder(self) -> EnvelopeBuilder:
        """Return what builds envelopes, dated by the ledger's time as it is now."""
        now = await self.now()
        return EnvelopeBuilder(self.network, lambda: now)

    async def submit(self, member: str, *envelopes: bytes) -> Submitted:
        """As `Client.submit`."""
        return await self._run(self._client.submit, member, *envelopes)

    async def ask(
        self,
        method: str,
        path: str,
        key: SigningKey,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As `Client.ask`."""
        return await self._run(self._client.ask, method, path, key, body, headers)

    async def verify(self, evidence: bytes, witnesses: Sequence[str] = ()) -> Report:
        """As `Client.verify`."""
        return await self._run(self._client.verify, evidence, witnesses)

    async def _run(self, function: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(function, *arguments, **named))
