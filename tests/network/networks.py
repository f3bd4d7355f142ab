"""Networks of real processes: homes made by `salus network init`, their nodes brought up by `salus network up`."""

import json
import os
import random
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, rmtree
from socket import socket
from typing import Any

import httpx2

from salus.bootstrap.network.held import holding, is_held, process_of

SALUS = (sys.executable, "-m", "salus")
WAIT_S = 150.0  # machines of tests are shared
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ROLES = (("north", "hospital"), ("south", "hospital"), ("clinic", "clinic"), ("regulator", "regulator"))


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def environment(program: Path | None = None) -> dict[str, str]:
    """Return this process's environment without settings of Salus, but for the CometBFT to use."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SALUS_")}
    return kept if program is None else kept | {"SALUS_COMETBFT": str(program)}


def salus(*arguments: object, env: dict[str, str] | None = None, status: int | None = 0) -> Ran:
    """Run a command in a process of its own; check its exit status."""
    done = subprocess.run(
        [*SALUS, *map(str, arguments)], capture_output=True, timeout=WAIT_S, check=False, env=env or environment()
    )
    ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in ran.err, ran
    assert status is None or ran.status == status, ran
    return ran


def until(check: Callable[[], Any], what: str) -> Any:
    """Return what `check` returns once it is true."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"never came: {what}")


def get(url: str, timeout: float = 10) -> httpx2.Response:
    """Ask a server without TLS; who asks ten times a second has no certificates to read for it."""
    return httpx2.get(url, timeout=timeout, verify=NOBODY)


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody has, all different."""
    taken = [socket() for _ in range(count)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in taken]
    for one in taken:
        one.close()
    return ports


def free_run(count: int) -> int:
    """Return the first of so many ports in a row that nobody has, below those that connections are given (ip(7))."""
    while True:
        first = random.randrange(15_000, 32_000 - count)
        with ExitStack() as taken, suppress(OSError):
            for port in range(first, first + count):
                taken.enter_context(socket()).bind(("127.0.0.1", port))
            return first


@dataclass
class Network:
    """The homes of a network on this machine, and the process that keeps their nodes up."""

    folder: Path
    program: Path
    keeper: subprocess.Popen[bytes] | None = None

    @property
    def homes(self) -> tuple[Path, ...]:
        return tuple(sorted(path.parent for path in self.folder.glob("*/consensus.json")))

    def home(self, member: str) -> Path:
        return self.folder / member

    def up(self, *where: object) -> None:
        """Bring nodes up, all of the folder or those that `where` says, and wait until they answer."""
        place = where or ("--folder", self.folder)
        errors = (self.folder / "errors").open("ab")
        self.keeper = subprocess.Popen(
            [*SALUS, "network", "up", "--json", *map(str, place)],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            env=environment(self.program),
        )
        errors.close()
        assert self.keeper.stdout is not None
        line = self.keeper.stdout.readline()
        assert line, (self.folder / "errors").read_text() + self.logs()
        assert json.loads(line)["up"]

    def down(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the keeper; return its exit status."""
        if self.keeper is None:
            return 0
        self.keeper.send_signal(how)
        status = self.keeper.wait(WAIT_S)
        assert self.keeper.stdout is not None
        self.keeper.stdout.close()
        self.keeper = None
        return status

    def clear(self) -> None:
        """Kill whatever is left."""
        if self.keeper is not None:
            with suppress(Exception):
                self.down(signal.SIGKILL)
        for home in self.homes:
            found = holding(home)
            keeper = [found.keeper.pid] if found is not None and is_held(home) else []  # in the background, first
            for process in (*keeper, *self.processes(home)):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def processes(self, home: Path) -> list[int]:
        """Return the processes of a home that run: CometBFT's first."""
        found = holding(home)
        return [] if found is None else [one.pid for one in found.children if process_of(one.pid) == one]

    def status(self, *where: object) -> dict[str, Any]:
        """Return what `salus network status` says."""
        return salus("network", "status", "--json", *(where or ("--folder", self.folder)), status=None).data

    def run(self, member: str, *arguments: object, status: int | None = 0) -> Ran:
        """Run a command on a member's home."""
        return salus(*arguments, "--home", self.home(member), status=status)

    def logs(self) -> str:
        """Return what the processes printed last."""
        return "\n".join(f"== {path}\n{path.read_text()[-2000:]}" for path in sorted(self.folder.glob("*/logs/*.log")))


@contextmanager
def network_of(members: int, program: Path, **more: Any) -> Iterator[Network]:
    """Give a new network whose nodes are not up; whatever of it still runs at the end is killed."""
    folder = Path(tempfile.mkdtemp(prefix="salus-network-"))
    ports = free_ports(4 * members)
    planned = []
    for at, (slug, role) in enumerate(ROLES[:members]):
        p2p, rpc, metrics, listen = ports[4 * at : 4 * at + 4]
        planned.append(
            {"slug": slug, "name": f"{slug.capitalize()} of the tests", "roles": [role], "p2p": p2p, "rpc": rpc}
            | {"metrics": metrics, "listen": listen}
        )
    file = folder / "members.json"
    file.write_text(json.dumps(planned))
    network = Network(folder / "network", program)
    try:
        salus("network", "init", "--from", file, "--folder", network.folder, "--unattended", "--json")
        yield network
    finally:
        network.clear()
        rmtree(folder, ignore_errors=True)


@contextmanager
def copy_of(founded: Network) -> Iterator[Network]:
    """Give a copy of a network whose nodes were never up; its addresses are the same."""
    folder = Path(tempfile.mkdtemp(prefix="salus-network-"))
    network = Network(folder / "network", founded.program)
    try:
        copytree(founded.folder, network.folder)
        yield network
    finally:
        network.clear()
        rmtree(folder, ignore_errors=True)
