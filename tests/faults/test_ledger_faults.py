"""The ledger under power cuts, failing disks and killed processes: what was acknowledged is there after reopening."""

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from salus.core.envelope import parse_envelope
from salus.evidence.header import parse_header, read_block
from salus.ledger.embedded import EmbeddedLedger, checkpoints
from salus.ledger.errors import LedgerStopped, NoLedger, StorageFailed, StorageFull
from salus.machine.errors import Replayed
from salus.machine.machine import Machine
from salus.state import names
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.faults import Crash, FaultyFiles, Mode, Plan, faulty_store
from salus.testing.region import START_MS, Region

MODES: tuple[Mode, ...] = ("before", "torn", "after")
CUTS = 9 / 10  # of --fault-runs; kills, here and in the tests of vault and import, are the rest
KILLS = 1 / 16
LOAD = Path(__file__).with_name("ledger_load.py")
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_KEYS", 12)
    monkeypatch.setattr(names, "MIN_DEPTH", 1)  # so that nearly each checkpoint deepens the tree


def load(folder: Path, plan: Plan, region: Region) -> list[bytes]:
    """Create a ledger and write to it until the plan strikes or the load ends; return what was acknowledged."""
    acknowledged: list[bytes] = []
    clock = FakeClock(START_MS)
    try:
        ledger = EmbeddedLedger.create(
            folder, region.genesis_file, region.node, clock, FaultyFiles(plan), faulty_store(plan)
        )
    except Crash:
        return acknowledged
    try:
        envelope, handles = region.open_accounts(8)
        groups = [[envelope], *[[region.grant(h)[0] for h in handles[i : i + 3]] for i in range(0, 8, 2)]]
        for turn, group in enumerate(groups):
            clock.advance(turn)
            futures = [(raw, ledger.submit(region.batch(raw))) for raw in group]
            for raw, future in futures:
                result = future.result(30)
                assert result.code == 0
                acknowledged.append(raw)
            if turn % 2:
                ledger.prove([b"\x00\x02"])  # makes an empty block
    except (LedgerStopped, Crash):
        pass
    finally:
        with contextlib.suppress(Crash):
            ledger.close()  # of what crashed: lets go of the files, writes nothing
    return acknowledged


def check_sound(folder: Path, region: Region, acknowledged: list[bytes]) -> None:
    """Open with sound files: nothing acknowledged is missing, state and blocks agree, and it goes on."""
    clock = FakeClock(START_MS + 100)
    try:
        ledger = EmbeddedLedger.open(folder, region.node, clock)
    except NoLedger:
        assert not acknowledged
        ledger = EmbeddedLedger.create(folder, region.genesis_file, region.node, clock)
    with ledger:
        assert ledger.status().app_hash == replayed(ledger, region)
        if acknowledged:
            again = ledger.submit(region.batch(*acknowledged)).result(30)
            assert [result.code for result in again.results] == [Replayed.code] * len(acknowledged)
        new = ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
        assert [result.code for result in new.results] == [0]
        before = ledger.status()
    with EmbeddedLedger.open(folder, region.node, clock) as ledger:
        assert (ledger.status().app_hash, ledger.status().log_entries) == (before.app_hash, before.log_entries)
        assert len(list(ledger.events())) == before.log_entries


def replayed(ledger: EmbeddedLedger, region: Region) -> bytes:
    """Return the app hash that the blocks alone give."""
    machine = Machine(Store.in_memory())
    machine.init(region.genesis_file)
    for height in range(1, ledger.height() + 1):
        block = read_block(ledger.block(height))
        header = parse_header(region.network, block.header).header
        assert header.app_hash == machine.app_hash
        machine.execute(height, header.time, block.batches)
        machine.commit()
    return machine.app_hash


