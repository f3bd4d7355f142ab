"""Client and server of a command, each end alone: questions, input, output, and who is let in."""

import io
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest

from salus import __version__
from salus.bootstrap import Region
from salus.cli.beside import client, host, place
from salus.cli.beside.client import RunThere
from salus.cli.beside.place import NAME, ServerGone
from salus.cli.status import SaidElsewhere
from salus.cli.terminal import Terminal, terminal, use_terminal
from salus.config import read_config


class Answers:
    """A terminal at which what is asked is answered by what was laid ready."""

    program, size = "salus", None

    def __init__(self, *given: str, **environment: str) -> None:
        self.given, self.environment, self.asked = list(given), environment, []

    def attended(self) -> bool:
        return True

    def ask_secret(self, words: str, *, twice: bool) -> str:
        self.asked.append((words, twice))
        return self.given.pop(0)

    def ask_to_go_on(self, words: str) -> None:
        self.asked.append(words)
        if self.given.pop(0) != "yes":
            raise click.Abort

    def pause(self, seconds: float) -> None:
        raise AssertionError

    def check(self) -> None:
        raise AssertionError


@contextmanager
def hosted(folder: Path, run: Any) -> Iterator[Path]:
    """Run commands by `run` in a folder, as a server does."""
    with host.hosting(cast(Region, SimpleNamespace(home=folder)), run):
        yield folder


def call(folder: Path, *arguments: str, at: Any = None) -> tuple[int, str]:
    """Have a command run by the server of a folder; return (status, output). The output is not this process's own."""

    def called() -> tuple[int, str]:
        use_terminal(cast(Terminal, at or Answers()))
        connection = place.connect(folder)
        assert connection is not None
        out = io.TextIOWrapper(io.BytesIO(), "utf-8")
        before, sys.stdout = sys.stdout, out
        try:
            status = RunThere(connection).run(list(arguments))
        finally:
            sys.stdout = before
        out.flush()
        return status, cast(io.BytesIO, out.buffer).getvalue().decode()

    return copy_context().run(called)


# Both ends run in this one process here, and each puts its own streams in the place of sys.stdout: so `run` writes to
# what it was given.


def test_questions_are_asked_where_the_caller_is(tmp_path: Path) -> None:
    told: list[object] = []

    def run(arguments: list[str]) -> int:
        told.append(terminal().ask_secret("Passphrase", twice=True))
        terminal().ask_to_go_on("Go on?")
        told.append((terminal().attended(), terminal().size is not None, terminal().program))
        return 7

    at = Answers("geheim", "yes")
    with hosted(tmp_path, run):
        assert call(tmp_path, at=at)[0] == 7
    assert at.asked == [("Passphrase", True), "Go on?"]
    assert told[0] == "geheim" and told[1][1:] == (True, "salus")


def test_who_says_no_ends_the_command(tmp_path: Path) -> None:
    ended = Event()

    def run(arguments: list[str]) -> int:
        try:
            terminal().ask_to_go_on("Go on?")
        except click.Abort:
            ended.set()
        return 130

    with hosted(tmp_path, run), pytest.raises(click.Abort):
        call(tmp_path, at=Answers("no"))
    assert ended.wait(10)


def test_arguments_folder_and_environment_reach_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(arguments: list[str]) -> int:
        found.extend((arguments, Path.cwd(), read_config().home, dict(terminal().environment)))
        return 0

    at = Answers(SALUS_HOME="other-home", LANG="zh_CN.UTF-8", SECRET="none of its business", PATH="/bin")
    with hosted(tmp_path, run):
        assert call(tmp_path, "record", "show", "\udcff", "Zoë", at=at)[0] == 0
        assert Path.cwd() == tmp_path / "here"
    assert found == [
        ["record", "show", "\udcff", "Zoë"],
        tmp_path / "here",
        Path("other-home"),
        {"SALUS_HOME": "other-home", "LANG": "zh_CN.UTF-8"},
    ]


@pytest.mark.parametrize(
    ("given", "number"),
    [("/dev/fd/63", "63"), ("/dev/stdin", "0"), ("/proc/self/fd/5", "5"), ("--file=/dev/fd/7", "7")],
)
def test_open_files_of_the_caller_are_named_as_its_own(given: str, number: str) -> None:
    named = client._own_file(os.fsencode(given)).decode()
    assert named.removeprefix("--file=") == f"/proc/{os.getpid()}/fd/{number}"
    assert client._own_file(b"/dev/fd/63/x") == b"/dev/fd/63/x" and client._own_file(b"plain") == b"plain"


def test_another_user_is_not_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    with hosted(tmp_path, lambda arguments: ran.append("ran") or 0):
        monkeypatch.setattr(host, "peer_user", lambda connection: os.geteuid() + 1)
        with pytest.raises((ServerGone, BrokenPipeError)):
            call(tmp_path)
        monkeypatch.undo()
        assert call(tmp_path)[0] == 0
    assert ran == ["ran"]


def test_a_server_that_ends_waits_for_the_command_at_work(tmp_path: Path) -> None:
    begun, go_on, order = Event(), Event(), []

    def run(arguments: list[str]) -> int:
        begun.set()
        assert go_on.wait(30)
        order.append("the command")
        return 0

    def let_go() -> None:
        with pytest.raises(ServerGone):
            RunThere(connection).run([])

    with hosted(tmp_path, run):
        connection = cast(socket.socket, place.connect(tmp_path))
        caller = Thread(target=let_go)
        caller.start()
        assert begun.wait(30)
        Thread(target=lambda: (caller.join(30), go_on.set())).start()  # once the caller was let go of
    order.append("the server")
    assert order == ["the command", "the server"]
    assert not (tmp_path / NAME).exists()


def test_what_is_left_of_a_killed_server_is_no_server(tmp_path: Path) -> None:
    assert place.connect(tmp_path) is None and place.connect(tmp_path / "nowhere") is None
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / NAME))
    assert (tmp_path / NAME).is_socket() and place.connect(tmp_path) is None and not place.is_served(tmp_path)
    with hosted(tmp_path, lambda arguments: 3):
        assert place.is_served(tmp_path) and call(tmp_path)[0] == 3


def test_the_release_of_both_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(tmp_path, lambda arguments: 0):
        monkeypatch.setattr(client, "__version__", f"{__version__}.1")
        with pytest.raises(SaidElsewhere) as refused:
            call(tmp_path)
    assert refused.value.status == 4 and "0x6232" in refused.value.words
