"""Pruning under power cuts and failing disks: the old ledger or the pruned one, whole, and nothing left over."""

import errno
import shutil
from pathlib import Path

import pytest

from faults.first import First
from salus.fsck.check import fsck
from salus.ledger import errors
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.pruning import prune, to_height
from salus.ledger.embedded.reader import Status
from salus.testing.clock import FakeClock
from salus.testing.faults import Crash, FaultyFiles, Mode, Plan, faulty_store
from salus.testing.region import Region
from unit.pruned_samples import HOUR_MS, NOW_MS, fill, more, pruned, short_region

MODES: tuple[Mode, ...] = ("before", "torn", "after")


class Sample:
    """A ledger that was pruned once, and what it said before it is pruned again."""

    def __init__(self, folder: Path) -> None:
        self.region: Region = short_region()
        self.folder = folder
        self.first = fill(folder, self.region)
        pruned(folder, self.region, self.first)
        with EmbeddedLedger.open(folder, self.region.node, FakeClock(NOW_MS + HOUR_MS)) as ledger:
            self.second = more(ledger, self.region, 2, NOW_MS + HOUR_MS)
        with EmbeddedLedger.open(folder, None, FakeClock(NOW_MS + HOUR_MS)) as ledger:
            self.status: Status = ledger.status()
            self.headers = [ledger.header(one) for one in range(1, ledger.height() + 1)]

    def attempt(self, folder: Path, plan: Plan) -> None:
        """Prune a copy under a plan."""
        prune(folder, self.region.node, to_height(self.second), FaultyFiles(plan), faulty_store(plan))

    def check(self, folder: Path) -> bool:
        """Everything but the bodies is there, the old or the new; return whether it is the new one."""
        report = fsck(folder.parent, folder, {}, self.region.genesis_file)
        assert report.sound, report.findings
        with EmbeddedLedger.open(folder, None, FakeClock(NOW_MS + HOUR_MS)) as reader:
            assert reader.status().app_hash == self.status.app_hash
        with EmbeddedLedger.open(folder, self.region.node, FakeClock(NOW_MS + HOUR_MS)) as ledger:
            gone, now = ledger.pruned(), ledger.status()
            assert gone is not None and gone.height in (self.first, self.second)
            assert (now.app_hash, now.log_entries, now.height) == (
                self.status.app_hash,
                self.status.log_entries,
                self.status.height,
            )
            assert [ledger.header(one) for one in range(1, ledger.height() + 1)] == self.headers
            assert [event.index for event in ledger.events()] == list(range(gone.entries, now.log_entries))
            for one in range(1, ledger.height() + 1):
                if one < gone.height:
                    with pytest.raises(errors.PrunedBlock):
                        ledger.block(one)
                else:
                    assert ledger.block(one)
        assert sorted(path.name for path in folder.iterdir()) == ["blocks", "genesis", "lock", "pruned", "state"]
        assert [path.name for path in (folder / "pruned").iterdir()] == [str(gone.height)]
        after = fsck(folder.parent, folder, {}, self.region.genesis_file)
        assert after.sound and len(after.findings) == 1, after.findings
        return gone.height == self.second


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("pruning") / "ledger")


def copied(sample: Sample, tmp_path: Path, name: object) -> Path:
    return Path(shutil.copytree(sample.folder, tmp_path / str(name) / "ledger"))


def steps(sample: Sample, tmp_path: Path) -> int:
    """Return how many durable steps a pruning takes."""
    plan = Plan(0)
    folder = copied(sample, tmp_path, "whole")
    sample.attempt(folder, plan)
    assert sample.check(folder)
    return plan.steps


def test_power_cut_at_every_durable_step_of_a_pruning(sample: Sample, tmp_path: Path) -> None:
    count = steps(sample, tmp_path)
    assert count > 8
    outcomes = set()
    for step in range(1, count + 1):
        for mode in MODES:
            folder = copied(sample, tmp_path, f"{step}-{mode}")
            with pytest.raises(Crash):
                sample.attempt(folder, Plan(step, mode, seed=step))
            try:
                outcomes.add(sample.check(folder))
            except BaseException:
                print(f"power cut at durable step {step}, {mode}")
                raise
            shutil.rmtree(folder.parent)
    assert outcomes == {False, True}


@pytest.mark.parametrize(
    ("number", "refusal"),
    [(errno.ENOSPC, errors.StorageFull), (errno.EIO, errors.StorageFailed)],
    ids=["full", "failing"],
)
@pytest.mark.parametrize("mode", MODES)
def test_a_disk_that_fails_at_any_step(
    sample: Sample, tmp_path: Path, mode: Mode, number: int, refusal: type[Exception], first: First
) -> None:
    for step in range(first, steps(sample, tmp_path) + 1, first.stride):
        folder = copied(sample, tmp_path, step)
        refused = False
        try:
            sample.attempt(folder, Plan(step, mode, seed=step, error=OSError(number, "planned")))
        except refusal:
            refused = True
        done = sample.check(folder)
        assert done or refused  # never said to be done without being so
        if not done:
            assert sample_pruned_after_all(sample, folder)
        shutil.rmtree(folder.parent)


def sample_pruned_after_all(sample: Sample, folder: Path) -> bool:
    """It can be tried again."""
    prune(folder, sample.region.node, to_height(sample.second))
    return sample.check(folder)


def test_a_crash_at_the_next_opening_is_no_harm(sample: Sample, tmp_path: Path) -> None:
    count, rename = 0, _step_of_the_rename(sample, tmp_path)
    for step in range(1, 8):
        for mode in MODES:
            folder = copied(sample, tmp_path, f"{step}-{mode}")
            with pytest.raises(Crash):
                sample.attempt(folder, Plan(rename, "after"))
            plan = Plan(step, mode, seed=step)
            try:
                EmbeddedLedger.open(
                    folder, sample.region.node, FakeClock(NOW_MS + HOUR_MS), FaultyFiles(plan), faulty_store(plan)
                ).close()
            except Crash:
                count += 1
            assert sample.check(folder)
            shutil.rmtree(folder.parent)
    assert count


def _step_of_the_rename(sample: Sample, tmp_path: Path) -> int:
    class Watching(FaultyFiles):
        at = 0

        def move(self, old: Path, new: Path) -> None:
            super().move(old, new)
            Watching.at = self.plan.steps

    folder = copied(sample, tmp_path, "watched")
    prune(folder, sample.region.node, to_height(sample.second), Watching(Plan(0)))
    shutil.rmtree(folder.parent)
    return Watching.at
