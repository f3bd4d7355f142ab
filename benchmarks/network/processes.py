"""Processes of a benchmark's networks: started, waited for, ended, their processor time and memory read."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple

HERE = Path(__file__).parent
GRACE_S, STARTED_S = 10, 90
_TICKS = os.sysconf("SC_CLK_TCK")


class Running(NamedTuple):
    """A process that runs."""

    pid: int

    def cpu_s(self) -> float:
        """Return its processor time so far, and that of its children, ended or not (the verifier is one)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        children = {
            int(child)
            for thread in Path(f"/proc/{self.pid}/task").iterdir()
            for child in (thread / "children").read_text().split()
        }
        return sum(map(int, fields[11:15])) / _TICKS + sum(Running(child).cpu_s() for child in children)

    def resident_mib(self) -> float:
        """Return how much memory it holds."""
        line = next(one for one in Path(f"/proc/{self.pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


class Node(NamedTuple):
    """A node of a network: the address of its RPC, and its processes by name."""

    url: str
    processes: dict[str, Running]


class Missing(Exception):
    """A tool that the benchmark needs is not here; says what to do."""


def go() -> str:
    """Return the path of Go; raises Missing."""
    found = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if found is None:
        raise Missing("Go is not installed: the rivals and the load tool are built with it")
    return found


def built(module: str, *flags: str) -> Path:
    """Build a Go module of this folder into .tools/bin; return the program."""
    target = Path.cwd() / ".tools/bin" / f"benchmark-{module}"
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([go(), "build", *flags, "-o", str(target), "."], cwd=HERE / module, check=True)
    return target


def installed(package: str, version: str, *flags: str) -> Path:
    """Install a Go program in a version, once; return it."""
    folder = Path.cwd() / ".tools/bin"
    target = folder / f"{package.rpartition('/')[2]}-{version}"
    if not target.is_file():
        environment = os.environ | {"GOBIN": str(folder / "new")}
        subprocess.run([go(), "install", *flags, f"{package}@{version}"], env=environment, check=True)
        (folder / "new" / package.rpartition("/")[2]).replace(target)
    return target


def free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago."""
    sockets = [socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def started(folder: Path, commands: Sequence[tuple[str, Sequence[str]]]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Start commands, each with its output in a file of the folder; all end with the block, the last one first."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in commands:
            with (folder / f"{name}.log").open("ab") as log:
                processes.append(subprocess.Popen(list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        yield processes
    finally:
        for process in reversed(processes):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in reversed(processes):
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(nodes: Sequence[Node], holds: Callable[[Node], bool], what: str) -> None:
    """Wait until something holds of every node; raises TimeoutError."""
    until = time.monotonic() + STARTED_S
    for node in nodes:
        while not _now(holds, node):
            if time.monotonic() > until:
                raise TimeoutError(what)
            time.sleep(0.1)


def _now(holds: Callable[[Node], bool], node: Node) -> bool:
    try:
        return holds(node)
    except (OSError, KeyError, ValueError):  # it does not answer yet
        return False


def call(url: str, method: str, params: Any) -> Any:
    """Return the result of one JSON-RPC call; raises OSError, KeyError where it is refused."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["result"]


def write(file: Path, transactions: Iterable[tuple[bytes, int]]) -> None:
    """Write transactions with their weights as the load tool reads them."""
    with file.open("wb") as written:
        for raw, weight in transactions:
            written.write(len(raw).to_bytes(4, "big") + weight.to_bytes(4, "big") + raw)


def offered(
    load: Path, chain: str, urls: Sequence[str], file: Path, rate: float, seconds: float, connections: int = 16
) -> dict[str, float]:
    """Let the load tool offer what a file holds; return what it says."""
    command = [str(load), "-chain", chain, "-urls", ",".join(urls), "-file", str(file), "-rate", str(rate)]
    command += ["-seconds", str(seconds), "-connections", str(connections)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 120)
    if said.returncode:
        raise RuntimeError(said.stderr)
    found: dict[str, float] = json.loads(said.stdout)
    return found
