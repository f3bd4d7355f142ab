"""A server on a real socket in a thread, and peers that speak bytes to it."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import uvicorn
from starlette.responses import Response, StreamingResponse

from salus.api.app import make_app
from salus.api.guard import SignedGuard
from salus.api.limits import Limits
from salus.api.listening import bind
from salus.api.operation import JSON, Call, Content, Operation
from salus.api.served import Served
from salus.api.server import Listening, make_server
from salus.api.work import Work

WAIT_S = 20.0  # after which a test has failed
QUICK = Limits(head_s=0.6, keep_alive_s=0.6, stalled_s=0.6, connections=60, connections_of_address=40)
HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /fast HTTP/1.1\r\n" + HOST + b"\r\n"


@dataclass
class Gate:
    """Handlers that wait, and what they wait for: that it opens once after they came, or that it stays open."""

    opened: int = 0
    stays_open: bool = False
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fields: list[list[tuple[bytes, bytes]]] = field(default_factory=list)

    def open(self) -> None:
        """Let through who waits now."""
        self.opened += 1

    async def wait(self) -> None:
        """Wait until it opens."""
        before = self.opened
        self.waiting.release()
        while self.opened == before and not self.stays_open:
            await asyncio.sleep(0.005)


def operations(gate: Gate) -> tuple[Operation, ...]:
    """Operations that answer at once, wait at the gate, or stream without end."""

    async def fast(call: Call) -> Response:
        gate.fields.append(list(call.request.scope["headers"]))
        return Response(call.body or b"fast", media_type="text/plain")

    async def slow(call: Call) -> Response:
        await gate.wait()
        return Response(b"slow", media_type="text/plain")

    async def endless(call: Call) -> Response:
        async def parts():
            try:
                while True:
                    yield bytes(65_536)
            finally:
                gate.waiting.release()

        return StreamingResponse(parts(), media_type="text/plain")

    async def broken(call: Call) -> Response:
        raise KeyError("canary-of-a-person")

    takes = (Content(JSON),)
    return (
        Operation("GET", "/fast", "fast", "test", "", fast, {200: None}),
        Operation("POST", "/echo", "echo", "test", "", fast, {200: None}, takes=takes, most_bytes=1_000_000),
        Operation("GET", "/slow", "slow", "test", "", slow, {200: None}),
        Operation("POST", "/hold", "hold", "test", "", slow, {200: None}, takes=takes, most_bytes=2_000_000),
        Operation("GET", "/endless", "endless", "test", "", endless, {200: None}),
        Operation("GET", "/broken", "broken", "test", "", broken, {200: None}),
    )


@dataclass
class Running:
    """A server that answers."""

    port: int
    server: uvicorn.Server
    gate: Gate
    guard: SignedGuard

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        """Open a connection from an address of this machine."""
        return socket.create_connection(("127.0.0.1", self.port), WAIT_S, (source, 0))

    def exchange(self, sent: bytes) -> bytes:
        """Send bytes; return all that comes until the connection ends."""
        with self.connect() as peer:
            peer.sendall(sent)
            return everything(peer)

    def ask(self, sent: bytes, source: str = "127.0.0.1") -> bytes:
        """Send one request; return the one answer to it."""
        with self.connect(source) as peer:
            peer.sendall(sent)
            return answer(peer)


@contextmanager
def running(limits: Limits = QUICK, listening: Listening | None = None, gate: Gate | None = None) -> Iterator[Running]:
    """Serve the operations above until the block ends."""
    gate, up = gate or Gate(), threading.Event()
    bound, work = bind(listening or Listening(port=0)), Work()
    guard = SignedGuard(lambda: bound.authorities, limits=limits)
    served = Served(b"", b"", cast(Any, None), tuple, lambda slug: None, work)
    server = make_server(make_app(served, operations(gate), guard), bound.listening, up.set, limits)
    thread = threading.Thread(target=server.run, args=([bound.socket],), daemon=True)
    thread.start()
    try:
        assert up.wait(WAIT_S)
        yield Running(bound.listening.port, server, gate, guard)
    finally:
        gate.stays_open = True
        server.should_exit = True
        thread.join(WAIT_S)
        work.close()
        assert not thread.is_alive()


def everything(peer: socket.socket) -> bytes:
    """Return all that comes until the other side ends."""
    parts = []
    while True:
        try:
            part = peer.recv(65_536)
        except ConnectionResetError:
            return b"".join(parts)
        if not part:
            return b"".join(parts)
        parts.append(part)


def answer(peer: socket.socket) -> bytes:
    """Return one answer that has a Content-Length."""
    found = b""
    while b"\r\n\r\n" not in found:
        part = peer.recv(65_536)
        if not part:
            return found
        found += part
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += peer.recv(65_536)
    return head + b"\r\n\r\n" + body


def status(found: bytes) -> int:
    """Return the status of an answer; 0 where there is none."""
    return int(found.split(b" ", 2)[1]) if found else 0


def statuses(found: bytes) -> Sequence[int]:
    """Return the statuses of several answers."""
    return [int(part.split(b" ", 1)[0]) for part in found.split(b"HTTP/1.1 ")[1:]]
