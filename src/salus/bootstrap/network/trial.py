"""A network on one machine whose first validator is a region of this process; the others are nodes of their own.

HOME/validators/<slug>/   the home of another member's validator, served by `salus node`

For trying out: the organisations of the region are all in its home, the blocks are decided by validators in processes
of their own. The application of the first is the ledger of the region; its CometBFT is kept here, as are the others.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from salus.bootstrap.consensus import Peer, read_consensus, write_consensus
from salus.bootstrap.engine import Engine
from salus.bootstrap.founding import Parameters
from salus.bootstrap.keys import new_node
from salus.bootstrap.layout import FILES, GENESIS, MemberSpec, RegionSpec
from salus.bootstrap.network.errors import NeverHealthy
from salus.bootstrap.network.keeping import HEALTHY_S, Keeper, kept
from salus.bootstrap.network.keyfiles import make_cometbft, node_id, write_genesis
from salus.bootstrap.network.plan import BETWEEN, HERE, METRICS, P2P, RPC, Place, consensus_of
from salus.bootstrap.opening import Acting, decided
from salus.bootstrap.split import SECRET
from salus.core.signatures import SigningKey
from salus.ledger.embedded.clock import Clock
from salus.verifier.helper import Helper

VALIDATORS = "validators"
SERVED = 5  # from a member's first port to that of its Salus server
LOOK_S = 0.1


class Trial:
    """Makes the ledger of a new region (`founding.Founded`), then keeps its network; a context manager.

    `listen` is where the region's own server is to listen.
    """

    def __init__(
        self,
        spec: RegionSpec,
        validators: int,
        listen: str,
        *,
        heartbeat_ms: int,
        parameters: Parameters = (),
        first_port: int = P2P,
        program: Path | None = None,
    ) -> None:
        self.parameters = parameters
        self._heartbeat_ms, self._program = heartbeat_ms, program
        self._places = [
            _place(member, first_port + BETWEEN * at, listen if not at else None)
            for at, member in enumerate(spec.members[:validators])
        ]
        self._home: Path | None = None
        self._nodes: list[tuple[Path, SigningKey]] = []
        self._keeper: Keeper | None = None
        self._kept = ExitStack()

    @property
    def validators(self) -> int:
        """How many there are."""
        return len(self._places)

    def others(self, home: Path, passphrase: str) -> Sequence[tuple[int, SigningKey]]:
        """Make the homes and the keys of the other validators; see `founding.Founded`."""
        self._home = home
        for place in self._places[1:]:
            other = home / VALIDATORS / place.spec.slug
            FILES.create_folder(other)
            if (home / SECRET).is_file():
                FILES.write(other / SECRET, (home / SECRET).read_bytes())
            self._nodes.append((other, new_node(other, passphrase)))
        return [(at, node) for at, (_, node) in enumerate(self._nodes, 1)]

    def create(self, home: Path, genesis: bytes, node: SigningKey, clock: Clock, helper: Helper, tiles: Path) -> Engine:
        """Make CometBFT's homes, and open the ledger of the first; see `founding.Founded`."""
        made = [(home, node), *self._nodes]
        for one, key in made:
            make_cometbft(one, key)
            write_genesis(one, genesis)
        peers = [_peer(place, node_id(one)) for place, (one, _) in zip(self._places, made, strict=True)]
        for own, place, (one, _) in zip(peers, self._places, made, strict=True):
            others = tuple(peer for peer in peers if peer is not own)
            write_consensus(one, consensus_of(place, others, self._heartbeat_ms, alone=True))
        for one, _ in self._nodes:
            FILES.write(one / GENESIS, genesis)
        consensus = read_consensus(home)
        if consensus is None:
            raise AssertionError("it was written just now")
        return decided(home, genesis, consensus, clock, helper, Acting(node, tiles))

    def begin(self, height: Callable[[], int], within_s: float = HEALTHY_S) -> None:
        """Start the validators, and wait until the first block is in the region's ledger, whose `height` is asked.

        Raises what `keeping.kept` does, and NeverHealthy.
        """
        home = self._home
        if home is None:
            raise AssertionError("the region is founded first")
        homes = [home, *(one for one, _ in self._nodes)]
        self._keeper = self._kept.enter_context(kept(homes, self._program, outside=home))
        self._keeper.wait_healthy(within_s=within_s)
        until = time.monotonic() + within_s
        while height() < 1:
            if time.monotonic() >= until:
                raise NeverHealthy(self._places[0].spec.slug, home / "logs")
            time.sleep(LOOK_S)

    def pause(self) -> None:
        """End the region's own CometBFT, since its application is about to end; the others go on."""
        if self._keeper is not None and self._home is not None:
            self._keeper.pause(self._home)

    def resume(self) -> None:
        """Start it again once the region is open again."""
        if self._keeper is not None and self._home is not None:
            self._keeper.resume(self._home)

    def close(self) -> None:
        """End all of them."""
        self._kept.close()

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _peer(place: Place, node: str) -> Peer:
    return Peer(place.spec.slug, node, place.dialled, place.asked, place.url)


def _place(member: MemberSpec, first: int, listen: str | None) -> Place:
    p2p, rpc, metrics = (f"{HERE}:{first + port - P2P}" for port in (P2P, RPC, METRICS))
    served = listen or f"{HERE}:{first + SERVED}"
    return Place(member, p2p, rpc, metrics, served, p2p, f"http://{rpc}", f"http://{served}")
