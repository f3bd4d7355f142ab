"""A home served by a process of its own, as `salus serve` does it."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-m", "salus")
EXECUTOR = b"salus.ledger.apart.serve"
PATIENCE_S = 60


@dataclass
class Server:
    """A running server; `said` is the JSON line it began with."""

    process: subprocess.Popen[bytes]
    said: dict[str, Any]

    @property
    def url(self) -> str:
        return self.said["url"]

    @property
    def executor(self) -> int:
        """The number of the process that makes its blocks: its own, or that of its child that does."""
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(FileNotFoundError):  # a thread ends, or a child does
                for child in (task / "children").read_text().split():
                    if EXECUTOR in Path(f"/proc/{child}/cmdline").read_bytes():
                        return int(child)
        return self.process.pid

    def end(self, by: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Tell it to end; return (exit status, what else it said, errors)."""
        self.process.send_signal(by)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out.decode(), err.decode()


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """Start `salus ARGUMENTS` with pipes."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen([*PROGRAM, *map(str, arguments)], **pipes | {"preexec_fn": _as_from_a_terminal} | options)


def _as_from_a_terminal() -> None:
    """Whatever runs the tests may ignore these signals, and its children with it: as `nohup` does."""
    for one in (signal.SIGHUP, signal.SIGINT):
        signal.signal(one, signal.SIG_DFL)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Return (exit status, output, errors) of a process that ends by itself."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, (out or b"").decode(), (err or b"").decode()


def first_line(process: subprocess.Popen[bytes]) -> str:
    """Return the first line of a process's output; fails with its errors where it ends before."""
    assert process.stdout is not None and process.stderr is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
    line = process.stdout.readline() if ready else b""
    if not line:
        process.kill()
        raise AssertionError(process.stderr.read().decode())
    return line.decode()


@contextmanager
def served(home: Path, *options: object, verb: str = "serve", **process: Any) -> Iterator[Server]:
    """Serve `home` on a free port, or on the one that `options` name, while the block runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SALUS_")}
    command = (verb, "--home", home, "--listen", "127.0.0.1:0", "--json", *options)
    started = start(*command, **({"env": environment} | process))
    try:
        yield Server(started, json.loads(first_line(started)))
    finally:
        if started.poll() is None:
            started.terminate()
            try:
                started.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                started.kill()
                started.communicate()
        for stream in (started.stdout, started.stderr):
            if stream is not None:
                stream.close()