def test_power_cut_at_every_durable_step(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    whole = Plan(0)
    load(tmp_path / "whole", whole, Region())
    assert whole.steps > 12
    runs = int(request.config.getoption("--fault-runs") * CUTS)
    for run in range(runs):
        step, mode = run // len(MODES) % whole.steps + 1, MODES[run % len(MODES)]
        folder = tmp_path / str(run)
        region = Region()
        plan = Plan(step, mode, seed=run)
        acknowledged = load(folder, plan, region)
        try:
            check_sound(folder, region, acknowledged)
        except BaseException:
            print(f"seed {run}: power cut at durable step {step}, {mode}")
            raise
        shutil.rmtree(folder)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("number", "refusal"), [(errno.ENOSPC, StorageFull), (errno.EIO, StorageFailed)], ids=["full", "failing"]
)
def test_failed_write_of_a_block(tmp_path: Path, mode: Mode, number: int, refusal: type[Exception]) -> None:
    region = Region()
    plan = Plan(0, mode)
    ledger = EmbeddedLedger.create(tmp_path / "l", region.genesis_file, region.node, FakeClock(), FaultyFiles(plan))
    first, _ = region.open_accounts(1)
    assert ledger.submit(region.batch(first)).result(30).code == 0
    ledger.prove([b"\x00\x02"])
    height, before = ledger.height(), ledger.status()
    plan.step, plan.error = plan.steps + 1, OSError(number, "planned")
    lost, _ = region.open_accounts(2)
    with pytest.raises(refusal):
        ledger.submit(region.batch(lost)).result(30)
    now = ledger.status()  # a checkpoint beside it may be behind or done
    assert now._replace(checkpoint_height=before.checkpoint_height) == before
    after = ledger.submit(region.batch(lost)).result(30)  # nothing of it was stored: no replay
    assert (after.height, after.results[0].code) == (height + 1, 0)
    ledger.close()
    check_sound(tmp_path / "l", region, [first, lost])


def test_disk_that_cannot_even_be_cut_back_stops_the_ledger(tmp_path: Path) -> None:
    region = Region()
    plan = Plan(0)
    files = FaultyFiles(plan)
    ledger = EmbeddedLedger.create(tmp_path / "l", region.genesis_file, region.node, FakeClock(), files)
    first, _ = region.open_accounts(1)
    ledger.submit(region.batch(first)).result(30)
    ledger.prove([b"\x00\x02"])

    class Dead(Plan):
        def due(self) -> bool:
            return True

    plan.__class__ = Dead
    plan.error = OSError(errno.EIO, "planned")
    with pytest.raises(LedgerStopped):
        ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
    with pytest.raises(LedgerStopped):
        ledger.submit(region.batch(region.open_accounts(1)[0]))
    ledger.close()
    check_sound(tmp_path / "l", region, [first])


def test_failed_checkpoint_loses_nothing(tmp_path: Path) -> None:
    region = Region()
    plan = Plan(0)
    folder = tmp_path / "l"
    ledger = EmbeddedLedger.create(folder, region.genesis_file, region.node, FakeClock(), None, faulty_store(plan))
    plan.step, plan.error = plan.steps + 1, OSError(errno.ENOSPC, "planned")
    envelope, handles = region.open_accounts(8)
    sent = [envelope, *[region.grant(h)[0] for h in handles]]
    for raw in sent:
        assert ledger.submit(region.batch(raw)).result(30).results[0].code == 0
    ledger.close()
    check_sound(folder, region, sent)


def test_killed_process_keeps_what_it_acknowledged(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    runs = max(2, int(request.config.getoption("--fault-runs") * KILLS))
    for run in range(runs):
        folder, draw = tmp_path / str(run), random.Random(run)
        process = subprocess.Popen([sys.executable, str(LOAD), str(folder)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(draw.randrange(1, 120))]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read()  # with what it holds already; `communicate` would leave that out
        process.stdout.close()
        process.wait(60)
        known = b"".join(lines) + rest
        acknowledged = [bytes.fromhex(line.decode()) for line in known.split(b"\n")[:-1]]
        region = Region()
        region.skip_nonces(1 << 32)
        assert acknowledged
        parse_envelope(region.network, acknowledged[0])
        try:
            check_sound(folder, region, acknowledged)
        except BaseException:
            print(f"seed {run}: killed after {len(acknowledged)} acknowledgements")
            raise
        shutil.rmtree(folder)
