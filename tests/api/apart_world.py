"""A region taken apart: homes of their own that speak HTTP on real ports, over the one ledger of the node's home.

That each home follows the node and executes every block itself is tested with the follower, and end to end.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ledger_world import running

from e2e.story_region import PASSPHRASE, START_MS, clinician, found, give_wallet, take_in
from salus.api.guard import SignedGuard
from salus.bootstrap.opening import region_of
from salus.bootstrap.region import Region
from salus.bootstrap.running import tending
from salus.bootstrap.serving import serving
from salus.bootstrap.split import Parts, split_region
from salus.bootstrap.upstream import UpstreamFile, write_upstream
from salus.core.signatures import SigningKey
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.services.actors import Organisation, Person
from salus.services.anchor_windows import DEFAULT
from salus.services.attest_staff import Badge
from salus.services.tending import Tending
from salus.testing.clock import FakeClock
from salus.vault.keystore import Keystore

NODE = "http://127.0.0.1:1"  # until the port is known


@dataclass
class Served:
    """A home that can be served, stopped and served again."""

    region: Region
    port: int = 0
    url: str = ""
    tended: Tending | None = None
    _up: ExitStack = field(default_factory=ExitStack)

    def up(self) -> None:
        """Serve it, on the port it had before."""
        self._up.enter_context(tending(self.region, None, DEFAULT))
        guard = SignedGuard(lambda: frozenset((self.url.removeprefix("http://"),)))
        app = self._up.enter_context(serving(self.region, guard))
        self.url = self._up.enter_context(running(app, self.port))
        self.port = int(self.url.rpartition(":")[2])
        places = f"{self.url}/{{}}".format
        directory = None if self.region.elsewhere is None else self.region.elsewhere.directory
        self.tended = Tending(
            self.region.organisations, self.region.organisation, directory, places, self.region.exchange.lying
        )

    def down(self) -> None:
        """Stop serving."""
        self._up.close()

    def tend(self) -> None:
        """Do what there is to do."""
        assert self.tended is not None
        self.tended.tend()


@dataclass
class Apart:
    """The homes, and who is in them."""

    clock: FakeClock
    ledger: EmbeddedLedger
    node: Served
    north: Organisation
    south: Organisation
    clinic: Organisation
    alma: Person
    handle: bytes  # hers at the north
    badge: Badge  # of the clinic
    homes: dict[str, Served]

    def tend(self, *slugs: str) -> None:
        """Let homes do what there is to do, in turn."""
        for slug in slugs:
            self.homes[slug].tend()


class Prepared(NamedTuple):
    """A closed region with a patient who claimed her account at the north, and staff of the clinic."""

    home: Path
    handle: bytes
    badge: Badge


def prepared(home: Path) -> Prepared:
    """Found it."""
    with found(home) as story:
        handle = take_in(story.north, "Meyer", "N-1")
        give_wallet(story, story.north, handle, "alma")
        return Prepared(home, handle, clinician(story))


@contextmanager
def apart(made: Prepared, folder: Path) -> Iterator[Apart]:
    """Take a copy of a region apart and serve its organisations."""
    shutil.copytree(made.home, folder / "home")
    handle, badge = made.handle, made.badge
    parts = split_region(folder / "home", folder / "apart", UpstreamFile(NODE), PASSPHRASE)
    clock = FakeClock(START_MS + 60_000)
    with ExitStack() as stack:
        ledger, node = opened_node(stack, parts, clock)
        homes = {path.name: stack.enter_context(joined(path, ledger, clock, node.url)) for path in parts.members}
        for served in homes.values():
            stack.callback(served.down)
            served.up()
        for served in homes.values():
            served.tend()
        alma = stack.enter_context(joined(parts.people[0], ledger, clock, node.url)).region.person("alma")
        members = (homes[slug].region.organisation(slug) for slug in ("north", "south", "clinic"))
        yield Apart(clock, ledger, node, *members, alma, handle, badge, homes)


def opened_node(stack: ExitStack, parts: Parts, clock: FakeClock) -> tuple[EmbeddedLedger, Served]:
    """Open the node's home and serve it."""
    key = SigningKey.from_seed(Keystore.open(parts.node / "node/keystore.sealed", PASSPHRASE).get("node"))
    ledger = stack.enter_context(EmbeddedLedger.open(parts.node / "ledger", key, clock))
    genesis = (parts.node / "genesis.cbor").read_bytes()
    served = Served(region_of(parts.node, genesis, ledger, clock, PASSPHRASE, read_only=False))
    stack.callback(served.down)
    served.up()
    return ledger, served


@contextmanager
def joined(home: Path, ledger: EmbeddedLedger, clock: FakeClock, node: str) -> Iterator[Served]:
    """Open a home over the node's own ledger."""
    write_upstream(home, UpstreamFile(node))
    genesis = (home / "genesis.cbor").read_bytes()
    region = region_of(home, genesis, ledger, clock, PASSPHRASE, read_only=False)
    try:
        yield Served(region)
    finally:
        region.release_actors()
        if region.elsewhere is not None:
            region.elsewhere.close()
