"""The client's side: have the server of a home run a command, write what it writes, ask what it asks."""

import os
import re
import shutil
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOBase
from pathlib import Path
from socket import socket
from typing import Any

import click

from salus import __version__
from salus.cli.beside.place import ServerGone, connect
from salus.cli.beside.wire import (
    PIECE_BYTES,
    Ask,
    Ended,
    FromClient,
    FromServer,
    Given,
    Run,
    Said,
    Stand,
    Standing,
    Waiting,
    Want,
    Wire,
    Write,
)
from salus.cli.status import SaidElsewhere
from salus.cli.terminal import terminal

_TOLD = ("SALUS_", "LC_", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LANG")
_OWN_FILE = re.compile(rb"(.*=)?/(?:dev/(?:fd/([0-9]+)|(stdin|stdout|stderr))|proc/self/fd/([0-9]+))")
_NUMBERS = {b"stdin": b"0", b"stdout": b"1", b"stderr": b"2"}


class RunThere(Exception):
    """The home that a command means is served: its server is to run it."""

    def __init__(self, connection: socket) -> None:
        super().__init__()
        self._connection = connection

    def run(self, arguments: list[str]) -> int:
        """Have the command run; return its exit status. Raises ServerGone, SaidElsewhere, OSError (output)."""
        with self._connection:
            wire = Wire(self._connection)
            _tell(wire, _call(arguments))
            return _follow(wire)


@contextmanager
def standing_still(home: Path) -> Iterator[bool]:
    """Let the server of a home write nothing while the block runs; gives False where the home is not served.

    Raises ServerGone, and SaidElsewhere in the words of a server that will not.
    """
    connection = connect(home)
    if connection is None:
        yield False
        return
    with connection:
        wire = Wire(connection)
        _tell(wire, Stand(__version__))
        answer = wire.read_from_server()
        if isinstance(answer, Ended):
            raise SaidElsewhere(answer.said, answer.status)
        if not isinstance(answer, Standing):
            raise ServerGone
        yield True
        if wire.is_gone():  # it did not stand still to the end
            raise ServerGone


def _call(arguments: list[str]) -> Run:
    here = terminal()
    told = {name: value for name, value in here.environment.items() if name.startswith(_TOLD)}
    size = shutil.get_terminal_size()
    return Run(
        __version__,
        [_own_file(os.fsencode(argument)) for argument in arguments],
        os.fsencode(Path.cwd()),
        {name: value for name, value in told.items() if value.isprintable()},
        here.program,
        sys.stdin is not None and sys.stdin.isatty(),
        sys.stdout.isatty(),
        sys.stderr.isatty(),
        size.columns,
        size.lines,
    )


def _own_file(argument: bytes) -> bytes:
    """Name an open file of this process, as `<(...)` of a shell gives one, so that the server finds it (proc(5))."""
    found = _OWN_FILE.fullmatch(argument)
    if found is None:
        return argument
    number = found[2] or found[4] or _NUMBERS[found[3]]
    return (found[1] or b"") + f"/proc/{os.getpid()}/fd/".encode() + number


def _follow(wire: Wire) -> int:
    outputs = {False: _Output(sys.stdout), True: _Output(sys.stderr)}
    while True:
        message: FromServer = wire.read_from_server()
        match message:
            case Write():
                outputs[message.error].write(message.data)
            case Ask():
                _tell(wire, Said(_ask(message)))
            case Want():
                _tell(wire, Given(_read(message.most)))
            case Waiting():
                if sys.stderr.isatty():
                    click.echo("salus: another command is at work on this home; waiting for it", err=True)
            case Ended():
                if message.said:
                    raise SaidElsewhere(message.said, message.status)
                return message.status
            case Standing():
                raise ServerGone


def _tell(wire: Wire, message: FromClient) -> None:
    """Send; of a server that took nothing more, what it said last is still to be read."""
    with suppress(BrokenPipeError):
        wire.send(message)


def _ask(question: Ask) -> str:
    if question.secret:
        return terminal().ask_secret(question.words, twice=question.twice)
    terminal().ask_to_go_on(question.words)
    return ""


def _read(most: int) -> bytes:
    stream: Any = getattr(sys.stdin, "buffer", sys.stdin)
    read = getattr(stream, "read1", stream.read)
    return bytes(read(min(most, PIECE_BYTES)))


class _Output:
    """Writes UTF-8 to a stream of this process: as it is, or in the letters that the stream has."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._decoder = getincrementaldecoder("utf-8")("replace")
        wide = (getattr(stream, "encoding", "") or "").lower().replace("-", "") == "utf8"
        self._plain = wide and isinstance(stream, TextIOBase) and hasattr(stream, "buffer")

    def write(self, data: bytes) -> None:
        if self._plain:
            self._stream.flush()
            self._stream.buffer.write(data)
        else:
            self._stream.write(self._decoder.decode(data))
        self._stream.flush()
