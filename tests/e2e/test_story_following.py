"""The main job in a home that follows a node over HTTP; nobody decides on a state that is too old."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from node_homes import members_home, node_home
from story_region import PASSPHRASE, Story, ask, clinician, found, give_wallet, grant_laboratory, take_in
from test_story_main_job import test_the_main_job as main_job

from api.ledger_world import reach, running, until
from salus.api.guard import SignedGuard
from salus.bootstrap import Region, open_region
from salus.bootstrap.serving import serving
from salus.ledger.followed import FollowedLedger
from salus.services.deliver import Delivery
from salus.services.errors import StateTooOld
from salus.services.inbox import process_inbox


@dataclass
class Apart:
    """A story whose region follows a node; `away` ends the node's server."""

    story: Story
    node: Region
    server: ExitStack

    @property
    def ledger(self) -> FollowedLedger:
        assert isinstance(self.story.region.ledger, FollowedLedger)
        return self.story.region.ledger


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Apart]:
    with found(tmp_path / "region") as whole:
        clock = whole.clock
    node = open_region(node_home(tmp_path / "region", tmp_path / "node"), PASSPHRASE, clock=clock)
    with node, ExitStack() as server:
        url = server.enter_context(running(server.enter_context(serving(node, SignedGuard(frozenset)))))
        home = members_home(tmp_path / "region", tmp_path / "members", url)
        story = Story(open_region(home, PASSPHRASE, clock=clock), clock)
        try:
            yield Apart(story, node, server)
        finally:
            story.region.close()


def test_the_whole_job_over_a_replica(apart: Apart) -> None:
    main_job(apart.story)
    last = apart.node.ledger.height()
    reach(apart.ledger, last)
    assert apart.ledger.export() == apart.node.ledger.export()
    assert apart.node.organisations() == ()


def test_a_decision_on_a_state_that_is_too_old_is_refused(apart: Apart) -> None:
    story = apart.story
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    badge = clinician(story)
    ask(story, handle, badge)
    until(lambda: apart.ledger.as_of() == apart.ledger.now())
    apart.server.close()  # the node is away
    story.clock.advance(60_001)
    (asked,) = process_inbox(story.north)
    assert isinstance(asked.outcome, StateTooOld)
    with ExitStack() as server:
        port = urlsplit(apart.ledger._node._server._url).port
        server.enter_context(running(server.enter_context(serving(apart.node, SignedGuard(frozenset))), port))
        until(lambda: apart.ledger.as_of() == apart.ledger.now())
        (asked,) = process_inbox(story.north)
        assert isinstance(asked.outcome, Delivery), asked.outcome
