"""What a process serves: the ports and actors that handlers work on. Made by `bootstrap.serving` alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from salus.api.batches import Batches
from salus.api.explorer.reading import Reading
from salus.api.operate.watch import Watch
from salus.api.posts import Posts
from salus.api.recent import RecentAnswers
from salus.api.waiting import Waiting
from salus.api.work import Work
from salus.client.ledger import Ledger
from salus.client.snapshots import Offering
from salus.core.errors import Refusal
from salus.services.actors import Organisation
from salus.services.remote.directory import Directory
from salus.services.remote.inboxes import Inboxes


@dataclass(frozen=True, slots=True)
class Served:
    """Everything that one process serves. `organisation` gives the actor behind a slug, None where there is none."""

    network: bytes
    genesis: bytes = field(repr=False)
    ledger: Ledger = field(repr=False)
    slugs: Callable[[], tuple[str, ...]] = field(repr=False)
    organisation: Callable[[str], Organisation | None] = field(repr=False)
    work: Work = field(repr=False)
    answering: Work | None = field(default=None, repr=False)  # of threads that wait until an answer was sent
    posts: Posts = field(default_factory=Posts, repr=False)
    watch: Watch = field(default_factory=Watch, repr=False)
    document: bytes = field(default=b"{}", repr=False)  # OpenAPI, of what is served
    recent: RecentAnswers = field(default_factory=RecentAnswers, repr=False)
    batches: Batches = field(default_factory=Batches, repr=False)
    directory: Directory | None = field(default=None, repr=False)  # of the node, in its own process
    inboxes: Inboxes | None = field(default=None, repr=False)
    tiles: Path | None = None  # the folder of the published log
    snapshots: Offering | None = None  # that the node took
    engine: str = "embedded"  # or "cometbft": what decides the blocks
    unready: Callable[[], Refusal | None] = lambda: None  # why nobody should be sent here, beside the ledger's trouble
    warning: Callable[[], Refusal | None] = lambda: None  # what is to be changed before it does harm
    waiting: Waiting = field(default_factory=Waiting, repr=False)
    reading: Reading = field(init=False, repr=False)  # the ledger as the explorer reads it

    def __post_init__(self) -> None:
        object.__setattr__(self, "reading", Reading(self.ledger))
