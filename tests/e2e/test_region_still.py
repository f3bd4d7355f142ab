"""A region that stands still: neither ledger nor vault is written to, and what waited goes on afterwards."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Event, Thread

import pytest
from command_line import contents
from story_region import START_MS, Story, records_of

from salus.contracts.accounts.messages import OpenAccounts
from salus.ledger.embedded import reader
from salus.ledger.errors import Unstill
from salus.services.deposit import deposit


def test_nothing_is_written_while_it_stands_still(story: Story) -> None:
    home, north = story.region.home, story.north
    with ThreadPoolExecutor(2) as pool:
        with story.region.still():
            before = contents(home)
            posted = north.carrier.submit(north.build(OpenAccounts(north.account, 1)).raw)
            taken_in = pool.submit(deposit, north, records_of("Still", "N-1", START_MS))
            for waiting in (posted, taken_in):
                with pytest.raises(NotYet):
                    waiting.result(0.3)
            assert contents(home) == before
        assert posted.result(30).result.code == 0
        assert taken_in.result(30)
    assert contents(home) != before


def test_all_is_on_disk_when_it_stands_still(story: Story) -> None:
    north = story.north
    assert north.carrier.submit(north.build(OpenAccounts(north.account, 1)).raw).result(30).result.code == 0
    deposit(north, records_of("Still", "N-1", START_MS))
    with story.region.still():
        status = story.region.ledger.status()
        assert status.checkpoint_height == status.height
        log = story.region.home / "organisations/north/vault/index.db-wal"
        assert not log.exists() or log.stat().st_size == 0


def test_what_does_not_come_to_its_end_is_not_waited_for_for_ever(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "STILL_S", 0.01)
    held, enough = Event(), Event()

    def hold() -> None:
        with story.region.ledger.still():
            held.set()
            enough.wait(30)

    holding = Thread(target=hold)
    holding.start()
    try:
        assert held.wait(30)
        with pytest.raises(Unstill), story.region.still():
            pass
    finally:
        enough.set()
        holding.join()
    with story.region.still():
        pass
