"""Where a server is found by the commands of its own user: a unix socket in the home (unix(7))."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from salus.core.errors import Kind, Refusal

NAME = "serving.sock"
CONNECT_S = 5.0
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


class HomeServed(Refusal):
    code, kind = 0x6230, Kind.UNAVAILABLE
    text = "A server has this home open, and this needs it closed: end the server first."


class ServerGone(Refusal):
    code, kind = 0x6231, Kind.UNAVAILABLE
    text = "The server ended before the command did; what was reported as done is durable."


class OtherRelease(Refusal):
    code, kind, text = 0x6232, Kind.UNAVAILABLE, "The server of this home is another release of Salus: start it anew."


class TooManyCommands(Refusal):
    code, kind, text = 0x6233, Kind.EXHAUSTED, "Too many commands wait for this home's server. Try again later."


class OtherHome(Refusal):
    code, kind, text = 0x6234, Kind.CONFLICT, "The server that was found has another home open than this command means."


class FolderGone(Refusal):
    code, kind, text = (
        0x6235,
        Kind.NOT_FOUND,
        "The folder that the command was called in is gone.",
    )


def connect(home: Path) -> socket.socket | None:
    """Return a connection to the server of `home`; None where there is none, or only what a killed one left."""
    try:
        with _address(home) as address:
            reached = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                reached.settimeout(CONNECT_S)
                reached.connect(address)
                reached.settimeout(None)
            except BaseException:
                reached.close()
                raise
    except OSError:
        return None
    if peer_user(reached) != os.geteuid():  # nobody else may stand in for it
        reached.close()
        return None
    return reached


def is_served(home: Path) -> bool:
    """True if a server has the home open."""
    reached = connect(home)
    if reached is not None:
        reached.close()
    return reached is not None


def listen(home: Path) -> socket.socket:
    """Take the socket's place, for the owner alone. The caller has the home open: what lies there is a leftover."""
    (home / NAME).unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with _address(home) as address:
            made.bind(address)
        made.listen(64)
    except BaseException:
        made.close()
        raise
    finally:
        os.umask(before)
    return made


def peer_user(connection: socket.socket) -> int:
    """Return the user id of the process at the other end (SO_PEERCRED)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(raw)[1])


@contextmanager
def _address(home: Path) -> Iterator[str]:
    """Give a path of the socket that is short, however long the home's is: sun_path holds 108 bytes."""
    folder = os.open(home, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{NAME}"
    finally:
        os.close(folder)
