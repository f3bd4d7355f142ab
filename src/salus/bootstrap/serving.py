"""What a process serves over HTTP: the operations of each standard over an open region."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import orjson
from starlette.applications import Starlette

from salus.api.app import Guard, make_app
from salus.api.directory.operations import OPERATIONS as DIRECTORY
from salus.api.explorer.operations import OPERATIONS as EXPLORER
from salus.api.explorer.portal import read_files, routes
from salus.api.fhir.operations import OPERATIONS as FHIR
from salus.api.gateway.account import OPERATIONS as ACCOUNT
from salus.api.gateway.ask import OPERATIONS as ASK
from salus.api.gateway.quick import Quick
from salus.api.gateway.submit import OPERATIONS as SUBMIT
from salus.api.ledger import OPERATIONS as LEDGER
from salus.api.letters.operations import OPERATIONS as LETTERS
from salus.api.log.tiles import OPERATIONS as TILES
from salus.api.openapi import document
from salus.api.operate.about import OPERATIONS as ABOUT
from salus.api.operate.figures import Figures, LedgerFigures, Looks, MemberFigures
from salus.api.operate.health import OPERATIONS as HEALTH
from salus.api.operate.traces import Passing, Tracing
from salus.api.operate.watch import Watch
from salus.api.operation import Operation
from salus.api.served import Served
from salus.api.work import Work
from salus.bootstrap.consensus import read_consensus
from salus.bootstrap.layout import SLUG, tiles_folder
from salus.bootstrap.region import Region
from salus.bootstrap.watching import ConsortiumWatch, consortium_watch
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.services.actors import Organisation
from salus.services.errors import NoSuchActor
from salus.services.remote.inboxes import Inboxes

OPERATIONS: tuple[Operation, ...] = (
    *HEALTH,
    *ABOUT,
    *LEDGER,
    *SUBMIT,
    *ASK,
    *ACCOUNT,
    *DIRECTORY,
    *LETTERS,
    *EXPLORER,
    *FHIR,
    *TILES,
)
ANSWERING_THREADS = 6  # each may wait for a peer that takes an answer slowly


@contextmanager
def serving(
    region: Region,
    guard: Guard,
    tracing: Tracing | None = None,
    tiles: Path | None = None,
) -> Iterator[Starlette]:
    """Give the application over an open region; its threads and the guard end with the block.

    `tracing` is told of requests.
    """
    work, answering = Work(), Work(ANSWERING_THREADS)
    consortium = consortium_watch(region)
    watch = Watch(Figures(_looks(region, work, answering, consortium)), tracing or Passing())
    made = served(region, work, answering, watch, tiles_folder(region.home, tiles), consortium)
    try:
        made.waiting.add(made.reading.tail.close)
        yield make_app(made, OPERATIONS, guard, routes(read_files()), Quick(made, guard))
    finally:
        made.reading.close()
        guard.close()
        made.posts.close()
        answering.close()
        work.close()
        if consortium is not None:
            consortium.close()


def served(
    region: Region,
    work: Work,
    answering: Work | None = None,
    watch: Watch | None = None,
    tiles: Path | None = None,
    consortium: ConsortiumWatch | None = None,
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
        watch=watch or Watch(),
        document=orjson.dumps(document(OPERATIONS, version("salus"))),
        directory=None if region.elsewhere is None else region.elsewhere.own,
        inboxes=Inboxes(region.exchange),
        tiles=tiles,
        snapshots=region.ledger.snapshots if isinstance(region.ledger, ConsensusLedger) else None,
        engine="embedded" if read_consensus(region.home) is None else "cometbft",
        unready=_never if consortium is None else consortium.unready,
        warning=_never if consortium is None else consortium.warning,
    )


def _never() -> None:
    return None


def _looks(region: Region, work: Work, answering: Work, consortium: ConsortiumWatch | None) -> Looks:
    """Return where figures are looked up."""

    def ledger() -> LedgerFigures:
        now, known = region.ledger.now(), region.ledger.as_of()
        return LedgerFigures(region.ledger.height(), max(0, now - known))

    def members() -> Iterator[MemberFigures]:
        for one in region.opened():
            envelopes, batches = one.carrier.landed()
            yield MemberFigures(
                one.slug,
                one.carrier.waiting(),
                envelopes,
                batches,
                one.vault.outbox.count(),
                len(region.exchange.lying(one.account)),
                one.vault.relation_count(),
                one.vault.index_bytes(),
            )

    return Looks(
        ledger,
        members,
        lambda: (("work", work.under_way), ("answering", answering.under_way)),
        None if consortium is None else consortium.figures,
    )
