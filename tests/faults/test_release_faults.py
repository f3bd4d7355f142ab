"""Break-glass and sessions cut off at each durable step: what was committed is delivered or closed, nothing twice.

After a crash the region is opened again, which resumes; then the letters that still lie there are worked
through. What may remain open is only what was never under way.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from faults.first import First
from faults.release_world import (
    PAGES,
    PASSPHRASE,
    SCENARIOS,
    Crash,
    answer_chart,
    dying,
    found,
    handle_of,
)
from salus.bootstrap import Region, open_region
from salus.contracts.access import queries as access
from salus.contracts.access.types import Outcome
from salus.contracts.consent import queries as consent
from salus.core.encoding import decode
from salus.evidence.format import Page
from salus.fsck.home import fsck_home
from salus.services import sessions
from salus.services.break_glass import list_broken
from salus.services.close_session import check_log, show_log
from salus.services.directives import list_directives
from salus.services.inbox import process_inbox
from salus.services.receive import Received
from salus.services.receive_session import ClosedSession, ReceivedPage
from salus.vault import keystore

MOST_STEPS = 60
Founded = dict[str, tuple[Path, bytes]]


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """A region for each scenario in which the clinic has asked, with the id of its request."""
    home = tmp_path_factory.mktemp("release") / "home"
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystore, "MEMORY_KIB", 128)
        patch.setattr(keystore, "ITERATIONS", 1)
        found(home)
        for scenario, (ask, _) in SCENARIOS.items():
            copy = home.with_name(scenario)
            shutil.copytree(home, copy)
            with open_region(copy, PASSPHRASE) as region:
                made[scenario] = copy, ask(region)
    return made


def crash(home: Path, scenario: str, asked: bytes, step: int, mode: str) -> int:
    """Play the scenario up to the step; return how many steps there were, 0 where the step was never reached."""
    region = open_region(home, PASSPHRASE)
    try:
        region.organisation("north"), region.organisation("clinic"), region.person("alma")

        def die() -> None:
            raise Crash

        with dying(step, mode, die) as count:
            SCENARIOS[scenario][1](region, asked)
        return count[0] if not step else 0
    except Crash:
        return step
    finally:
        region.close()


def check_glass(region: Region, asked: bytes) -> None:
    """The release stands once on the ledger, with its review, and its letter is there to be received."""
    north, clinic, handle = region.organisation("north"), region.organisation("clinic"), handle_of(region)
    process_inbox(north)
    answer = access.answer(region.ledger.view(), handle, asked)
    assert answer is not None and answer.outcome == Outcome.BREAK_GLASS
    assert [one.release for one in list_broken(region.ledger, handle)] == [asked]
    got = [item.outcome for item in process_inbox(clinic)]
    assert got and all(isinstance(one, Received) for one in got), got
    assert [task for task in north.vault.outbox.next(100) if task.kind == "release"] == []


def check_chart(region: Region, session: bytes) -> None:
    """The session is closed over exactly what its log holds, and every page that came is in it; one use was counted."""
    north, clinic, handle = region.organisation("north"), region.organisation("clinic"), handle_of(region)
    answer_chart(region, session)
    state = region.ledger.view()
    answer = access.answer(state, handle, session)
    assert answer is not None and answer.outcome == Outcome.SESSION and answer.leaves is not None
    (directive,) = list_directives(region.ledger, handle)
    assert consent.used(state, handle, directive.chain) == 1
    log = [decode(kept.page, Page) for kept in sessions.pages(north, session)]
    assert [page.number for page in log] == sorted({page.number for page in log})
    assert len(log) <= 2 * PAGES  # those before the crash, and those asked for again
    assert check_log(region.ledger, handle, session, show_log(north, session)) == tuple(log)
    outcomes = [item.outcome for item in process_inbox(clinic)]
    pages = {one.number for one in outcomes if isinstance(one, ReceivedPage)}
    assert pages <= {page.number for page in log}
    assert any(isinstance(one, ClosedSession) for one in outcomes), outcomes
    assert sessions.open_tasks(north) == [] and sessions.interrupted(north) == frozenset()


CHECKS = {"break-glass": check_glass, "session": check_chart}


@pytest.mark.parametrize("mode", ["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_at_each_durable_step(founded: Founded, tmp_path: Path, scenario: str, mode: str, first: First) -> None:
    """Each with `--fault-runs 600` or more; with fewer runs every third, beginning anywhere."""
    reached = 0
    for step in range(first, MOST_STEPS, first.stride):
        home = tmp_path / str(step)
        shutil.copytree(founded[scenario][0], home)
        asked = founded[scenario][1]
        if not crash(home, scenario, asked, step, mode):
            break
        reached = step
        with open_region(home, PASSPHRASE) as region:
            CHECKS[scenario](region, asked)
        shutil.rmtree(home)
    assert reached > {"break-glass": 5, "session": 20}[scenario] - first.stride


def test_killed_processes(
    founded: dict[str, tuple[Path, bytes]], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tests.parent / "src"), str(tests)))}
    for turn in range(max(4, request.config.getoption("--fault-runs") // 50)):
        scenario, mode = rng.choice(sorted(SCENARIOS)), rng.choice(["before", "after"])
        step = rng.randrange(1, {"break-glass": 6, "session": 21}[scenario])
        home = tmp_path / str(turn)
        shutil.copytree(founded[scenario][0], home)
        asked = founded[scenario][1]
        command = [sys.executable, "-m", "faults.release_world", str(home), scenario, str(step), mode, asked.hex()]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=120)
        assert done.returncode == -signal.SIGKILL, (scenario, step, mode, done.stderr)
        with open_region(home, PASSPHRASE) as region:
            CHECKS[scenario](region, asked)
        report = fsck_home(home, PASSPHRASE)
        assert report.sound, (scenario, step, mode, report.findings)
