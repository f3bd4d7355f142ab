"""A region apart in real processes: a node, servers of members, a person's own home; and how to talk to them."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Any

import httpx2
from command_line import Result
from forked_salus import forked_salus

from salus.core.encoding import decode
from salus.services.remote.addresses import Listed

WAIT_S = 90.0
FOUNDERS = (
    "north:hospital:North Hospital",
    "south:hospital:South Hospital",
    "clinic:clinic:River Clinic",
    "regulator:regulator:Health Regulator",
    "index:locator:Emergency Index",
)
CLOCKED = Path(__file__).with_name("salus_on_a_clock.py")


def until(check: Callable[[], Any], what: str = "") -> Any:
    """Return what `check` returns once it is true; it asks servers, which work by themselves meanwhile."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never came: {what}")


@dataclass
class Server:
    """A process that serves a home."""

    command: str  # node or serve
    home: Path
    ahead: Path  # a file with how many milliseconds its clock is ahead
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    url: str = ""

    def start(self) -> None:
        """Start it; `ready` waits until it answers."""
        line = [sys.executable, str(CLOCKED), str(self.ahead), self.command, "--home", str(self.home), "--json"]
        line += ["--listen", f"127.0.0.1:{self.port}"]
        errors = (self.home / "errors").open("ab")
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL)
        errors.close()

    def ready(self) -> None:
        """Wait for the line that says where it listens."""
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.home / "errors").read_text()
        self.url = json.loads(line)["url"]

    def end(self, how: int = signal.SIGTERM) -> int:
        """Signal it; return its exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return status


@dataclass
class Homes:
    """The homes, the servers of some of them, and the program that runs commands on them."""

    folder: Path
    program: Path
    ahead: Path  # of everybody's clock
    servers: dict[str, Server] = field(default_factory=dict)

    def home(self, name: str) -> Path:
        """Return the home of the node, a member or a person."""
        parts = self.folder / "parts"
        return next(path for path in (parts / name, parts / "members" / name, parts / "people" / name) if path.exists())

    def run(self, home: str | Path, *arguments: object, status: int = 0) -> Result:
        """Run a command on a home in a process of its own; check its exit status."""
        folder = home if isinstance(home, Path) else self.home(home)
        line = [str(self.program), *map(str, arguments), "--home", str(folder)]
        done = subprocess.run(line, capture_output=True, timeout=WAIT_S, check=False)
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert result.status == status, result
        return result

    def verify(self, evidence: Path, genesis: Path) -> Result:
        """Check an evidence file with nothing but a genesis."""
        line = [str(self.program), "verify", str(evidence), "--genesis", str(genesis)]
        done = subprocess.run(line, capture_output=True, timeout=WAIT_S, check=False)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def data(self, home: str | Path, *arguments: object) -> Any:
        """Return the JSON value that a command prints."""
        return self.run(home, *arguments, "--json").data

    def follow(self, name: str) -> Path:
        """Begin a home for a person, with nothing but the genesis and where the node is."""
        home, genesis = self.folder / "parts" / name, self.home("node") / "genesis.cbor"
        node = self.servers["node"].url
        self.run(home, "home", "follow", "--node", node, "--genesis", genesis, "--unattended")
        return home

    def told(self, home: str | Path, slug: str = "alma", at: str | None = None) -> list[str]:
        """Return what a person's account says happened, as the replica of her home has it."""
        which = () if at is None else ("--at", at)
        lines = self.data(home, "access", "accounting", "--as", slug, *which)["lines"]
        return [line["what"] for line in lines]

    def pass_time(self, ms: int) -> None:
        """Let everybody's clock go ahead."""
        new = self.ahead.with_suffix(".new")
        new.write_text(str(int(self.ahead.read_text()) + ms))
        new.replace(self.ahead)


def free_port() -> int:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def taken_apart(folder: Path) -> Iterator[Homes]:
    """Found a region, take it apart, serve the node and every member; all processes end with the block."""
    homes, port = Homes(folder, folder / "salus", folder / "ahead"), free_port()
    homes.ahead.write_text("0")
    with forked_salus(homes.program, homes.ahead):
        yield from _taken_apart(homes, port)


def _taken_apart(homes: Homes, port: int) -> Iterator[Homes]:
    folder = homes.folder
    members = (part for member in FOUNDERS for part in ("--member", member))
    homes.run(folder / "region", "init", "--unattended", *members)
    node = f"http://127.0.0.1:{port}"
    homes.run(folder / "region", "home", "split", "--to", folder / "parts", "--node", node)
    homes.servers["node"] = Server("node", homes.home("node"), homes.ahead, port)
    for member in FOUNDERS:
        slug = member.partition(":")[0]
        homes.servers[slug] = Server("serve", homes.home(slug), homes.ahead)
    with ExitStack() as stack:
        for server in homes.servers.values():
            stack.callback(server.end, signal.SIGKILL)
            server.start()
        for server in homes.servers.values():
            server.ready()
        until(lambda: len(listed(node)) == len(FOUNDERS), "every member's address")
        yield homes


def listed(node: str) -> tuple[bytes, ...]:
    """Return what the directory of a node lists."""
    return decode(httpx2.get(f"{node}/directory", timeout=10).content, Listed).endpoints
