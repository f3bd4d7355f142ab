"""Keeping members' nodes up: all of a folder on one machine, or one home; and ending them."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from salus.api.listening import read_address
from salus.bootstrap.consensus import FILE, ConsensusFile, read_consensus
from salus.bootstrap.layout import BACKUP
from salus.bootstrap.network.binary import find_cometbft, version_of
from salus.bootstrap.network.errors import NeverHealthy, NoConsensusHome, NotAlone, NotUp, PortTaken
from salus.bootstrap.network.held import end_all, gone, holding, is_held
from salus.bootstrap.network.member import APPLICATION_GRACE_S, COMETBFT_GRACE_S, Member

TICK_S = 0.1
HEALTHY_S = 120.0  # so long a node may take to come up; state sync and replay go on in the background
ENDED_S = APPLICATION_GRACE_S + COMETBFT_GRACE_S + 10


def homes_in(folder: Path) -> tuple[Path, ...]:
    """Return the homes of a network in a folder, or the one that it is, with others within; raise NoConsensusHome.

    A backup that lies beside them is none: who ran it would run a member twice.
    """
    own = [folder] if (folder / FILE).is_file() else []
    found = (path.parent for pattern in ("*", "validators/*") for path in folder.glob(f"{pattern}/{FILE}"))
    inside = sorted(home for home in found if not (home / BACKUP).exists())
    if not own and not inside:
        raise NoConsensusHome
    return (*own, *inside)


def said_by(home: Path) -> ConsensusFile:
    """Return what the home's consensus.json says; raise NoConsensusHome, BadConsensus."""
    found = read_consensus(home)
    if found is None:
        raise NoConsensusHome
    return found


def served_at(consensus: ConsensusFile) -> str:
    """Return the URL of a home's Salus server, as others reach it."""
    scheme = "http" if consensus.certificate is None else "https"
    return consensus.url or f"{scheme}://{consensus.listen}"


class Keeper:
    """Members whose processes are kept running by a thread, between `start` and `close`."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(members)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait_healthy(self, ended: threading.Event | None = None, within_s: float = HEALTHY_S) -> bool:
        """Wait until every node is up; return False where `ended` was set before.

        Raises NeverHealthy, and at once why a node is not started anew any more (Halted).
        """
        until = time.monotonic() + within_s
        while True:
            with self._lock:
                ill = [member for member in self.members if not member.healthy()]
            if not ill:
                return True
            for halt in filter(None, (member.halting.halt for member in ill)):
                if halt.given_up:
                    raise halt.refusal
            if ended is not None and ended.is_set():
                return False
            if time.monotonic() >= until:
                raise NeverHealthy(ill[0].name, ill[0].home / "logs")
            time.sleep(TICK_S)

    def pause(self, home: Path) -> None:
        """End CometBFT of a home whose application somebody else is about to end."""
        with self._lock:
            for member in self.members:
                if member.home == home.absolute():
                    member.pause()

    def resume(self, home: Path) -> None:
        """Keep it running again."""
        with self._lock:
            for member in self.members:
                if member.home == home.absolute():
                    member.resume()

    def close(self) -> None:
        """End everything, every CometBFT before any application."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self._lock, ExitStack() as ending:
            for member in self.members:
                ending.callback(member.close)
            for member in self.members:
                if member.cometbft is not None:
                    member.cometbft.end()
            for member in self.members:
                member.pause()
            for member in self.members:
                if member.application is not None:
                    member.application.end()

    def _run(self) -> None:
        while not self._ended.wait(TICK_S):
            for member in self.members:
                with self._lock, suppress(OSError):  # a disk that is full for a while
                    member.step()


@contextmanager
def kept(
    homes: Sequence[Path],
    program: Path | None = None,
    *,
    outside: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Keeper]:
    """Keep the nodes of some homes of this machine while the block runs.

    `program` is CometBFT, found where it is not named; of the home `outside` somebody else keeps the application.
    Raises NoCometBFT, UntestedCometBFT, AlreadyUp, PortTaken, OtherChain, SignStateGone, NotAlone.
    """
    found = None
    if any(said_by(home).has_node for home in homes):
        found = find_cometbft(program)
        version_of(found)
    if len(homes) > 1 and not all(said_by(home).one_machine for home in homes):
        raise NotAlone
    with ExitStack() as held:
        members = []
        for home in homes:
            member = Member(home, found, outside=home == outside, environment=environment)
            undo = held.enter_context(ExitStack())
            undo.callback(member.close)
            members.append((member, undo))
        for member, _ in members:
            check_ports(member.consensus, served=member.application is not None)
        for _, undo in members:
            undo.pop_all()
        keeper = Keeper([member for member, _ in members])
        held.callback(keeper.close)
        keeper.start()
        yield keeper


def check_ports(consensus: ConsensusFile, *, served: bool = True) -> None:
    """Raise PortTaken where another process listens at an address that a node is to listen at."""
    wanted = [consensus.p2p, consensus.rpc, consensus.metrics] if consensus.has_node else []
    for address in (*wanted, *([consensus.listen] if served else [])):
        family, kind, proto, _, place = socket.getaddrinfo(*read_address(address), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(place)
                tried.listen()
            except OSError:
                raise PortTaken(address) from None


def is_running(home: Path) -> bool:
    """True if somebody runs the home's node, or one who was killed left a process of it."""
    found = holding(home)
    return is_held(home) or (found is not None and not gone(found.children, 0))


def stop_home(home: Path, within_s: float = ENDED_S) -> None:
    """End whoever runs a home's node, and what a keeper that was killed left running; raise NotUp."""
    found = holding(home)
    if is_held(home) and found is not None:
        end_all([found.keeper], within_s)
        left = holding(home)
        end_all(() if left is None else left.children)
        return
    if found is None or gone(found.children, 0):
        raise NotUp
    end_all(found.children)
