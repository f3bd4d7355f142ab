"""What a process serves over HTTP: the operations of each standard over an open region."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette

from salus.api.app import Guard, make_app
from salus.api.explorer.operations import OPERATIONS as EXPLORER
from salus.api.explorer.portal import read_files, routes
from salus.api.ledger import OPERATIONS as LEDGER
from salus.api.operate.health import OPERATIONS as HEALTH
from salus.api.operation import Operation
from salus.api.served import Served
from salus.api.work import Work
from salus.bootstrap.region import Region
from salus.services.actors import Organisation

OPERATIONS: tuple[Operation, ...] = (*HEALTH, *LEDGER, *EXPLORER)


@contextmanager
def serving(region: Region, guard: Guard) -> Iterator[Starlette]:
    """Give the application over an open region; its threads end with the block."""
    work = Work()
    made = served(region, work)
    try:
        app = make_app(made, OPERATIONS, guard, routes(read_files()))
        app.state.endings = (made.reading.tail.close,)
        yield app
    finally:
        made.reading.close()
        work.close()


def served(region: Region, work: Work) -> Served:
    """Return what handlers work on."""

    def organisation(slug: str) -> Organisation | None:
        return region.organisation(slug) if slug in region.organisations() else None

    return Served(region.network, region.genesis, region.ledger, region.organisations, organisation, work)
