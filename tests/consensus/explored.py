"""A node in process behind its HTTP application, asked as a browser or a scraper would."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx2
from consensus_world import Node
from prometheus_client.parser import text_string_to_metric_families

from salus.api.app import make_app
from salus.api.guard import SignedGuard
from salus.api.operate.figures import Figures, LedgerFigures, Looks
from salus.api.operate.watch import Watch
from salus.api.served import Served
from salus.api.work import Work
from salus.bootstrap.region import Region
from salus.bootstrap.serving import OPERATIONS
from salus.bootstrap.watching import ConsortiumWatch

HOST = "salus.test"


class Explored:
    """The HTTP application over one node; `watch` says how its CometBFT, of which there is none, answers."""

    def __init__(self, node: Node, watch: ConsortiumWatch, work: Work) -> None:
        ledger = node.ledger
        looks = Looks(lambda: LedgerFigures(ledger.height(), 0), lambda: (), lambda: (), watch.figures)
        self.served = Served(
            node.region.network,
            node.region.genesis_file,
            ledger,
            lambda: (),
            lambda slug: None,
            work,
            watch=Watch(Figures(looks, 0.0)),
            unready=watch.unready,
            warning=watch.warning,
        )
        self.app = make_app(self.served, OPERATIONS, SignedGuard(lambda: frozenset((HOST,))))

    def get(self, path: str) -> httpx2.Response:
        """Ask."""

        async def sent() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app)) as client:
                return await client.get(f"http://{HOST}{path}")

        return asyncio.run(sent())

    def json(self, path: str) -> Any:
        """Ask for what is there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str) -> tuple[int, int]:
        """Ask for what is refused; return (status, code)."""
        answer = self.get(path)
        return answer.status_code, answer.json()["code"]

    def figures(self) -> dict[tuple[str, ...], float]:
        """Return the figures by name and the values of their labels, these in the order of the labels' names."""
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.get("/metrics").text)
            for sample in family.samples
        }


@contextmanager
def explored(node: Node, url: str | None = None) -> Iterator[Explored]:
    """Serve a node's ledger; `url` is that of a CometBFT."""
    region = cast(Region, SimpleNamespace(home=Path(node.folder), ledger=node.ledger))
    watch, work = ConsortiumWatch(region, url), Work()
    made = Explored(node, watch, work)
    try:
        yield made
    finally:
        made.served.reading.close()
        work.close()
        watch.close()
