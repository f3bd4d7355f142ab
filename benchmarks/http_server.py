"""The server that benchmarks of HTTP ask: one member's gateway over a filled state, and the ledger in it or apart.

Writes files of signed envelopes first, then says in one JSON line where it listens; ends with SIGTERM. The vault is
left out, since no envelope touches it.
"""

import argparse
import itertools
import json
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from functools import partial
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
from salus.bootstrap.engine import Engine
from salus.bootstrap.opening import made_apart
from salus.bootstrap.serving import OPERATIONS
from salus.client.batcher import Carrier
from salus.core.encoding import encode
from salus.ledger.apart import ApartLedger
from salus.ledger.apart.child import Child
from salus.ledger.embedded.tuning import tune_process
from salus.services.actors import Organisation
from salus.services.situations import Situations
from salus.verifier.process import VerifierProcess

SLUG, TOGETHER, LONE = "hospital", 50, 4_000
TICK_MS = 100
_OPEN = 1e9  # the rates are another's subject


def member(world: World, ledger: Engine) -> Organisation:
    """Return the gateway of the region's hospital."""
    region = world.region
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


def apart(world: World, *, ticking: bool) -> ApartLedger:
    """Return the world's ledger with another process to make its blocks, by a clock that goes like ours."""
    world.ledger.close()
    clock = (str(world.clock.now_ms()), str(10 * TICK_MS if ticking else 0))
    start = partial(Child, (sys.executable, "-m", "benchmarks.http_executor", *clock))
    return ApartLedger.open(world.folder, world.region.node, world.clock, start=start)


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

    ledger, network, genesis = organisation.ledger, world.region.network, world.region.genesis_file
    looks = Looks(lambda: LedgerFigures(ledger.height(), 0), members, tuple)
    watch = Watch(Figures(looks, lasts_s=0))
    return Served(network, genesis, ledger, lambda: (SLUG,), {SLUG: organisation}.get, work, watch=watch)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http_server", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--singles", type=int, default=60_000)
    parser.add_argument("--together", type=int, default=80_000)
    parser.add_argument("--verifier", action="store_true", help="with a process for signatures beside it; then inside")
    parser.add_argument("--executor", choices=("auto", "inside", "apart"), default="auto", help="as of salus serve")
    parser.add_argument("--ticking", action="store_true", help="its clock goes ten times as fast, so that ids expire")
    given = parser.parse_args()
    world = World(given.folder / "ledger", given.keys, given.keys // 3)
    write_bodies(given.folder / "lone", world.grants(LONE))
    write_bodies(given.folder / "singles", world.grants(given.singles))
    grants = world.grants(given.together)
    posts = given.together // TOGETHER
    write_bodies(given.folder / "together", (encode(list(itertools.islice(grants, TOGETHER))) for _ in range(posts)))
    ledger: Engine
    if made_apart(given.executor) and not given.verifier:
        ledger = beside = apart(world, ticking=given.ticking)
        executor = beside.executor
    else:
        world.reopen(VerifierProcess() if given.verifier else None)
        ledger, executor = world.ledger, 0
    tune_process()
    organisation, work = member(world, ledger), Work()
    bound = bind(Listening("127.0.0.1", 0))
    limits = Limits(address_rate=_OPEN, address_burst=_OPEN)
    made, guard = served(world, organisation, work), SignedGuard(lambda: bound.authorities, limits=limits)
    app = make_app(made, OPERATIONS, guard, routes(read_files()), Quick(made, guard))
    if given.ticking:
        threading.Thread(target=tick, args=(world,), daemon=True).start()
    with closing(ledger), organisation.carrier:
        said = json.dumps({"url": bound.url, "executor": executor})
        server = make_server(app, bound.listening, lambda: print(said, flush=True), limits)
        server.run(sockets=[bound.socket])
        made.posts.close()
        work.close()


if __name__ == "__main__":
    main()
