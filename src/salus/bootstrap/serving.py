"""What a process serves over HTTP: the operations of each standard over an open region."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.applications import Starlette

from salus.api.app import Guard, make_app
from salus.api.directory.operations import OPERATIONS as DIRECTORY
from salus.api.gateway.account import OPERATIONS as ACCOUNT
from salus.api.gateway.ask import OPERATIONS as ASK
from salus.api.gateway.submit import OPERATIONS as SUBMIT
from salus.api.ledger import OPERATIONS as LEDGER
from salus.api.letters.operations import OPERATIONS as LETTERS
from salus.api.operate.health import OPERATIONS as HEALTH
from salus.api.operation import Operation
from salus.api.served import Served
from salus.api.work import Work
from salus.bootstrap.layout import SLUG
from salus.bootstrap.region import Region
from salus.services.actors import Organisation
from salus.services.errors import NoSuchActor
from salus.services.remote.inboxes import Inboxes

OPERATIONS: tuple[Operation, ...] = (*HEALTH, *LEDGER, *SUBMIT, *ASK, *ACCOUNT, *DIRECTORY, *LETTERS)
ANSWERING_THREADS = 6  # each may wait for a peer that takes an answer slowly


@contextmanager
def serving(
    region: Region, guard: Guard, arrived: Callable[[bytes], None] = lambda account: None
) -> Iterator[Starlette]:
    """Give the application over an open region; its threads and the guard end with the block.

    `arrived` is told of letters.
    """
    work, answering = Work(), Work(ANSWERING_THREADS)
    try:
        yield make_app(served(region, work, arrived, answering), OPERATIONS, guard)
    finally:
        guard.close()
        answering.close()
        work.close()


def served(
    region: Region,
    work: Work,
    arrived: Callable[[bytes], None] = lambda account: None,
    answering: Work | None = None,
) -> Served:
    """Return what handlers work on."""

    def organisation(slug: str) -> Organisation | None:
        try:
            return region.organisation(slug) if SLUG.fullmatch(slug) else None
        except NoSuchActor:
            return None

    return Served(
        region.network,
        region.genesis,
        region.ledger,
        region.organisations,
        organisation,
        work,
        answering=answering,
        directory=None if region.elsewhere is None else region.elsewhere.own,
        inboxes=Inboxes(region.exchange, arrived),
    )
