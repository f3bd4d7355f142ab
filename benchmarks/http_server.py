"""The server that benchmarks of HTTP ask: one member's gateway and the ledger in one process, over a filled state.

Writes files of signed envelopes first, then says in one JSON line where it listens; ends with SIGTERM. The vault is
left out, since no envelope touches it.
"""

import argparse
import itertools
import json
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from benchmarks.world import World
from salus.api.app import make_app
from salus.api.explorer.portal import read_files, routes
from salus.api.gateway.quick import Quick
from salus.api.guard import SignedGuard
from salus.api.limits import Limits
from salus.api.listening import bind
from salus.api.operate.figures import Figures, LedgerFigures, Looks, MemberFigures
from salus.api.operate.watch import Watch
from salus.api.served import Served
from salus.api.server import Listening, make_server
from salus.api.work import Work
from salus.bootstrap.serving import OPERATIONS
from salus.client.batcher import Carrier
from salus.core.encoding import encode
from salus.ledger.embedded.tuning import tune_process
from salus.services.actors import Organisation
from salus.services.situations import Situations
from salus.verifier.process import VerifierProcess

SLUG, TOGETHER, LONE = "hospital", 50, 4_000
TICK_MS = 100
_OPEN = 1e9  # the rates are another's subject


def member(world: World) -> Organisation:
    """Return the gateway of the region's hospital."""
    region, ledger = world.region, world.ledger
    carrier = Carrier(ledger, region.hospital.id, region.hospital.gateway)
    nothing = cast(Any, None)
    found = region.hospital
    return Organisation(
        found.name, SLUG, found.id, region.network, (), found.gateway, nothing, nothing, carrier, ledger,
        nothing, region.genesis_file, Situations(region.network),
    )  # fmt: skip


def tick(world: World) -> None:
    """Let the ledger's clock go on, ten times as fast as the time does."""
    while True:
        time.sleep(TICK_MS / 1000)
        world.clock.advance(10 * TICK_MS)


def write_bodies(path: Path, bodies: Iterable[bytes]) -> None:
    """Write each body after its length in hex, so that a script reads them without a parser."""
    with path.open("wb") as file:
        for body in bodies:
            file.write(b"%08x" % len(body) + body)


def served(world: World, organisation: Organisation, work: Work) -> Served:
    """Return what handlers work on, with the figures that the benchmark reads."""

    def members() -> Iterable[MemberFigures]:
        envelopes, batches = organisation.carrier.landed()
        yield MemberFigures(SLUG, organisation.carrier.waiting(), envelopes, batches, 0, 0, 0, 0)

    looks = Looks(lambda: LedgerFigures(world.ledger.height(), 0), members, tuple)
    ledger, network, genesis = world.ledger, world.region.network, world.region.genesis_file
    watch = Watch(Figures(looks, lasts_s=0))
    return Served(network, genesis, ledger, lambda: (SLUG,), {SLUG: organisation}.get, work, watch=watch)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http_server", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--singles", type=int, default=60_000)
    parser.add_argument("--together", type=int, default=80_000)
    parser.add_argument("--verifier", action="store_true", help="with a process for signatures beside it")
    parser.add_argument("--ticking", action="store_true", help="its clock goes ten times as fast, so that ids expire")
    given = parser.parse_args()
    world = World(given.folder / "ledger", given.keys, given.keys // 3)
    write_bodies(given.folder / "lone", world.grants(LONE))
    write_bodies(given.folder / "singles", world.grants(given.singles))
    grants = world.grants(given.together)
    posts = given.together // TOGETHER
    write_bodies(given.folder / "together", (encode(list(itertools.islice(grants, TOGETHER))) for _ in range(posts)))
    world.reopen(VerifierProcess() if given.verifier else None)
    tune_process()
    organisation, work = member(world), Work()
    bound = bind(Listening("127.0.0.1", 0))
    limits = Limits(address_rate=_OPEN, address_burst=_OPEN)
    made, guard = served(world, organisation, work), SignedGuard(lambda: bound.authorities, limits=limits)
    app = make_app(made, OPERATIONS, guard, routes(read_files()), Quick(made, guard))
    if given.ticking:
        threading.Thread(target=tick, args=(world,), daemon=True).start()
    with closing(world.ledger), organisation.carrier:
        server = make_server(app, bound.listening, lambda: print(json.dumps({"url": bound.url}), flush=True), limits)
        server.run(sockets=[bound.socket])
        made.posts.close()
        work.close()


if __name__ == "__main__":
    main()
