"""Processes that are watched, and who holds a home: with real processes, and a clock of the tests."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from network.networks import until
from salus.bootstrap.network import held
from salus.bootstrap.network.binary import find_cometbft, version_of
from salus.bootstrap.network.errors import AlreadyUp, NoCometBFT, UntestedCometBFT
from salus.bootstrap.network.held import Holding, Process, end_all, gone, hold, holding, is_held, process_of, say
from salus.bootstrap.network.process import FIRST_S, LONGEST_S, SETTLED_S, Watched

PATIENT = "import time; print('on', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PATIENT}"


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(tmp_path: Path, clock: Clock) -> Iterator[Callable[[str], Watched]]:
    made: list[Watched] = []

    def watched(script: str) -> Watched:
        made.append(Watched(lambda: (sys.executable, "-c", script), tmp_path / "logs/one.log", 8.0, None, clock))
        return made[-1]

    yield watched
    for one in made:
        if one.pid is not None:
            os.kill(one.pid, signal.SIGKILL)
        until(lambda one=one: not one.alive(), "its end")


def on(one: Watched) -> None:
    until(lambda: one.log.is_file() and one.log.read_text().endswith("on\n"), "its first line")


def test_one_that_does_not_end_is_killed_after_its_grace(watch: Callable[[str], Watched], clock: Clock) -> None:
    one = watch(STUBBORN)
    one.start()
    on(one)
    one.end()
    one.press()
    assert one.alive() and one.ending
    clock.at += 7.9
    one.press()
    assert one.alive()
    clock.at += 0.2
    one.end()  # told again it has no more time than before
    one.press()
    until(lambda: not one.alive(), "its end")


def test_it_has_a_session_of_its_own(watch: Callable[[str], Watched]) -> None:
    one = watch(PATIENT)
    one.start()
    assert one.pid is not None and os.getsid(one.pid) == one.pid != os.getsid(0)


def test_pauses_grow_to_a_bound_and_are_short_again_after_a_good_run(
    watch: Callable[[str], Watched], clock: Clock
) -> None:
    one, pauses = watch("pass"), []
    for _ in range(10):
        one.start()
        until(lambda: not one.alive(), "its end")
        begun = clock.at
        while not one.is_due():
            clock.at += 0.25
        pauses.append(clock.at - begun)
    assert pauses == [min(FIRST_S * 2**n, LONGEST_S) for n in range(10)]
    one.start()
    clock.at += SETTLED_S
    until(lambda: not one.alive(), "its end")
    assert not one.is_due()
    clock.at += FIRST_S
    assert one.is_due() and one.starts == 11


def test_the_log_is_for_its_user_alone_and_bounded(
    watch: Callable[[str], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("salus.bootstrap.network.process.LOG_BYTES", 100)
    one = watch("print('x' * 200, flush=True)")
    for _ in range(2):
        one.start()
        until(lambda: not one.alive(), "its end")
    assert one.log.stat().st_mode & 0o077 == 0
    assert one.log.read_text() == "x" * 200 + "\n" == one.log.with_name("one.log.1").read_text()


def test_a_home_is_held_once(tmp_path: Path) -> None:
    assert not is_held(tmp_path) and holding(tmp_path) is None
    release = hold(tmp_path)
    assert is_held(tmp_path)
    with pytest.raises(AlreadyUp):
        hold(tmp_path)
    found = holding(tmp_path)
    assert found is not None and found.keeper == process_of(os.getpid()) and found.children == ()
    release()
    assert not is_held(tmp_path)


def test_looking_does_not_keep_anybody_from_holding(tmp_path: Path) -> None:
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            is_held(tmp_path)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(20):
            hold(tmp_path)()
    finally:
        done.set()
        thread.join()


def test_what_a_killed_keeper_left_is_ended_in_its_order(tmp_path: Path) -> None:
    left = [subprocess.Popen([sys.executable, "-c", PATIENT], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for one in left:
            assert one.stdout is not None and one.stdout.readline() == b"on\n"
        say(tmp_path, [one.pid for one in left])
        reaped: list[int] = []
        threads = [threading.Thread(target=lambda one=one: reaped.append(one.wait() and one.pid)) for one in left]
        for thread in threads:
            thread.start()
        hold(tmp_path)()
        for thread in threads:
            thread.join()
        assert reaped == [one.pid for one in left]
        assert [one.returncode for one in left] == [-signal.SIGTERM] * 2
    finally:
        for one in left:
            one.kill()
            one.wait()
            assert one.stdout is not None
            one.stdout.close()


def test_a_process_that_only_has_the_id_of_another_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PATIENT], stdout=subprocess.PIPE) as other:
        try:
            known = process_of(other.pid)
            assert known is not None
            stranger = Process(known.pid, known.born + 1)
            assert gone([stranger], 0) and not gone([known], 0)
            end_all([stranger])
            assert other.poll() is None
        finally:
            other.kill()


def test_a_lock_file_that_is_not_of_its_form_is_nobodys(tmp_path: Path) -> None:
    for raw in (b"", b"{", b"[]", b'{"keeper": 1}', b"\xff"):
        (tmp_path / held.FILE).write_bytes(raw)
        assert holding(tmp_path) is None
        hold(tmp_path)()
    assert isinstance(holding(tmp_path), Holding)


@pytest.mark.parametrize(
    ("said", "version"),
    [("0.39.4", "0.39.4"), ("v0.38.26", "0.38.26"), ("0.40.0+abcdef", "0.40.0+abcdef"), ("0.39.4 more", "0.39.4")],
)
def test_versions_that_are_known(tmp_path: Path, said: str, version: str) -> None:
    assert version_of(program(tmp_path, f"echo '{said}'")) == version


@pytest.mark.parametrize("said", ["0.37.9", "1.0.0", "0.390.1", "", "v", "0.39"])
def test_versions_that_are_not(tmp_path: Path, said: str) -> None:
    with pytest.raises(UntestedCometBFT):
        version_of(program(tmp_path, f"echo '{said}'"))


def test_a_program_that_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoCometBFT):
        version_of(program(tmp_path, "exit 1"))
    with pytest.raises(NoCometBFT):
        find_cometbft(tmp_path / "absent")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_cometbft() == tmp_path / "cometbft", "the one of PATH comes before that of the source tree"
    (tmp_path / "cometbft").unlink()
    monkeypatch.setattr("salus.__file__", str(tmp_path / "a/b/salus.py"))
    with pytest.raises(NoCometBFT):
        find_cometbft()


def program(folder: Path, script: str) -> Path:
    path = folder / "cometbft"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
