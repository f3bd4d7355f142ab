"""Whom a command talks to: the terminal of this process, or that of a client for whom a server runs the command."""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

import click


class Terminal(Protocol):
    """What a command may ask of whoever called it."""

    @property
    def program(self) -> str:
        """How this program is called from there: `salus`, or its path where the shell does not find it."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment it was called in, as far as it matters."""
        ...

    @property
    def size(self) -> tuple[int, int] | None:
        """Columns and lines; None where whoever prints finds out."""
        ...

    def attended(self) -> bool:
        """True if somebody can be asked."""
        ...

    def ask_secret(self, words: str, *, twice: bool) -> str:
        """Ask without showing what is typed; raise click.Abort where nobody answers."""
        ...

    def ask_to_go_on(self, words: str) -> None:
        """Ask yes or no; raise click.Abort for no."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait, and let other commands go first; raise KeyboardInterrupt where the caller went away."""
        ...

    def check(self) -> None:
        """Raise KeyboardInterrupt where the caller went away: between two steps, where nothing is half-done."""
        ...


class OwnTerminal:
    """The terminal of this process."""

    environment: Mapping[str, str] = os.environ
    size: tuple[int, int] | None = None

    @property
    def program(self) -> str:
        """See `Terminal`."""
        here = Path(sys.argv[0])
        if here.name != "salus" or shutil.which("salus") == str(here.absolute()):
            return "salus"
        return shlex.quote(os.path.relpath(here))

    def attended(self) -> bool:
        """See `Terminal`."""
        return sys.stdin.isatty()

    def ask_secret(self, words: str, *, twice: bool) -> str:
        """See `Terminal`."""
        asked: str = click.prompt(words, hide_input=True, confirmation_prompt=twice, err=True)
        return asked

    def ask_to_go_on(self, words: str) -> None:
        """See `Terminal`."""
        click.confirm(words, abort=True, err=True)

    def pause(self, seconds: float) -> None:
        """See `Terminal`."""
        time.sleep(seconds)

    def check(self) -> None:
        """The caller of this process interrupts it by a signal."""


_CURRENT: ContextVar[Terminal | None] = ContextVar("terminal", default=None)
_OWN = OwnTerminal()


def terminal() -> Terminal:
    """Return the terminal of the command that is being run."""
    return _CURRENT.get() or _OWN


def use_terminal(other: Terminal) -> None:
    """Let the commands of this thread talk to another terminal."""
    _CURRENT.set(other)
