"""Four members of real processes whose wires can be cut, and whose programs can be others."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from network.chaos.wires import Wires
from network.networks import Network, environment, network_of, until
from salus.bootstrap.consensus import ConsensusFile, Trust, cometbft_home, read_consensus, write_consensus
from salus.bootstrap.network.held import holding, process_of
from salus.bootstrap.network.keeping import Keeper
from salus.bootstrap.network.member import Member, serving_command
from salus.client.cometbft.rpc import Rpc
from salus.cometbft.header import header_hash
from salus.core.errors import Refusal

TESTS = Path(__file__).parents[2]
HEARTBEAT_MS = 3_000
SALUS, COMETBFT = "salus", "cometbft"


class Height(NamedTuple):
    """How far a node is."""

    height: int
    app_hash: bytes  # in the header of that height


@dataclass
class Node:
    """One member: its home, and the keeper of its two processes. `faults` is what its application is told to do wrong.

    `program` is its CometBFT, `settings` environment variables of both.
    """

    name: str
    home: Path
    program: Path
    faults: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    keeper: Keeper | None = None
    rpc: Rpc | None = None

    @property
    def said(self) -> ConsensusFile:
        found = read_consensus(self.home)
        assert found is not None
        return found

    @property
    def url(self) -> str:
        return f"http://{self.said.listen}"

    def start(self) -> None:
        """Begin to keep the two processes running."""
        if self.rpc is None:
            self.rpc = Rpc(f"http://{self.said.rpc}", read_s=3)
        member = Member(self.home, self.program, environment=self._environment(), serving=self._serving)
        self.keeper = Keeper([member])
        self.keeper.start()

    def stop(self) -> None:
        """End both processes; nothing where they do not run."""
        if self.keeper is not None:
            self.keeper.close()
            self.keeper = None

    def close(self) -> None:
        self.stop()
        if self.rpc is not None:
            self.rpc.close()
            self.rpc = None

    def healthy(self) -> bool:
        """True if both processes run, and answer."""
        return self.keeper is not None and self.keeper.members[0].healthy() and self.look() is not None

    def pid(self, what: str) -> int | None:
        """Return the id of one of the processes, None where it does not run."""
        found = holding(self.home)
        for one in () if found is None else found.children:
            if process_of(one.pid) == one:
                words = Path(f"/proc/{one.pid}/cmdline").read_bytes().split(b"\0")
                if (Path(os.fsdecode(words[0])).name.startswith(COMETBFT)) == (what == COMETBFT):
                    return one.pid
        return None

    def signal(self, number: signal.Signals, *what: str) -> list[int]:
        """Send a signal to processes, as far as they run; return their ids."""
        sent = []
        for one in what:
            pid = self.pid(one)
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                    sent.append(pid)
        return sent

    def look(self) -> Height | None:
        """Return how far its CometBFT is, None where it does not answer."""
        if self.rpc is None:
            return None
        try:
            found = self.rpc.status(tries=1)
        except Refusal:
            return None
        return Height(found.height, found.app_hash)

    def log(self, what: str) -> str:
        """Return what one of the processes printed."""
        path = self.home / "logs" / f"{what}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wipe(self, trust: Trust | None) -> None:
        """Remove what is decided, not what was signed: it begins anew, with a snapshot where `trust` names a block."""
        shutil.rmtree(self.home / "ledger")
        shutil.rmtree(cometbft_home(self.home) / "data")
        write_consensus(self.home, msgspec.structs.replace(self.said, trust=trust))

    def _environment(self) -> Mapping[str, str]:
        return environment() | {"PYTHONPATH": str(TESTS), "CHAOS_FAULTS": self.faults} | self.settings

    def _serving(self, home: Path, said: ConsensusFile) -> Sequence[str]:
        command = serving_command(home, said)
        if not self.faults:
            return command
        assert tuple(command[1:3]) == ("-m", "salus")
        return (sys.executable, "-m", "network.chaos.serving", *command[3:])


@dataclass
class Four:
    """The network. All of it runs but what a fault has stopped."""

    network: Network
    wires: Wires
    nodes: dict[str, Node]

    def others(self, *names: str) -> list[Node]:
        return [node for name, node in self.nodes.items() if name not in names]

    def start(self) -> None:
        for node in self.nodes.values():
            node.start()
        self.wait_healthy()

    def wait_healthy(self) -> None:
        until(lambda: all(node.healthy() for node in self.nodes.values()), "all nodes healthy" + self.state())

    def stop(self) -> None:
        for node in self.nodes.values():
            node.stop()

    def heights(self, *nodes: Node) -> list[int]:
        """Return how far nodes are, 0 where one does not answer."""
        found = [node.look() for node in nodes or self.nodes.values()]
        return [0 if one is None else one.height for one in found]

    def agreed(self) -> Height:
        """Wait until all nodes are at one height with one app hash; return it."""

        def look() -> Height | None:
            found = {node.look() for node in self.nodes.values()}
            (first, *rest) = found
            return first if not rest else None

        return until(look, "one height and app hash at all members")

    def trust(self, by: Node) -> Trust:
        """Return the newest block of a node, to begin with."""
        assert by.rpc is not None
        header, _ = by.rpc.commit()
        return Trust(header.height, header_hash(header).hex())

    def state(self) -> str:
        return "".join(f"\n{name}: {node.look()}" for name, node in self.nodes.items())

    def logs(self) -> str:
        """Return what the processes printed last."""
        return self.network.logs()


def wire_up(network: Network, wires: Wires, **more: object) -> None:
    """Let every node reach every other through a wire alone: its CometBFT, and its RPC."""
    said = {home.name: read_consensus(home) for home in network.homes}
    for home in network.homes:
        own = said[home.name]
        assert own is not None
        peers = []
        for peer in own.peers:
            p2p, rpc = (
                wires.lay(own.name, peer.name, int(address.rpartition(":")[2])) for address in (peer.p2p, peer.rpc)
            )
            peers.append(msgspec.structs.replace(peer, p2p=f"127.0.0.1:{p2p}", rpc=f"http://127.0.0.1:{rpc}"))
        write_consensus(home, msgspec.structs.replace(own, peers=tuple(peers), heartbeat_ms=HEARTBEAT_MS, **more))


@contextmanager
def four_members(program: Path, **more: object) -> Iterator[Four]:
    """Give four members, up; whatever of them still runs at the end is killed."""
    wires = Wires()
    try:
        with network_of(4, program) as network:
            wire_up(network, wires, **more)
            four = Four(network, wires, {home.name: Node(home.name, home, program) for home in network.homes})
            try:
                four.start()
                yield four
            finally:
                for node in four.nodes.values():
                    node.signal(signal.SIGCONT, COMETBFT, SALUS)
                    node.signal(signal.SIGKILL, COMETBFT, SALUS)
                for node in four.nodes.values():
                    node.close()
    finally:
        wires.close()


def fsck(node: Node) -> str:
    """Check a home that is closed; return what was said unless it is sound."""
    command = [sys.executable, "-m", "salus", "fsck", "--home", str(node.home)]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False, env=environment())
    return "" if done.returncode == 0 else (done.stdout + done.stderr).decode()
