"""The lock of a ledger: an executor that is about to end is waited for, anybody else is not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from salus.ledger.embedded import lock
from salus.ledger.embedded.lock import LOCK, is_leaving, take_ledger

HOLDS = """
import sys
from pathlib import Path
from salus.disk import take_lock
release = take_lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(path)], text=True, **pipes) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How often it was waited, without waiting."""
    found: list[float] = []
    monkeypatch.setattr(lock, "sleep", found.append)
    return found


def test_who_stays_is_not_waited_for(tmp_path: Path, looked: list[float]) -> None:
    path = tmp_path / LOCK
    with held(path) as process:
        for said in ("", "garbage\n", f"{process.pid} {os.getpid()}\n", "999999999 1\n"):  # its server is there; none
            path.write_text(said)
            assert not is_leaving(path)
            with pytest.raises(BlockingIOError):
                take_ledger(path)
            with pytest.raises(BlockingIOError):
                take_ledger(path, shared=True)
    assert not looked
    assert not is_leaving(tmp_path / "nothing")


@pytest.mark.parametrize("shared", [False, True])
def test_an_executor_without_its_server_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    path, waited = tmp_path / LOCK, []
    with held(path) as process:
        path.write_text(f"{process.pid} 999999999\n")  # it has another parent than the one that started it

        def wait(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                process.kill()
                process.wait()

        monkeypatch.setattr(lock, "sleep", wait)
        take_ledger(path, shared=shared)()
    assert len(waited) == 3


def test_one_that_does_not_end_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, now = tmp_path / LOCK, [0.0]
    monkeypatch.setattr(lock, "monotonic", lambda: now[0])
    monkeypatch.setattr(lock, "sleep", lambda seconds: now.__setitem__(0, now[0] + 1))
    with held(path) as process:
        path.write_text(f"{process.pid} 999999999\n")
        with pytest.raises(BlockingIOError):
            take_ledger(path)
    assert now[0] == lock.LEAVING_S + 1


def test_what_it_says_is_whose_it_is(tmp_path: Path) -> None:
    lock.say_whose(tmp_path / LOCK)
    assert (tmp_path / LOCK).read_text() == f"{os.getpid()} {os.getppid()}\n"
    assert not is_leaving(tmp_path / LOCK)
    lock.say_whose(tmp_path / "nowhere" / LOCK)  # nothing is raised
