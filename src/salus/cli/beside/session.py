"""The server's side of one command: its output, its input and its questions go to the client over the wire."""

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

import click

from salus.cli.beside.place import FolderGone, ServerGone
from salus.cli.beside.wire import PIECE_BYTES, Ask, Given, Run, Said, Waiting, Want, Wire, Write

PATIENCE_S = 1.0  # then a client is told that it waits


class Slot:
    """One command at a time: while it is held, this process's standard streams and folder are the command's.

    What else a server does names files absolutely and writes to no standard stream.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._folder = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    @contextmanager
    def held(self, session: "Session") -> Iterator[None]:
        """Hold it while the block runs; raise FolderGone, KeyboardInterrupt where the client left meanwhile."""
        if not self._lock.acquire(timeout=PATIENCE_S):
            session.wire.send(Waiting())
            while not self._lock.acquire(timeout=PATIENCE_S):
                session.check()
        before = sys.stdin, sys.stdout, sys.stderr
        try:
            session.check()
            try:
                os.chdir(session.asked.folder)
            except OSError:
                raise FolderGone from None
            sys.stdin, sys.stdout, sys.stderr = session.streams
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
            os.fchdir(self._folder)
            self._lock.release()

    @contextmanager
    def lent(self, session: "Session") -> Iterator[None]:
        """Let others have it while the block runs, inside of `held`."""
        sys.stdout.flush()
        own = sys.stdin, sys.stdout, sys.stderr
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            os.chdir(session.asked.folder)
            sys.stdin, sys.stdout, sys.stderr = own

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._folder)


class Session:
    """A client's terminal; implements `cli.terminal.Terminal`."""

    def __init__(self, wire: Wire, asked: Run, slot: Slot) -> None:
        self.wire, self.asked, self._slot = wire, asked, slot
        self.streams = (
            _input(wire, asked.input_is_terminal),
            _output(wire, error=False, is_terminal=asked.output_is_terminal),
            _output(wire, error=True, is_terminal=asked.error_is_terminal),
        )

    @property
    def program(self) -> str:
        """See `Terminal`."""
        return self.asked.program

    @property
    def environment(self) -> Mapping[str, str]:
        """See `Terminal`."""
        return self.asked.environment

    @property
    def size(self) -> tuple[int, int] | None:
        """See `Terminal`."""
        return self.asked.columns, self.asked.lines

    def attended(self) -> bool:
        """See `Terminal`."""
        return self.asked.input_is_terminal

    def ask_secret(self, words: str, *, twice: bool) -> str:
        """See `Terminal`."""
        return self._asked(Ask(words, True, twice))

    def ask_to_go_on(self, words: str) -> None:
        """See `Terminal`."""
        self._asked(Ask(words, False, False))

    def pause(self, seconds: float) -> None:
        """See `Terminal`."""
        with self._slot.lent(self):
            gone = self.wire.wait_until_gone(max(seconds, 0.001))
        if gone:
            raise KeyboardInterrupt

    def check(self) -> None:
        """See `Terminal`."""
        if self.wire.is_gone():
            raise KeyboardInterrupt

    def _asked(self, question: Ask) -> str:
        sys.stdout.flush()
        try:
            self.wire.send(question)
            answer = self.wire.read_from_client()
        except (ServerGone, BrokenPipeError):
            raise click.Abort from None
        if not isinstance(answer, Said):
            raise click.Abort
        return answer.text


def _input(wire: Wire, is_terminal: bool) -> io.TextIOWrapper:
    raw: io.RawIOBase = _Input(wire, is_terminal)
    return io.TextIOWrapper(io.BufferedReader(raw), "utf-8", "replace")


def _output(wire: Wire, *, error: bool, is_terminal: bool) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(wire, error, is_terminal), PIECE_BYTES),
        "utf-8",
        "surrogateescape",
        write_through=True,
    )


class _Output(io.RawIOBase):
    def __init__(self, wire: Wire, error: bool, is_terminal: bool) -> None:
        super().__init__()
        self._wire, self._error, self._is_terminal = wire, error, is_terminal

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, data: "io.Buffer", /) -> int:  # type: ignore[name-defined]
        raw = bytes(data)[:PIECE_BYTES]
        self._wire.send(Write(self._error, raw))
        return len(raw)


class _Input(io.RawIOBase):
    def __init__(self, wire: Wire, is_terminal: bool) -> None:
        super().__init__()
        self._wire, self._is_terminal = wire, is_terminal

    def readable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._is_terminal

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        self._wire.send(Want(len(buffer)))
        answer = self._wire.read_from_client()
        if not isinstance(answer, Given):
            raise BrokenPipeError
        data = answer.data[: len(buffer)]
        buffer[: len(data)] = data
        return len(data)
