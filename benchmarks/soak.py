"""Does a server that runs on need more memory? It is posted to, and bothered, for as long as one likes.

    python -m benchmarks.soak [--seconds 600] [--json FILE]

Persons change their sealing keys, one by one and fifty together: the keys of the state stay as many. Between them come
posts that are none, paths that are none, peers that go away in the middle, figures and the document. The server's
clock goes ten times as fast, so that ids expire. Its anonymous resident memory is read after each round once the
bounded memories are full; the medians of the first and the last third are compared.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

from benchmarks.http import PATH, Server, server
from benchmarks.http_client import post
from benchmarks.http_server import TOGETHER
from salus.contracts.accounts.messages import RotateSealKey
from salus.core.encoding import encode
from salus.core.signatures import SigningKey
from salus.testing.region import Region

KEYS = 30_000
WARM = 100_000  # envelopes until the bounded memories are full
ALLOWED = 1.10  # of the last third's median to the first's
SINGLE_S, TOGETHER_S, CONNECTIONS = 3.0, 1.0, 32
ABORTED = 20  # connections a round that end in the middle


class People:
    """Those of the server's state who sign, by keys that both sides derive."""

    def __init__(self, number: int) -> None:
        self._region = Region()
        self._number = number
        self._turns = count()

    def rotations(self, not_after: int) -> Iterator[bytes]:
        """Yield envelopes that write one key each, which is there already."""
        for turn in self._turns:
            name = (turn % self._number).to_bytes(8, "big")
            handle = sha256(b"handle" + name).digest()
            device = SigningKey.from_seed(sha256(b"device" + name).digest())
            message = RotateSealKey(handle, turn.to_bytes(32, "big"))
            yield self._region.envelope([(handle, device)], message, not_after=not_after)


def run(seconds: float) -> dict[str, float]:
    """Return the figures of a run of so many seconds."""
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd()) as name:
        more = ("--keys", str(KEYS), "--singles", "1", "--together", str(TOGETHER), "--ticking")
        with server(Path(name), *more) as served:
            return _measured(served, People(KEYS // 3), seconds)


def _measured(served: Server, people: People, seconds: float) -> dict[str, float]:
    samples: list[int] = []
    posted, begun, chance = 0, time.monotonic(), random.Random(1)
    while time.monotonic() - begun < seconds:
        posted += _round(served, people)
        _bother(served, chance)
        if posted > WARM:
            samples.append(sum(map(resident_kb, served.processes)))
    third = len(samples) // 3
    if not third:
        raise RuntimeError(f"too short: {posted} envelopes, and the memories are full after {WARM}")
    first, last = statistics.median(samples[:third]), statistics.median(samples[-third:])
    tenth = len(samples) // 10
    course = [statistics.median(samples[at * tenth : (at + 1) * tenth]) for at in range(10)] if tenth else []
    return {
        "soak_seconds": round(time.monotonic() - begun, 1),
        "soak_envelopes_count": float(posted),
        "soak_landed_count": served.landed(),
        "soak_first_third_median_kb": first,
        "soak_last_third_median_kb": last,
        "soak_most_kb": float(max(samples)),
        "soak_last_to_first_ratio": round(last / first, 4),
        **{f"soak_tenth_{at}_median_kb": value for at, value in enumerate(course)},
    }


def _round(served: Server, people: People) -> int:
    """Post for some seconds; return how many envelopes were answered."""
    with urllib.request.urlopen(f"{served.url}/ledger/status", timeout=30) as page:
        not_after = json.load(page)["time"] + 500_000
    signed = people.rotations(not_after)
    many = iter(lambda: encode(list(islice(signed, TOGETHER))), b"")
    singles = asyncio.run(post(served.url, PATH, "application/cose", signed, CONNECTIONS, SINGLE_S))
    together = asyncio.run(post(served.url, PATH, "application/cbor", many, 4, TOGETHER_S))
    if singles["refused"] or together["refused"]:
        raise RuntimeError("posts were refused")
    return singles["requests"] + TOGETHER * together["requests"]


def _bother(served: Server, chance: random.Random) -> None:
    """Ask for what is there, for what is not, and go away in the middle."""
    place, noise = urlsplit(served.url), chance.randbytes
    for path in (
        "/metrics",
        "/openapi.json",
        "/health",
        f"/{noise(8).hex()}/envelopes",
        f"/ledger/blocks/{noise(2).hex()}",
    ):
        with suppress(urllib.error.HTTPError), urllib.request.urlopen(f"{served.url}{path}", timeout=30) as page:
            page.read()
    for _ in range(ABORTED):
        slug = chance.choice(("hospital", noise(6).hex()))
        head = f"POST /{slug}/envelopes HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/cose\r\n"
        with create_connection((place.hostname, place.port or 80), 30) as peer:
            peer.sendall(f"{head}Content-Length: 400\r\n\r\n".encode() + noise(chance.choice((0, 10, 400))))


def resident_kb(pid: int) -> int:
    """Return the anonymous resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise RuntimeError("RssAnon")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    given = parser.parse_args()
    figures = run(given.seconds)
    for name, value in sorted(figures.items()):
        print(f"{name:40} {value:>14,}")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    if figures["soak_last_to_first_ratio"] > ALLOWED:
        raise SystemExit("the memory grows with the requests")


if __name__ == "__main__":
    main()
