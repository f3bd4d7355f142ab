"""An upgrade of the rules in an embedded ledger: crossed, replayed, checked offline, and by software that lacks it."""

import shutil
from pathlib import Path

import pytest
from upgrade_world import SOFTWARE, new_software, one_account, refusals, schedule, two_accounts

from salus.core.errors import Oversized
from salus.evidence.state import LOG_KEY
from salus.fsck.check import fsck
from salus.ledger.embedded import EmbeddedLedger
from salus.machine.errors import UnknownRules
from salus.testing.clock import FakeClock
from salus.testing.region import Region

WAIT_S = 30
LEAD = 40  # blocks between the vote and the upgrade


@pytest.fixture
def region() -> Region:
    return Region()


def opened(folder: Path, region: Region) -> EmbeddedLedger:
    if folder.exists():
        return EmbeddedLedger.open(folder, region.node, FakeClock())
    return EmbeddedLedger.create(folder, region.genesis_file, region.node, FakeClock())


def scheduled(ledger: EmbeddedLedger, region: Region) -> int:
    """Let members vote for version 2; return its first height, before which two blocks at least are still to come."""
    height = ledger.height()
    at = height + LEAD
    batches = schedule(region, height, height + LEAD // 2, at)
    results = [ledger.submit(batch).result(WAIT_S) for batch in batches]
    assert refusals(results) == [0] * len(batches)
    grow(ledger, region, at - 3)
    return at


def grow(ledger: EmbeddedLedger, region: Region, height: int) -> None:
    """Make blocks up to `height`, each of them once the one before has its empty one."""
    while ledger.height() < height:
        assert refusals([ledger.submit(one_account(region)).result(WAIT_S)]) == [0]
        ledger.prove([LOG_KEY])


def test_an_upgrade_is_crossed_replayed_and_sound(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "ledger"
    with new_software():
        with opened(folder, region) as ledger:
            assert refusals([ledger.submit(two_accounts(region)).result(WAIT_S)]) == [0]
            at = scheduled(ledger, region)
            grow(ledger, region, at)
            assert refusals([ledger.submit(two_accounts(region)).result(WAIT_S)]) == [Oversized.code]
            ledger.prove([LOG_KEY])
            before = ledger.export()
        report = fsck(tmp_path, folder, {})
        assert report.findings == () and report.figures["blocks"] > at
        shutil.rmtree(folder / "state")  # so that all blocks are executed again, by the rules of their time
        with opened(folder, region) as ledger:
            assert ledger.export() == before


def test_software_that_lacks_the_version_stops_says_why_and_goes_on_once_replaced(
    tmp_path: Path, region: Region
) -> None:
    folder = tmp_path / "ledger"
    with opened(folder, region) as ledger:
        at = scheduled(ledger, region)
        stopped: UnknownRules | None = None
        while stopped is None:
            try:
                ledger.submit(one_account(region)).result(WAIT_S)
                ledger.prove([LOG_KEY])
            except UnknownRules as refusal:
                stopped = refusal
        assert (stopped.height, stopped.version, stopped.software) == (at, 2, SOFTWARE)
        assert ledger.height() == at - 1, "the last block that it can execute"
        for _ in range(2):
            with pytest.raises(UnknownRules, match=f"from block {at} on"):
                ledger.submit(one_account(region)).result(WAIT_S)
        assert isinstance(ledger.trouble(), UnknownRules)
        before = ledger.export()  # what is there can be read
    with opened(folder, region) as ledger:  # old software again: it may open what it knows
        assert (ledger.height(), ledger.export()) == (at - 1, before)
        with pytest.raises(UnknownRules):
            ledger.submit(one_account(region)).result(WAIT_S)
    assert fsck(tmp_path, folder, {}).sound
    with new_software(), opened(folder, region) as ledger:
        assert ledger.trouble() is None
        assert refusals([ledger.submit(two_accounts(region)).result(WAIT_S)]) == [Oversized.code]
        assert ledger.height() >= at


def test_older_software_neither_opens_nor_judges_blocks_under_rules_that_it_lacks(
    tmp_path: Path, region: Region
) -> None:
    folder = tmp_path / "ledger"
    with new_software(), opened(folder, region) as ledger:
        at = scheduled(ledger, region)
        grow(ledger, region, at + 1)
    shutil.rmtree(folder / "state")
    blocks = (folder / "blocks").read_bytes()
    with pytest.raises(UnknownRules, match=f"version 2, from block {at} on"):
        opened(folder, region)
    with pytest.raises(UnknownRules):
        fsck(tmp_path, folder, {})
    assert (folder / "blocks").read_bytes() == blocks, "nothing was cut off"
    with new_software(), opened(folder, region) as ledger:
        assert ledger.height() > at
