"""The verifying process as its parent sees it: a pipe in, a pipe out, eight bytes of memory that both see."""

import os
import subprocess
from collections.abc import Callable, Sequence
from fcntl import F_SETPIPE_SZ, fcntl
from mmap import mmap
from select import select
from threading import Lock
from time import monotonic

PIPE_BYTES = 1024**2
HUNG_S = 10.0  # without reading anything that is there for it
WAIT_S = 2.0  # for its end
KEY_BYTES = 32
_ALL = 2**63
_LOOK_S = 0.2


class Child:
    """A started process of `verifying`. `write` is for one thread, `answers` for another; raises OSError at first."""

    def __init__(self, command: Sequence[str]) -> None:
        descriptor = os.memfd_create("settled")
        try:
            os.ftruncate(descriptor, 8)
            self._settled = mmap(descriptor, 8)
            self._process = subprocess.Popen(
                [*command, str(descriptor)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                pass_fds=(descriptor,),
            )
        finally:
            os.close(descriptor)
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("no pipes")
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        for pipe in (self._in, self._out):
            os.set_blocking(pipe, False)
            _enlarge(pipe)
        self.given = 0  # batches
        self._up_to = 0
        self._part = b""  # of an answer
        self._lock = Lock()  # no pipe is closed while it is read

    @property
    def alive(self) -> bool:
        """True until it has ended."""
        return self._process.poll() is None

    def write(self, raw: bytes, giving_up: Callable[[], bool]) -> None:
        """Hand over a batch. Raises OSError where it has ended, hangs, or `giving_up` turns true."""
        rest = memoryview(len(raw).to_bytes(4, "big") + raw)
        since = monotonic()
        while rest:
            _, ready, _ = select((), (self._in,), (), _LOOK_S)
            if giving_up() or monotonic() - since > HUNG_S:
                raise TimeoutError
            if ready:
                rest = rest[os.write(self._in, rest) :]
                since = monotonic()

    def answers(self) -> list[bytes]:
        """Return the whole answers that have come since; does not wait."""
        with self._lock:
            if self._process.stdout is None or self._process.stdout.closed:
                return []
            try:
                data = self._part + os.read(self._out, PIPE_BYTES // 8)
            except BlockingIOError:
                return []
        whole = len(data) // KEY_BYTES * KEY_BYTES
        self._part = data[whole:]
        return [data[at : at + KEY_BYTES] for at in range(0, whole, KEY_BYTES)]

    def settle(self, number: int) -> None:
        """Say that no batch up to this number needs to be checked any more."""
        if number > self._up_to:
            self._up_to = number
            self._settled[:] = number.to_bytes(8, "little")

    def end(self) -> None:
        """End it: at the end of its input, or killed where it does not see that."""
        self.settle(_ALL)
        with self._lock:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        try:
            self._process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _enlarge(pipe: int) -> None:
    """Let a pipe hold more, where the system allows it."""
    try:
        fcntl(pipe, F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        return
