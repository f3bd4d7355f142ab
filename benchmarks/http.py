"""The gateway over HTTP: envelopes one by one and fifty together, a lone one, a release with its evidence.

Server and load tool are processes of their own on one machine. The tool is wrk with `wrk.lua` where it is installed
(Debian, Ubuntu: apt-get install wrk), else `http_client.py`, which takes several times wrk's processor time. Every
envelope is posted once and signed by another person than the one before; what landed is read from the server's own
figures, so that an answer from memory does not count. `check_cpu_us` is a signature check's time in the same run.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import http_release
from benchmarks.http_server import SLUG, TOGETHER
from salus.core.signatures import SigningKey, verify

CONNECTIONS, TOGETHER_CONNECTIONS, TOOL_THREADS = 256, 16, 2
SCRIPT = Path(__file__).parent / "wrk.lua"
PATH = f"/{SLUG}/envelopes"


class Server(NamedTuple):
    """A server that runs."""

    url: str
    pid: int
    folder: Path
    executor: int = 0  # the process that makes the blocks; 0: it is the server

    def landed(self) -> float:
        """Return how many envelopes have landed."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as page:
            lines = page.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith("salus_envelopes_total{")).split()[-1])

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of its processes."""
        return (self.pid, self.executor) if self.executor else (self.pid,)

    def cpu_s(self) -> tuple[float, float]:
        """Return the processor time of server and executor so far."""
        return _cpu_s(self.pid), _cpu_s(self.executor) if self.executor else 0.0


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(folder: Path, *more: str) -> Iterator[Server]:
    """Start a server; it ends with the block."""
    command = [sys.executable, "-m", "benchmarks.http_server", str(folder), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield Server(said["url"], process.pid, folder, said["executor"])
        finally:
            process.terminate()
            process.wait(60)


def load(served: Server, file: str, media_type: str, connections: int, seconds: int) -> dict[str, int]:
    """Post the bodies of a file; return what the tool says."""
    body = str(served.folder / file)
    if wrk := shutil.which("wrk"):
        threads = min(TOOL_THREADS, connections)
        command = [wrk, f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT), served.url, "--"]
        command += [body, media_type, PATH, str(threads)]
    else:
        command = [sys.executable, "-m", "benchmarks.http_client", served.url, PATH, media_type, body]
        command += ["--connections", str(connections), "--seconds", str(seconds)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    found: dict[str, int] = json.loads(said.splitlines()[-1])
    if found["refused"]:
        raise RuntimeError(f"{found['refused']} posts were refused")
    return found


def measured(served: Server, file: str, media_type: str, connections: int, seconds: int) -> dict[str, float]:
    """Return the rate at which envelopes landed, their processor time in the server, and the times of answers."""
    before, cpu = served.landed(), served.cpu_s()
    found = load(served, file, media_type, connections, seconds)
    landed, used = served.landed() - before, served.cpu_s()
    each = 1e6 / max(1, landed)
    return {
        "envelopes_per_s": round(landed / (found["duration_us"] / 1e6)),
        "server_cpu_us": round((used[0] - cpu[0]) * each, 1),
        "executor_cpu_us": round((used[1] - cpu[1]) * each, 1),
        "p50_ms": round(found["p50_us"] / 1000, 2),
        "p99_ms": round(found["p99_us"] / 1000, 2),
    }


def check_cpu_us() -> float:
    """Return the processor time of one signature check, now."""
    key, message = SigningKey.from_seed(bytes(32)), bytes(300)
    signature, times = key.sign(message), []
    for _ in range(20):
        start = time.process_time()
        for _ in range(100):
            verify(key.public, message, signature)
        times.append((time.process_time() - start) / 100 * 1e6)
    return round(statistics.median(times), 1)


def run(full: bool) -> dict[str, float]:
    """Return the figures; `full` posts three times as long."""
    return posted(15 if full else 5, 60 if full else 20)


def posted(seconds: int, releases: int) -> dict[str, float]:
    """Return the figures of posting for so many seconds each way, and of so many releases."""
    singles, together = 12_000 * seconds, 16_000 * seconds
    figures: dict[str, float] = {"with_wrk": float(shutil.which("wrk") is not None)}
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd()) as name:
        folder = Path(name)
        sizes = ("--singles", str(singles), "--together", str(together))
        with server(folder, *sizes) as served:
            for what, file, media_type, connections, lasts in (
                ("lone", "lone", "application/cose", 1, 2),
                ("single", "singles", "application/cose", CONNECTIONS, seconds),
                (f"by_{TOGETHER}", "together", "application/cbor", TOGETHER_CONNECTIONS, seconds),
            ):
                for figure, value in measured(served, file, media_type, connections, lasts).items():
                    figures[f"{what}_{figure}"] = value
                figures[f"{what}_check_cpu_us"] = check_cpu_us()
        figures |= http_release.measure(folder / "home", releases)
    return {f"http_{name}": value for name, value in figures.items()}
