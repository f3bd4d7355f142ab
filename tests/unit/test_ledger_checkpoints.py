"""Checkpoints beside the blocks: blocks go on while one is written, and one that fails is no loss."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from salus.ledger.embedded import EmbeddedLedger, checkpoints
from salus.state.lmdb import LmdbTables
from salus.state.store import Store
from salus.state.tables import Changes, StorageFailure
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region

PATIENCE_S = 30.0


class Held(LmdbTables):
    """Tables whose commits wait until they may, and fail where they are told to."""

    def __init__(self, folder: Path) -> None:
        self.may, self.begun = Event(), Event()
        self.may.set()
        self.failures: list[str] = []
        self.commits = 0
        super().__init__(folder)

    def commit(self, changes: Changes) -> None:
        self.begun.set()
        assert self.may.wait(PATIENCE_S)
        kind = self.failures.pop(0) if self.failures else ""
        if kind != "before":
            super().commit(changes)
            self.commits += 1
        if kind:
            raise StorageFailure(kind)


@pytest.fixture(autouse=True)
def frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_KEYS", 10)


def wait(done: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


class Running:
    """A ledger over held tables, with accounts."""

    def __init__(self, folder: Path) -> None:
        self.region, self.folder = Region(), folder
        folder.mkdir()
        self.tables = Held(folder / "state")
        self.ledger = EmbeddedLedger.create(
            folder,
            self.region.genesis_file,
            self.region.node,
            FakeClock(START_MS),
            open_store=lambda _: Store(self.tables),
        )
        envelope, self.handles = self.region.open_accounts(4)
        self.submit(envelope)

    def submit(self, *envelopes: bytes) -> list[int]:
        result = self.ledger.submit(self.region.batch(*envelopes)).result(PATIENCE_S)
        assert result.code == 0
        return [one.code for one in result.results]

    def grant(self, number: int) -> None:
        assert self.submit(*[self.region.grant(self.handles[i % 4])[0] for i in range(number)]) == [0] * number

    def whole(self) -> tuple[bytes, list[object]]:
        """What everybody sees: the app hash, and all events with those about each account."""
        about = [list(self.ledger.events(0, handle)) for handle in self.handles]
        return self.ledger.status().app_hash, [list(self.ledger.events()), about]


@pytest.mark.parametrize("failures", [[], ["before"], ["after"], ["before", "after", "before"]])
def test_blocks_go_on_and_nothing_is_lost_or_seen_twice(tmp_path: Path, failures: list[str]) -> None:
    running = Running(tmp_path / "l")
    with running.ledger as ledger:
        tables = running.tables
        ledger.save()
        tables.may.clear()
        tables.begun.clear()
        tables.failures = failures
        running.grant(12)
        wait(tables.begun.is_set)
        height = ledger.status().checkpoint_height
        for _ in range(3):  # the checkpoint is held
            running.grant(4)
        assert ledger.status().checkpoint_height == height < ledger.height()
        before = running.whole()
        assert len(before[1][0]) == len({event.index for event in before[1][0]})
        tables.may.set()
        wait(lambda: not tables.failures and ledger.status().checkpoint_height > height)
        assert running.whole() == before
        running.grant(3)
        log_size = ledger.status().log_entries
        assert ledger.prove_event(0, log_size).size == log_size
        after = running.whole()
    assert running.tables.commits >= 2
    with EmbeddedLedger.open(tmp_path / "l", running.region.node, FakeClock(START_MS)) as again:
        assert again.status().app_hash == after[0]
        assert list(again.events()) == after[1][0]
        assert [list(again.events(0, handle)) for handle in running.handles] == after[1][1]


def test_few_keys_that_change_over_and_over_are_saved_too(tmp_path: Path) -> None:
    running = Running(tmp_path / "l")
    with running.ledger as ledger:
        ledger.save()
        commits = running.tables.commits
        for _ in range(14):  # an entry of the log for each block, and the same two keys in each
            running.submit(b"none that can be parsed")
        assert ledger._chain.machine.store.pending_keys < 10
        wait(lambda: running.tables.commits > commits)


def test_what_a_checkpoint_cannot_keep_up_with_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST_KEYS", 20)
    running = Running(tmp_path / "l")
    with running.ledger as ledger:
        ledger.save()
        running.tables.may.clear()
        running.tables.begun.clear()
        running.grant(12)
        wait(running.tables.begun.is_set)
        running.grant(30)  # answered; the writer then waits for the disk
        late = [ledger.submit(running.region.batch(running.region.grant(running.handles[0])[0])) for _ in range(3)]
        assert not any(future.done() for future in late)
        running.tables.may.set()
        assert [future.result(PATIENCE_S).code for future in late] == [0, 0, 0]


def test_closing_waits_for_a_checkpoint_under_way(tmp_path: Path) -> None:
    running = Running(tmp_path / "l")
    running.ledger.save()
    running.tables.may.clear()
    running.tables.begun.clear()
    running.grant(12)
    wait(running.tables.begun.is_set)
    running.tables.may.set()
    running.ledger.close()
    with EmbeddedLedger.open(tmp_path / "l", running.region.node, FakeClock(START_MS)) as again:
        assert again.status().checkpoint_height == again.height()
