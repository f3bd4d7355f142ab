"""A consortium's node under power cuts at each durable write: it comes back to what CometBFT shows it, exactly."""

import contextlib
import shutil
from pathlib import Path

import pytest

from consensus.consensus_world import Node
from salus.fsck.ledger import check_ledger
from salus.fsck.report import Severity
from salus.ledger.consensus.errors import NoVotes
from salus.ledger.embedded import checkpoints
from salus.state import names
from salus.testing.faults import Crash, Mode, Plan

MODES: tuple[Mode, ...] = ("before", "torn", "after")
CUTS = 1 / 4  # of --fault-runs
BLOCKS = 7
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_KEYS", 12)
    monkeypatch.setattr(names, "MIN_DEPTH", 1)  # so that nearly each checkpoint deepens the tree


def load(node: Node) -> None:
    """Drive the node through some blocks, of which every third is empty, waiting for the votes for each."""
    node.begin()
    for turn in range(node.deciding.height, BLOCKS):
        node.block(*([node.opening(3), node.opening()] if turn % 3 else []))
        if turn % 2:
            with contextlib.suppress(NoVotes):  # the power went at the thread that collects them
                node.ledger._commits.wait(node.ledger.height(), 0.05)


def test_power_cut_at_every_durable_step(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    whole = Plan(0)
    with Node(tmp_path / "whole", plan=whole) as node:
        load(node)
        last = node.deciding.results[-1].app_hash
    steps = whole.steps
    assert steps > 2 * BLOCKS
    for run in range(int(request.config.getoption("--fault-runs") * CUTS)):
        step, mode = run // len(MODES) % steps + 1, MODES[run % len(MODES)]
        try:
            cut(tmp_path / str(run), Plan(step, mode, seed=run), last)
        except BaseException:
            print(f"seed {run}: power cut at durable step {step}, {mode}")
            raise
        shutil.rmtree(tmp_path / str(run))


def cut(folder: Path, plan: Plan, last: bytes) -> None:
    """Let the plan strike wherever it does; then the same blocks, be they shown before or not, come to the same end."""
    node = None
    try:
        node = Node(folder / "l", plan=plan)
        load(node)
        node.ledger.close()
    except Crash:
        pass
    if node is None:  # it never opened
        node = Node(folder / "l")
    else:
        if plan.crashed:
            node.kill()
        node.plan = Plan(0)
        node.open()
    kept = node.ledger.height()
    assert node.deciding.height - 1 <= kept <= node.deciding.height
    load(node)
    assert node.ledger.height() == BLOCKS
    assert node.ledger.status().app_hash == last
    node.ledger._commits.wait(BLOCKS, 20)
    node.ledger.close()
    checked = check_ledger(folder / "l", lambda *_: None)
    assert not [one for one in checked.findings if one.severity is Severity.DAMAGED], checked.findings
    assert checked.figures["blocks"] == BLOCKS
