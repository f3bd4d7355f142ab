"""Post each body of a file once over kept connections, as `wrk.lua` does, where there is no wrk; says the same JSON."""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit


class Connection(asyncio.Protocol):
    """One connection: a request, its whole answer, the next request."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._got = bytearray()
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = bytes(self._got).partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) >= length:
            self._run.answered(head.split(b" ", 2)[1], time.perf_counter() - self._sent)
            self._got.clear()
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._run.ended()

    def _next(self) -> None:
        body = self._run.next()
        if body is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(body)  # type: ignore[attr-defined]


class Run:
    """What is posted, and what came back."""

    def __init__(self, url: str, path: str, media_type: str, bodies: Iterator[bytes], until: float) -> None:
        self._head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nContent-Type: {media_type}\r\n".encode()
        self._bodies, self._until = bodies, until
        self.posted = self.refused = 0
        self.seconds: list[float] = []
        self.open = 0
        self.over = asyncio.Event()

    def next(self) -> bytes | None:
        """Return the next request, None when time or bodies are over."""
        body = next(self._bodies, None) if time.perf_counter() < self._until else None
        if body is None:
            return None
        self.posted += 1
        return self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    def answered(self, status: bytes, seconds: float) -> None:
        """Note an answer."""
        self.seconds.append(seconds)
        self.refused += status != b"200"

    def ended(self) -> None:
        """Note that a connection is closed."""
        self.open -= 1
        if not self.open:
            self.over.set()


def read_bodies(path: Path) -> Iterator[bytes]:
    """Yield the bodies of a file of `http_server.write_bodies`."""
    with path.open("rb") as file:
        while head := file.read(8):
            yield file.read(int(head, 16))


async def post(
    url: str, path: str, media_type: str, bodies: Iterator[bytes], connections: int, seconds: float
) -> dict[str, int]:
    """Post for so many seconds; return the counts and times."""
    begun, place = time.perf_counter(), urlsplit(url)
    run = Run(url, path, media_type, bodies, begun + seconds)
    run.open = connections
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(run), place.hostname or "", place.port or 80)
    await run.over.wait()
    ordered = sorted(run.seconds) or [0.0]
    return {
        "posted": run.posted,
        "refused": run.refused,
        "requests": len(run.seconds),
        "duration_us": round((time.perf_counter() - begun) * 1e6),
        "p50_us": round(statistics.median(ordered) * 1e6),
        "p99_us": round(ordered[len(ordered) * 99 // 100] * 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http_client", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("path")
    parser.add_argument("media_type")
    parser.add_argument("file", type=Path)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    bodies = iter(list(read_bodies(given.file)))
    found = post(given.url, given.path, given.media_type, bodies, given.connections, given.seconds)
    print(json.dumps(asyncio.run(found)))


if __name__ == "__main__":
    main()
