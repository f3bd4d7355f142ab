"""What a process serves over HTTP: the operations of each standard over an open region."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.applications import Starlette

from salus.api.app import Guard, make_app
from salus.api.fhir.operations import OPERATIONS as FHIR
from salus.api.log.tiles import OPERATIONS as TILES
from salus.api.operate.health import OPERATIONS as HEALTH
from salus.api.operation import Operation
from salus.api.served import Served
from salus.api.work import Work
from salus.bootstrap.layout import tiles_folder
from salus.bootstrap.region import Region
from salus.services.actors import Organisation

OPERATIONS: tuple[Operation, ...] = (*HEALTH, *TILES, *FHIR)


@contextmanager
def serving(region: Region, guard: Guard, tiles: Path | None = None) -> Iterator[Starlette]:
    """Give the application over an open region; its threads end with the block."""
    work = Work()
    try:
        yield make_app(served(region, work, tiles_folder(region.home, tiles)), OPERATIONS, guard)
    finally:
        work.close()


def served(region: Region, work: Work, tiles: Path | None = None) -> Served:
    """Return what handlers work on."""

    def organisation(slug: str) -> Organisation | None:
        return region.organisation(slug) if slug in region.organisations() else None

    return Served(region.network, region.genesis, region.ledger, region.organisations, organisation, work, tiles)
