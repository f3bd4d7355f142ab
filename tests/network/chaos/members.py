"""Four members of real processes whose wires can be cut, and whose programs can be others."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from network.chaos.spaces import NotPermitted, Spaces
from network.chaos.wires import Wires
from network.networks import Network, environment, network_of, salus, until
from salus.bootstrap.consensus import ConsensusFile, Trust, read_consensus, write_consensus
from salus.bootstrap.network.held import holding, process_of
from salus.bootstrap.network.keeping import Keeper
from salus.bootstrap.network.member import Member, serving_command
from salus.client.cometbft.rpc import Rpc
from salus.cometbft.header import header_hash
from salus.core.errors import Refusal

TESTS = Path(__file__).parents[2]
HEARTBEAT_MS = 3_000
SALUS, COMETBFT = "salus", "cometbft"
LOOKS = 4  # at a node that may only be slow


class Height(NamedTuple):
    """How far a node is."""

    height: int
    app_hash: bytes  # in the header of that height


@dataclass
class Node:
    """One member: its home, and the keeper of its two processes. `faults` is what its application is told to do wrong.

    `program` is its CometBFT, `settings` environment variables of both. `spaces` has the namespace in which they run.
    """

    name: str
    home: Path
    program: Path
    faults: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    keeper: Keeper | None = None
    rpc: Rpc | None = None
    spaces: Spaces | None = None

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
        program = self.program
        if self.spaces is not None:
            program = self.spaces.program(self.name, program, self.home)
        member = Member(self.home, program, environment=self._environment(), serving=self._serving)
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

    def reset(self, trust: Trust) -> None:
        """Remove what is decided, not what was signed: it begins anew, with a snapshot verified from a block."""
        block = ("--trust-height", trust.height, "--trust-hash", trust.hash)
        salus("ledger", "reset", "--home", self.home, *block, "--yes")

    def _environment(self) -> Mapping[str, str]:
        found = environment()
        paths = (str(TESTS), *filter(None, [found.get("PYTHONPATH")]))
        return found | {"PYTHONPATH": os.pathsep.join(paths), "CHAOS_FAULTS": self.faults} | self.settings

    def _serving(self, home: Path, said: ConsensusFile) -> Sequence[str]:
        command = serving_command(home, said)
        if self.faults:
            assert tuple(command[1:3]) == ("-m", "salus")
            command = (sys.executable, "-m", "network.chaos.serving", *command[3:])
        return command if self.spaces is None else (*self.spaces.within(self.name), *command)


@dataclass
class Four:
    """The network. All of it runs but what a fault has stopped."""

    network: Network
    links: Wires | Spaces
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
        """Return how far nodes are, 0 where one does not answer, asked again and again."""
        found = []
        for node in nodes or self.nodes.values():
            looks = (node.look() for _ in range(LOOKS))
            seen = next((one for one in looks if one is not None), None)
            found.append(0 if seen is None else seen.height)
        return found

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


def wire_up(network: Network, wires: Wires) -> None:
    """Let every node reach every other through a wire alone: its CometBFT, and its RPC."""
    for home, own in said_in(network).items():
        peers = []
        for peer in own.peers:
            p2p, rpc = (wires.lay(own.name, peer.name, port_of(address)) for address in (peer.p2p, peer.rpc))
            peers.append(msgspec.structs.replace(peer, p2p=f"127.0.0.1:{p2p}", rpc=f"http://127.0.0.1:{rpc}"))
        write_consensus(home, msgspec.structs.replace(own, peers=tuple(peers)))


def move_apart(network: Network, spaces: Spaces) -> None:
    """Let every node listen in its own namespace, and dial the others there."""
    for home, own in said_in(network).items():
        line, data = spaces.line(own.name), spaces.data(own.name)
        peers = tuple(
            msgspec.structs.replace(
                peer,
                p2p=f"{spaces.data(peer.name)}:{port_of(peer.p2p)}",
                rpc=f"http://{spaces.line(peer.name)}:{port_of(peer.rpc)}",
                url=f"http://{spaces.line(peer.name)}:{port_of(peer.url or '')}",
            )
            for peer in own.peers
        )
        listening = {"rpc": f"{line}:{port_of(own.rpc)}", "listen": f"{line}:{port_of(own.listen)}"}
        write_consensus(home, msgspec.structs.replace(own, p2p=f"{data}:{port_of(own.p2p)}", peers=peers, **listening))


def said_in(network: Network) -> dict[Path, ConsensusFile]:
    found = {home: read_consensus(home) for home in network.homes}
    return {home: said for home, said in found.items() if said is not None}


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def link(network: Network, *, apart: bool) -> Wires | Spaces:
    """Give the members links that can be cut: `apart` on machines of their own, where that is permitted, else wires."""
    if apart:
        try:
            spaces = Spaces([home.name for home in network.homes])
        except NotPermitted:
            pass
        else:
            move_apart(network, spaces)
            return spaces
    wires = Wires()
    wire_up(network, wires)
    return wires


@contextmanager
def four_members(program: Path, *, apart: bool = True, **settings: object) -> Iterator[Four]:
    """Give four members, up; whatever of them still runs at the end is killed. `settings` are of `consensus.json`."""
    with network_of(4, program) as network:
        for home, said in said_in(network).items():
            write_consensus(home, msgspec.structs.replace(said, heartbeat_ms=HEARTBEAT_MS, **settings))
        links = link(network, apart=apart)
        spaces = links if isinstance(links, Spaces) else None
        four = Four(
            network, links, {home.name: Node(home.name, home, program, spaces=spaces) for home in network.homes}
        )
        try:
            four.start()
            yield four
        finally:
            for node in four.nodes.values():
                node.signal(signal.SIGCONT, COMETBFT, SALUS)
                node.signal(signal.SIGKILL, COMETBFT, SALUS)
            for node in four.nodes.values():
                node.close()
            links.close()


def fsck(node: Node) -> str:
    """Check a home that is closed; return what was said unless it is sound."""
    command = [sys.executable, "-m", "salus", "fsck", "--home", str(node.home)]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False, env=environment())
    return "" if done.returncode == 0 else (done.stdout + done.stderr).decode()
