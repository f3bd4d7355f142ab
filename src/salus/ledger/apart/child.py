"""The executor as the server sees it: a process at the other end of a wire."""

import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Protocol

from salus.ledger.apart.wire import ToServer, Wire

COMMAND = (sys.executable, "-m", "salus.ledger.apart.serve")
_BUFFER_BYTES = 1 << 22  # as much of it as the system allows


class Executing(Protocol):
    """An executor that was started, at the other end of `wire`."""

    wire: Wire
    pid: int

    def end(self, patience_s: float) -> bool:
        """Wait so long for its end, then make one; True if it came by itself and in order."""
        ...


class Child:
    """A started process; implements `Executing`. Raises OSError where it cannot be started."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            for one in (ours, theirs):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            number = theirs.fileno()
            try:
                self._process = subprocess.Popen(
                    [*command, str(number)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(number,),
                    start_new_session=True,  # Ctrl-C is for the server
                )
            except BaseException:
                ours.close()
                raise
        self.wire, self.pid = Wire(ours, ToServer), self._process.pid

    def end(self, patience_s: float) -> bool:
        """See the port."""
        try:
            status = self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        return status == 0
