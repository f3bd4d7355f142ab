"""Power cuts while the log is published: never a checkpoint ahead of its tiles, and what was left is taken up again."""

import contextlib
from pathlib import Path

import pytest

from salus.client.published import NotPublished, PublishedLog
from salus.ledger.embedded.files import LocalFiles
from salus.merkle.log import Log
from salus.testing.faults import Crash, FaultyFiles, Mode, Plan
from unit.published_samples import Written, entry

MODES: tuple[Mode, ...] = ("before", "torn", "after")
SIZES = (3, 250, 256, 300, 520)
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def grown(folder: Path, plan: Plan) -> int:
    """Publish at each of SIZES until the plan strikes; return the size that was published last."""
    log, reached = Written(folder, FaultyFiles(plan)), 0
    with contextlib.suppress(Crash):
        for size in SIZES:
            log.grow(size)
            reached = size
    with contextlib.suppress(Crash):
        log.close()
    return reached


def test_power_cut_at_every_step_of_publishing(tmp_path: Path) -> None:
    whole = Plan(0)
    grown(tmp_path / "whole", whole)
    assert whole.steps > 20
    for step in range(1, whole.steps + 1):
        for mode in MODES:
            folder = tmp_path / f"{step} {mode}"
            reached = grown(folder, Plan(step, mode, seed=step))
            try:
                check(folder, reached)
            except BaseException:
                print(f"power cut at step {step} of publishing, {mode}")
                raise


def check(folder: Path, reached: int) -> None:
    """What a checkpoint is over is there, whole; the next process goes on; and then nothing is missing."""
    log = PublishedLog(folder)
    try:
        note = log.checkpoint().checkpoint
    except NotPublished:
        assert reached == 0
    else:
        assert note.size >= reached and note.root == Log(map(entry, range(note.size))).root()
        assert list(log.damages(note)) == []
    after = Written(folder, LocalFiles()).grow(600)
    after.close()
    note = log.checkpoint().checkpoint
    assert (note.size, list(log.damages(note))) == (600, [])
