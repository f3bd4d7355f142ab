"""The process that makes a server's blocks is killed, stopped, left alone. Real processes; a failure names its seed."""

import os
import random
import signal
import time
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from serving_load import Load, executed, found_home, fresh, signed, stands

from e2e.command_line import once, salus
from e2e.serving_process import EXECUTOR, ended, served, start
from salus.ledger.errors import ExecutorGone, LedgerLocked

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home that was founded just now, by the clock of this machine."""
    return once(tmp_path_factory, "for-serving", found_home)


def runs(request: pytest.FixtureRequest, share: int) -> range:
    return range(max(1, request.config.getoption("--fault-runs") // share))


def apart(home: Path):
    return served(home, "--executor", "apart")


def gone(pid: int) -> bool:
    """True once no executor has that number any more."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if EXECUTOR not in Path(f"/proc/{pid}/cmdline").read_bytes():
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_killed_under_load_its_server_says_so_and_ends_and_nothing_acknowledged_is_lost(
    made: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for seed in runs(request, 200):
        chance, home, load = random.Random(seed), fresh(made, tmp_path / f"{seed}"), Load()
        envelopes = signed(home, 120)
        with apart(home) as server:
            assert server.executor != server.process.pid
            with load.posting(server.url, envelopes, chance.randrange(1, 80)):
                os.kill(server.executor, signal.SIGKILL)
                status, out, err = ended(server.process)
        assert (status, out) == (4, "") and err == f"salus: {ExecutorGone()}\n", (seed, err)
        assert set(load.refused.values()) <= {(503, ExecutorGone.code)}, f"seed {seed}"
        before = dict(load.acknowledged)
        assert len(before) < len(envelopes), f"seed {seed}"
        stands(home, load)
        assert salus("fsck", home=home).status == 0, f"seed {seed}"
        again = Load()
        with apart(home) as server:
            again.post_all(server.url, envelopes)
        assert not again.refused and len(again.acknowledged) == len(envelopes), f"seed {seed}"
        assert {one: again.acknowledged[one] for one in before} == before, f"seed {seed}"
        assert executed(home) == len(envelopes), f"seed {seed}"


def test_left_alone_it_ends_at_once_and_the_home_can_be_served_again(made: Path, tmp_path: Path) -> None:
    home, load = fresh(made, tmp_path / "home"), Load()
    envelopes = signed(home, 80)
    with apart(home) as server:
        executor = server.executor
        with load.posting(server.url, envelopes, 20):
            server.process.kill()
            with apart(home) as after:  # without waiting for it
                again = Load()
                again.post_all(after.url, envelopes)
            assert gone(executor)
    assert not again.refused and len(again.acknowledged) == len(envelopes)
    assert {one: again.acknowledged[one] for one in load.acknowledged} == load.acknowledged
    assert executed(home) == len(envelopes)
    assert salus("fsck", home=home).status == 0


def test_one_that_stands_still_holds_up_what_is_posted_and_nothing_that_is_read(made: Path, tmp_path: Path) -> None:
    home, load = fresh(made, tmp_path / "home"), Load()
    envelopes = signed(home, 20)
    with apart(home) as server:
        executor = server.executor
        load.post_all(server.url, envelopes[:5])
        os.kill(executor, signal.SIGSTOP)
        try:
            rest = Thread(target=load.post_all, args=(server.url, envelopes[5:]))
            rest.start()
            assert httpx2.get(f"{server.url}/ready").status_code == 200
            rest.join(0.5)
            assert rest.is_alive() and len(load.acknowledged) == 5
        finally:
            os.kill(executor, signal.SIGCONT)
        rest.join(60)
        assert not load.refused and len(load.acknowledged) == len(envelopes)
        assert server.end() == (0, "", "")
    stands(home, load)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_asks_processes_to_end_is_the_servers_affair(made: Path, tmp_path: Path, by: int) -> None:
    """A supervisor tells all processes of a service: what is under way lands all the same."""
    home, load = fresh(made, tmp_path / "home"), Load()
    envelopes = signed(home, 60)
    with apart(home) as server:
        executor = server.executor
        with load.posting(server.url, envelopes, 10):
            os.kill(executor, by)
            assert server.end(by) == (0, "", "")
        assert gone(executor)
    assert len(load.acknowledged) >= 10 and not load.refused
    stands(home, load)
    assert salus("fsck", home=home).status == 0


def test_what_keeps_it_from_opening_is_the_servers_one_line(made: Path, tmp_path: Path) -> None:
    home = fresh(made, tmp_path / "home")
    with apart(home):
        (home / "serving.sock").unlink()
        status, out, err = ended(start("serve", "--home", home, "--listen", "127.0.0.1:0", "--executor", "apart"))
    assert (status, out, err) == (4, "", f"salus: {LedgerLocked()}\n")
