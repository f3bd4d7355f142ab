"""A replica whose software lacks the rules that members voted for: it stops, says why, and accuses nobody."""

from pathlib import Path

import pytest
from ledger_world import WAIT_S, application, follower, reach, running, until

from salus.core.errors import Oversized
from salus.evidence.state import LOG_KEY
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.followed.contradiction import FILE
from salus.machine.errors import UnknownRules
from salus.testing.clock import FakeClock
from salus.testing.region import Region
from unit.upgrade_world import new_software, one_account, refusals, schedule, two_accounts


def test_an_old_replica_stops_before_the_height_and_a_new_one_goes_on(tmp_path: Path) -> None:
    region = Region()
    with (
        new_software(),
        EmbeddedLedger.create(tmp_path / "node", region.genesis_file, region.node, FakeClock()) as ledger,
    ):
        at = 40
        for batch in schedule(region, 0, 20, at):
            assert refusals([ledger.submit(batch).result(WAIT_S)]) == [0]
        while ledger.height() < at:
            ledger.submit(one_account(region)).result(WAIT_S)
            ledger.prove([LOG_KEY])
        assert refusals([ledger.submit(two_accounts(region)).result(WAIT_S)]) == [Oversized.code]
        last = ledger.height()
    # The node executes nothing more, so that this process can be old software from here on.
    with (
        EmbeddedLedger.open(tmp_path / "node", region.node, FakeClock()) as ledger,
        application(ledger, region.genesis_file) as app,
        running(app) as url,
    ):
        with follower(tmp_path / "replica", region, url) as replica:
            until(lambda: replica.trouble() is not None)
            trouble = replica.trouble()
            assert isinstance(trouble, UnknownRules) and (trouble.height, trouble.version) == (at, 2)
            assert replica.height() == at - 1
            with pytest.raises(UnknownRules):
                replica.submit(one_account(region)).result(WAIT_S)
        assert not (tmp_path / "replica" / FILE).exists(), "the node did nothing wrong"
        with new_software(), follower(tmp_path / "replica", region, url) as replica:
            reach(replica, last)
            assert replica.trouble() is None
            assert replica.export() == ledger.export()
