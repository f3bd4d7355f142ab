"""A replica under power cuts and failing disks: opened again it goes on, and comes to the node's very state."""

import contextlib
import errno
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from salus.client.ledger import BatchResult, Pruned, StateProof
from salus.core.errors import Refusal
from salus.fsck.ledger import check_ledger
from salus.ledger.embedded import EmbeddedLedger, checkpoints
from salus.ledger.errors import LedgerStopped, StorageFailed, StorageFull
from salus.ledger.followed import FollowedLedger
from salus.state import names
from salus.testing.clock import FakeClock
from salus.testing.faults import Crash, FaultyFiles, Mode, Plan, faulty_store
from salus.testing.region import Region
from unit import pruned_samples

MODES: tuple[Mode, ...] = ("before", "torn", "after")
WAIT_S = 30
STRIDE = 7  # so that few runs are spread over all steps
CUTS = 1 / 10  # of --fault-runs, for each of the two beginnings
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Beside:
    """A node in this process: the same answers as over HTTP. A question for news waits until it is closed."""

    def __init__(self, ledger: EmbeddedLedger) -> None:
        self._ledger, self._closed = ledger, Event()

    def tip(self, after: int = -1, wait_ms: int = 0, tries: int = 1) -> bytes:
        if wait_ms and after == self._ledger.height():
            self._closed.wait(WAIT_S)
        return self._ledger.tip()

    def blocks(self, start: int, most: int = 1_000) -> list[bytes]:
        return [self._ledger.block(h) for h in range(start, min(start + most, self._ledger.height() + 1))]

    def headers(self, start: int, most: int = 1_000) -> list[bytes]:
        return [self._ledger.header(h) for h in range(start, min(start + most, self._ledger.height() + 1))]

    def header(self, height: int) -> bytes:
        return self._ledger.header(height)

    def prove(self, keys: object) -> StateProof:
        raise NotImplementedError

    def note(self, tries: int = 3) -> bytes:
        return self._ledger.checkpoint()

    def pruned(self) -> Pruned | None:
        return self._ledger.pruned()

    def start_file(self, name: str) -> bytes:
        return self._ledger.start_file(name)

    def submit(self, batch: bytes, going_on: Callable[[], bool] = lambda: True) -> BatchResult:
        return self._ledger.submit(batch).result(WAIT_S)

    def close(self) -> None:
        self._closed.set()


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_KEYS", 12)
    monkeypatch.setattr(names, "MIN_DEPTH", 1)


@pytest.fixture(params=[False, True], ids=["whole", "pruned"])
def node(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Region, EmbeddedLedger]]:
    region = pruned_samples.short_region()
    first = pruned_samples.fill(tmp_path / "node", region)
    if request.param:
        pruned_samples.pruned(tmp_path / "node", region, first)
    with pruned_samples.opened(tmp_path / "node", region) as ledger:
        yield region, ledger


def opened(folder: Path, region: Region, ledger: EmbeddedLedger, plan: Plan | None = None) -> FollowedLedger:
    clock = FakeClock(pruned_samples.NOW_MS)
    ports = () if plan is None else (FaultyFiles(plan), faulty_store(plan))
    return FollowedLedger.open(folder, region.genesis_file, Beside(ledger), clock, *ports)


def follow(folder: Path, region: Region, ledger: EmbeddedLedger, plan: Plan) -> Refusal | None:
    """Follow from nothing until all is taken in or the plan strikes, then close; return what was told as trouble."""
    try:
        replica = opened(folder, region, ledger, plan)
    except Crash:
        return None
    told = Event()
    replica.subscribe(lambda _: told.set())
    try:
        assert replica.catch_up(WAIT_S)
        while replica.height() < ledger.height() and not stopped(replica.trouble()) and not plan.crashed:
            told.wait(0.1)
            told.clear()
        return replica.trouble()
    finally:
        with contextlib.suppress(Crash):
            replica.close()


def stopped(trouble: Refusal | None) -> bool:
    return trouble is not None and not isinstance(trouble, StorageFull | StorageFailed)


def check_sound(folder: Path, region: Region, ledger: EmbeddedLedger, *, fsck: bool = True) -> None:
    """Open with sound files: it comes to the node's state, and nothing in the folder is damaged."""
    with opened(folder, region, ledger) as replica:
        assert replica.catch_up(WAIT_S)
        assert replica.trouble() is None
        assert replica.status()._replace(checkpoint_height=0) == ledger.status()._replace(checkpoint_height=0)
        assert list(replica.events()) == list(ledger.events())
    found = check_ledger(folder, lambda *_: None).findings if fsck else []
    assert [one for one in found if one.severity.value == "damaged"] == []


def test_power_cut_at_every_durable_step(
    tmp_path: Path, node: tuple[Region, EmbeddedLedger], request: pytest.FixtureRequest
) -> None:
    whole = Plan(0)
    assert follow(tmp_path / "whole", *node, whole) is None
    check_sound(tmp_path / "whole", *node)
    assert whole.steps > 8
    for run in range(max(int(request.config.getoption("--fault-runs") * CUTS), 1)):
        step, mode = STRIDE * run % whole.steps + 1, MODES[run % len(MODES)]
        folder = tmp_path / str(run)
        try:
            follow(folder, *node, Plan(step, mode, seed=run))
            check_sound(folder, *node, fsck=run % 4 == 0)
        except BaseException:
            print(f"seed {run}: power cut at durable step {step}, {mode}")
            raise
        shutil.rmtree(folder)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_once_ends_nothing_but_what_cannot_be_undone(
    tmp_path: Path, node: tuple[Region, EmbeddedLedger], number: int
) -> None:
    whole = Plan(0)
    follow(tmp_path / "whole", *node, whole)
    for step in range(1 + (number == errno.EIO), whole.steps + 1, 2):
        folder = tmp_path / str(step)
        with contextlib.suppress(OSError, StorageFailed):  # what fails before it is open is told at once
            trouble = follow(folder, *node, Plan(step, "torn", seed=step, error=OSError(number, "planned")))
            assert trouble is None or isinstance(trouble, StorageFull | StorageFailed | LedgerStopped)
        check_sound(folder, *node, fsck=step % 4 == 0)
        shutil.rmtree(folder)
