"""Wires between members: every byte from one node to another passes here, and can be stopped.

`lay` gives a port of this machine that leads from one member to a port of another. A wire that is cut `silent`ly
delivers nothing, and nobody is told: bytes wait, as behind a router that lost its way, and go on when it is healed.
One that is cut by `reset` breaks what is open and refuses what is new.
"""

import asyncio
from collections.abc import Collection, Iterable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Literal

Pair = frozenset[str]
How = Literal["silent", "reset"]
CHUNK = 64 * 1024


class Wires:
    """Owns a thread with an event loop. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="wires", daemon=True)
        self._thread.start()
        self._open: dict[Pair, asyncio.Event] = {}
        self._reset: set[Pair] = set()
        self._writers: dict[asyncio.StreamWriter, Pair] = {}
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def lay(self, one: str, other: str, port: int) -> int:
        """Return a port of 127.0.0.1 that leads `one` to `port` of `other`."""
        return self._run(self._lay(frozenset((one, other)), port))

    def cut(self, pairs: Iterable[Collection[str]], how: How) -> None:
        """Cut all wires between the members of each pair, in both directions."""
        self._run(self._cut([frozenset(pair) for pair in pairs], how))

    def heal(self) -> None:
        """Let everything through again."""
        self._run(self._heal())

    def close(self) -> None:
        """Close everything."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: "asyncio.coroutines.Coroutine[object, object, object]") -> "object":
        done: Future[object] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(30)

    async def _lay(self, pair: Pair, port: int) -> int:
        self._open.setdefault(pair, asyncio.Event()).set()

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            with suppress(OSError, asyncio.CancelledError):
                await self._carry(pair, port, reader, writer)

        server = await asyncio.start_server(accepted, "127.0.0.1", 0)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _carry(self, pair: Pair, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends."""
        self._writers[writer] = pair
        far: asyncio.StreamWriter | None = None
        try:
            await self._open[pair].wait()
            if pair in self._reset:
                return
            back, far = await asyncio.open_connection("127.0.0.1", port)
            self._writers[far] = pair
            both = [asyncio.ensure_future(self._pipe(pair, *ends)) for ends in ((reader, far), (back, writer))]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        finally:
            for one in (writer, far):
                if one is not None:
                    self._writers.pop(one, None)
                    one.transport.abort()

    async def _pipe(self, pair: Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gate = self._open[pair]
        while data := await reader.read(CHUNK):
            await gate.wait()
            writer.write(data)
            await writer.drain()

    async def _cut(self, pairs: list[Pair], how: How) -> None:
        for pair in pairs:
            if how == "silent":
                self._open[pair].clear()
            else:
                self._reset.add(pair)
        for writer, pair in list(self._writers.items()):
            if pair in self._reset:
                writer.transport.abort()

    async def _heal(self) -> None:
        self._reset.clear()
        for gate in self._open.values():
            gate.set()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
