"""Peers of a server that take their time: heads and bodies that trickle, answers that are hardly read, idle ones."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

HEADS, BODIES, READERS, IDLE = 67, 67, 66, 1_000
PAUSE_S = 0.25  # between two bytes
ENDS_S = 30.0
HOST = b"Host: 127.0.0.1:%d\r\n"
ASKED = 24  # answers that a reader asks for at once, far more than the buffers between hold


class SlowPeers:
    """As many of each kind as stand above, all the time: whoever is ended begins anew, from addresses of its kind.

    `ended` counts, by kind and status of the server's last word, connections that the server ended.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.up: Counter[str] = Counter()
        self.ended: Counter[tuple[str, int]] = Counter()
        self.octets = 0  # that readers took
        self._stop = Event()

    def run(self) -> None:
        """Run until `stop`."""
        asyncio.run(self._run())

    def stop(self) -> None:
        """End all of them."""
        self._stop.set()

    async def _run(self) -> None:
        kinds: list[tuple[str, int, Callable[[socket.socket], Awaitable[bytes]]]] = [
            ("head", HEADS, self._head),
            ("body", BODIES, self._body),
            ("reader", READERS, self._reader),
            ("idle", IDLE, self._idle),
        ]
        tasks = [
            asyncio.create_task(self._again(kind, f"127.0.{at}.{2 + number % 4}", act))
            for at, (kind, count, act) in enumerate(kinds)
            for number in range(count)
        ]
        while not self._stop.is_set():
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _again(self, kind: str, address: str, act: Callable[[socket.socket], Awaitable[bytes]]) -> None:
        while True:
            with socket.socket() as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                peer.setblocking(False)
                peer.bind((address, 0))
                await asyncio.get_running_loop().sock_connect(peer, ("127.0.0.1", self._port))
                self.up[kind] += 1
                try:
                    last = await act(peer)
                except OSError:
                    last = b""
                finally:
                    self.up[kind] -= 1
            self.ended[kind, int(last.split(b" ", 2)[1]) if last.startswith(b"HTTP/1.1 ") else 0] += 1

    async def _head(self, peer: socket.socket) -> bytes:
        return await self._trickle(peer, b"GET /health HTTP/1.1\r\n", b"X-More: 1\r\n")

    async def _body(self, peer: socket.socket) -> bytes:
        head = b"POST /north/envelopes HTTP/1.1\r\n" + HOST % self._port
        head += b"Content-Type: application/cose\r\nContent-Length: 60000\r\n\r\n"
        return await self._trickle(peer, head, b"x" * 16)

    async def _trickle(self, peer: socket.socket, first: bytes, more: bytes) -> bytes:
        """Send a little now and then until the server says something; return that."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(peer, first)
        said = asyncio.ensure_future(loop.sock_recv(peer, 4_096))
        try:
            while not said.done():
                await loop.sock_sendall(peer, more)
                await asyncio.wait((said,), timeout=PAUSE_S)
            return said.result()
        finally:
            said.cancel()

    async def _reader(self, peer: socket.socket) -> bytes:
        """Ask for much, and take a few bytes at a time."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(peer, (b"GET /openapi.json HTTP/1.1\r\n" + HOST % self._port + b"\r\n") * ASKED)
        while part := await loop.sock_recv(peer, 512):
            self.octets += len(part)
            await asyncio.sleep(PAUSE_S)
        return b""

    async def _idle(self, peer: socket.socket) -> bytes:
        """Ask once, and then nothing."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(peer, b"GET /health HTTP/1.1\r\n" + HOST % self._port + b"\r\n")
        first = await loop.sock_recv(peer, 4_096)
        assert first.startswith(b"HTTP/1.1 200 ")
        self.up["answered"] += 1
        try:
            while await loop.sock_recv(peer, 4_096):  # the rest of that answer, and the end
                pass
            return b""
        finally:
            self.up["answered"] -= 1


@contextmanager
def slow_peers(port: int) -> Iterator[SlowPeers]:
    """Have them all at a server while the block runs."""
    peers = SlowPeers(port)
    thread = Thread(target=peers.run, name="slow-peers")
    thread.start()
    try:
        yield peers
    finally:
        peers.stop()
        thread.join(ENDS_S)
        assert not thread.is_alive()
