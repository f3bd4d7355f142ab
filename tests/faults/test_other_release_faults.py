"""Deferred, sealed and bulk releases cut off at each durable step: all stands once, and nothing is told early."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults.first import First
from faults.release_world import PASSPHRASE, Crash, ask_glass, dying, found, handle_of
from salus.bootstrap import Region, open_region
from salus.contracts.access import queries as access
from salus.contracts.access.types import Outcome
from salus.fsck.home import fsck_home
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.ledger.errors import LedgerStopped
from salus.services.access_log import What, list_reads
from salus.services.accounting import accounting
from salus.services.ahead import ReceivedAhead
from salus.services.authorise import for_decision
from salus.services.break_glass import list_broken
from salus.services.bulk_release import bulk_release
from salus.services.continue_sealed import list_silent
from salus.services.defer import list_deferred
from salus.services.errors import NothingInBulk
from salus.services.inbox import process_inbox
from salus.services.lookup import DAY_MS
from salus.services.receive import Received
from salus.services.release_sealed import release_sealed
from salus.services.resume import resume
from salus.services.sealed_orders import list_sealed_orders, record_sealed_order
from salus.services.sealed_tasks import sealed_tasks
from salus.testing.clock import FakeClock
from salus.vault import keystore

MOST_STEPS = 40
SILENT_DAYS = 60


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region whose clinic is the emergency group, and where she permits it treatment once."""
    made = tmp_path_factory.mktemp("others") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystore, "MEMORY_KIB", 128)
        patch.setattr(keystore, "ITERATIONS", 1)
        found(made)
    return made


@contextmanager
def outage() -> Iterator[None]:
    """The ledger takes nothing."""

    def refuse(*_: object) -> None:
        raise LedgerStopped

    with pytest.MonkeyPatch.context() as stopped:
        stopped.setattr(EmbeddedLedger, "submit", refuse)
        yield


def told(region: Region) -> list[str]:
    return [line.what for line in accounting(region.ledger, handle_of(region)).lines]


def play_outage(region: Region, clock: FakeClock) -> None:
    with outage():
        process_inbox(region.organisation("north"))
    process_inbox(region.organisation("north"))


def check_outage(region: Region, clock: FakeClock) -> None:
    """The deed stands once, deferred or not, with one review; its data and evidence came."""
    north, handle = region.organisation("north"), handle_of(region)
    process_inbox(north)
    (broken,) = list_broken(region.ledger, handle)
    answer = access.answer(region.ledger.view(), handle, broken.release)
    assert answer is not None and answer.outcome in (Outcome.DEFERRED, Outcome.BREAK_GLASS)
    assert list_deferred(north) == ()
    got = [item.outcome for item in process_inbox(region.organisation("clinic"))]
    assert got and all(isinstance(one, Received | ReceivedAhead) for one in got), got
    assert isinstance(got[-1], Received)
    assert told(region).count("deferred-release") + told(region).count("break-glass") == 1
    assert [row.kind for row in north.vault.outbox.next(100) if row.kind in ("release", "deferred")] == []


def play_sealed(region: Region, clock: FakeClock) -> None:
    north, clinic = region.organisation("north"), region.organisation("clinic")
    (ordered,) = list_sealed_orders(north)
    release_sealed(north, ordered.order)
    process_inbox(clinic)
    clock.advance(SILENT_DAYS * DAY_MS)
    resume(north)
    resume(clinic)


def check_sealed(region: Region, clock: FakeClock) -> None:
    """Nothing shows before the date; then every release that stands does, once, in account and access log."""
    north, clinic, handle = region.organisation("north"), region.organisation("clinic"), handle_of(region)
    assert told(region).count("sealed-release") == sum(one.entry.opened is not None for one in list_silent(north))
    process_inbox(clinic)
    clock.advance(SILENT_DAYS * DAY_MS)
    resume(north)
    process_inbox(clinic)
    resume(clinic)
    silent = list_silent(north)
    assert all(one.entry.opened is not None for one in silent)
    assert sealed_tasks(north) == []
    lines = [line for line in accounting(region.ledger, handle).lines if line.what == "sealed-release"]
    assert len(lines) == len(silent) <= 1
    assert all(line.acknowledged for line in lines)
    reads = list_reads(north, for_decision(north, handle))
    assert [read.what for read in reads].count(What.SEALED) == len(silent)


def play_bulk(region: Region, clock: FakeClock) -> None:
    north, clinic = region.organisation("north"), region.organisation("clinic")
    bulk_release(north, clinic.account, "TREAT")
    process_inbox(clinic)


def check_bulk(region: Region, clock: FakeClock) -> None:
    """What the ledger holds is delivered and confirmed; her one use was counted at most once."""
    north, clinic = region.organisation("north"), region.organisation("clinic")
    process_inbox(clinic)
    committed = told(region).count("bulk")
    if not committed:
        play_bulk(region, clock)
    else:
        with pytest.raises(NothingInBulk):
            bulk_release(north, clinic.account, "TREAT")
    (line,) = [line for line in accounting(region.ledger, handle_of(region)).lines if line.what == "bulk"]
    assert line.acknowledged
    assert [row.kind for row in north.vault.outbox.next(100) if row.kind == "bulk"] == []


def ask_sealed(region: Region) -> None:
    north, clinic = region.organisation("north"), region.organisation("clinic")
    record_sealed_order(north, handle_of(region), clinic.account, "TREAT", 30, SILENT_DAYS, 5, b"The court orders.")


Play = Callable[[Region, FakeClock], None]
SCENARIOS: dict[str, tuple[Callable[[Region], object], Play, Play, int]] = {
    "outage": (ask_glass, play_outage, check_outage, 8),
    "sealed": (ask_sealed, play_sealed, check_sealed, 10),
    "bulk": (lambda region: None, play_bulk, check_bulk, 6),
}


def crash(home: Path, clock: FakeClock, play: Play, step: int, mode: str) -> bool:
    """Play up to the step; return whether it was reached."""
    region = open_region(home, PASSPHRASE, clock=clock)
    try:
        region.organisation("north"), region.organisation("clinic"), region.person("alma")

        def die() -> None:
            raise Crash

        with dying(step, mode, die):
            play(region, clock)
        return False
    except Crash:
        return True
    finally:
        region.close()


@pytest.mark.parametrize("mode", ["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_at_each_durable_step(home: Path, tmp_path: Path, scenario: str, mode: str, first: First) -> None:
    """Each with `--fault-runs 600` or more; with fewer runs every third, beginning anywhere."""
    ask, play, check, least = SCENARIOS[scenario]
    asked, start, reached = tmp_path / "asked", int(time.time() * 1000) + 60_000, 0
    shutil.copytree(home, asked)
    with open_region(asked, PASSPHRASE, clock=FakeClock(start)) as region:
        ask(region)
    for step in range(first, MOST_STEPS, first.stride):
        folder, clock = tmp_path / str(step), FakeClock(start)
        shutil.copytree(asked, folder)
        if not crash(folder, clock, play, step, mode):
            break
        reached = step
        with open_region(folder, PASSPHRASE, clock=clock) as region:
            check(region, clock)
        assert fsck_home(folder, PASSPHRASE).sound, (scenario, step, mode)
        shutil.rmtree(folder)
    assert reached > least - first.stride
