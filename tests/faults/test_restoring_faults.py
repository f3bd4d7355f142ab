"""Snapshots and their taking over under power cuts and failing disks: whole, or as if nothing had been."""

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.first import First
from salus.fsck.ledger import check_ledger
from salus.fsck.report import Severity
from salus.ledger.consensus.restoring import Apply, Offer
from salus.ledger.consensus.snapshots import Snapshots, write_snapshot
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.files import LocalFiles
from salus.machine import export
from salus.testing.clock import FakeClock
from salus.testing.faults import Crash, FaultyFiles, Mode, Plan, faulty_store
from unit.pruned_samples import short_region
from unit.snapshot_samples import NOW_MS, SMALL, Origin, machine_of, new_ledger, origin, reopened, restoring, send

MODES: tuple[Mode, ...] = ("before", "torn", "after")
START = ["blocks", "genesis", "lock", "state"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "CHUNK_BYTES", 4 * SMALL)
        yield origin(tmp_path_factory.mktemp("origin") / "ledger", short_region(), accounts=20)


@pytest.fixture(scope="module")
def empty(made: Origin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_ledger(tmp_path_factory.mktemp("empty") / "ledger", made.region)


def take_over(made: Origin, folder: Path, plan: Plan) -> Apply:
    """Take the snapshot over under a plan; return the last answer."""
    taking = restoring(folder, made.region, FaultyFiles(plan), faulty_store(plan))
    if taking.offer(made.snapshot, made.app_hash) != Offer.ACCEPT:
        return Apply.ABORT
    for index, chunk in enumerate(made.chunks):
        answer = taking.apply(index, chunk, "peer").result
        if answer != Apply.ACCEPT:
            return Apply(answer)
    return Apply.ACCEPT


def check(made: Origin, folder: Path) -> bool:
    """The ledger is new as it was, or begins with the snapshot; return whether it does. Nothing else is left."""
    found = check_ledger(folder, lambda *_: None, made.region.genesis_file).findings
    assert Severity.DAMAGED not in [one.severity for one in found], found
    restoring(folder, made.region)  # as at every opening of a consortium's ledger
    with reopened(folder, made.region) as ledger:
        done = ledger.height() != 0
        if done:
            assert (ledger.height(), ledger.status().app_hash) == (made.snapshot.height, made.app_hash)
    kept = ["blocks", "genesis", "lock", *(["pruned"] if done or (folder / "pruned").exists() else []), "state"]
    assert sorted(path.name for path in folder.iterdir()) == kept
    assert [path.name for path in folder.glob("pruned/*")] == ([str(made.snapshot.height + 1)] if done else [])
    return done


def steps(made: Origin, empty: Path, folder: Path) -> int:
    """Return how many durable steps it takes."""
    plan = Plan(0)
    shutil.copytree(empty, folder)
    assert take_over(made, folder, plan) == Apply.ACCEPT
    assert check(made, folder)
    return plan.steps


def test_power_cut_at_every_durable_step_of_taking_over(made: Origin, empty: Path, tmp_path: Path) -> None:
    count = steps(made, empty, tmp_path / "whole")
    assert count > 12
    outcomes = set()
    for step in range(1, count + 1):
        for mode in MODES:
            folder = Path(shutil.copytree(empty, tmp_path / f"{step}-{mode}"))
            with pytest.raises(Crash):
                take_over(made, folder, Plan(step, mode, seed=step))
            try:
                done = check(made, folder)
                if not done:
                    assert take_over(made, folder, Plan(0)) == Apply.ACCEPT
                    assert check(made, folder)
            except BaseException:
                print(f"power cut at durable step {step}, {mode}")
                raise
            outcomes.add(done)
            shutil.rmtree(folder)
    assert outcomes == {False, True}


@pytest.mark.parametrize("mode", MODES)
def test_a_disk_that_fails_at_any_step_of_taking_over(
    made: Origin, empty: Path, tmp_path: Path, mode: Mode, first: First
) -> None:
    for step in range(first, steps(made, empty, tmp_path / "whole") + 1, first.stride):
        folder = Path(shutil.copytree(empty, tmp_path / str(step)))
        try:
            answer = take_over(made, folder, Plan(step, mode, seed=step, error=OSError(errno.ENOSPC, "planned")))
        except OSError:  # at the start, or once the block file moves: the node stops
            answer = Apply.ABORT
        try:
            done = check(made, folder)
            assert done or answer == Apply.ABORT  # never said to be done without being so
        except BaseException:
            print(f"failure at durable step {step}, {mode}")
            raise
        shutil.rmtree(folder)


def test_power_cut_at_every_durable_step_of_a_snapshot(made: Origin, tmp_path: Path) -> None:
    machine = machine_of(made.folder)
    plan = Plan(0)
    write_snapshot(machine, tmp_path / "whole", FaultyFiles(plan))
    for step in range(1, plan.steps + 1):
        for mode in MODES:
            folder = tmp_path / f"{step}-{mode}"
            with pytest.raises(Crash):
                write_snapshot(machine, folder, FaultyFiles(Plan(step, mode, seed=step)))
            found = Snapshots(folder, LocalFiles(), made.region.network).list()
            assert [one for one in found if one != made.snapshot] == []
            names = [path.name for path in folder.glob("snapshots/*")]
            assert names == [str(one.height) for one in found]
            write_snapshot(machine, folder, LocalFiles())
            assert Snapshots(folder, LocalFiles(), made.region.network).list() == [made.snapshot]


def test_power_cut_while_a_state_is_made_anew(made: Origin, empty: Path, tmp_path: Path) -> None:
    begun = Path(shutil.copytree(empty, tmp_path / "begun"))
    assert take_over(made, begun, Plan(0)) == Apply.ACCEPT
    shutil.rmtree(begun / "state")
    shutil.copytree(empty / "state", begun / "state")

    crashes = 0
    for step in range(1, 8):
        for mode in MODES:
            folder = Path(shutil.copytree(begun, tmp_path / f"{step}-{mode}"))
            plan = Plan(step, mode, seed=step)
            try:
                EmbeddedLedger.open(
                    folder, made.region.node, FakeClock(NOW_MS), FaultyFiles(plan), faulty_store(plan)
                ).close()
            except Crash:
                crashes += 1
            with reopened(folder, made.region) as ledger:
                assert ledger.status().app_hash == made.app_hash
                assert send(ledger, made.region, made.region.grant(made.handles[0])[0]) == [0]
    assert crashes > 3
