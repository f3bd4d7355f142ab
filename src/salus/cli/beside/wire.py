"""What client and server say to each other: frames of a length (4 bytes) and one message in MessagePack.

The client begins with `Run` or `Stand`. To interrupt it closes the connection; so does a server that ends.
"""

import socket
from threading import Lock
from typing import TypeVar

import msgspec

from salus.cli.beside.place import ServerGone
from salus.shapes import made

MOST_BYTES = 4 * 1024 * 1024  # of one message
PIECE_BYTES = 64 * 1024  # of output and input


class Run(msgspec.Struct, tag=True, frozen=True):
    """Run this command. `folder` is where it was called, `environment` what of it matters to a command."""

    release: str
    arguments: list[bytes]
    folder: bytes
    environment: dict[str, str]
    program: str
    input_is_terminal: bool
    output_is_terminal: bool
    error_is_terminal: bool
    columns: int
    lines: int


class Stand(msgspec.Struct, tag=True, frozen=True):
    """Let nothing be written in the home until this connection is closed; `Standing` answers."""

    release: str


class Said(msgspec.Struct, tag=True, frozen=True):
    """The answer to `Ask`."""

    text: str


class Given(msgspec.Struct, tag=True, frozen=True):
    """The answer to `Want`: bytes of standard input, none at its end."""

    data: bytes


class Write(msgspec.Struct, tag=True, frozen=True):
    """Output of the command."""

    error: bool
    data: bytes


class Ask(msgspec.Struct, tag=True, frozen=True):
    """Ask at the terminal: for a secret, `twice` where it is a new one, or whether to go on."""

    words: str
    secret: bool
    twice: bool


class Want(msgspec.Struct, tag=True, frozen=True):
    """Read standard input."""

    most: int


class Waiting(msgspec.Struct, tag=True, frozen=True):
    """Another command is being run; this one comes after it."""


class Standing(msgspec.Struct, tag=True, frozen=True):
    """Nothing is written from now on."""


class Ended(msgspec.Struct, tag=True, frozen=True):
    """The command's exit status; `said` is a line for standard error, empty where all was said."""

    status: int
    said: str = ""


FromClient = Run | Stand | Said | Given
FromServer = Write | Ask | Want | Waiting | Standing | Ended
Shape = TypeVar("Shape")
_CLIENTS: msgspec.msgpack.Decoder[FromClient] = msgspec.msgpack.Decoder(made(FromClient))
_SERVERS: msgspec.msgpack.Decoder[FromServer] = msgspec.msgpack.Decoder(made(FromServer))


class Wire:
    """One end of a connection. Sending may be done by any thread, reading by one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = Lock()

    def send(self, message: FromClient | FromServer) -> None:
        """Send a message; raise BrokenPipeError where the other end is gone."""
        raw = msgspec.msgpack.encode(message)
        try:
            with self._lock:
                self._connection.sendall(len(raw).to_bytes(4, "big") + raw)
        except OSError:
            raise BrokenPipeError from None

    def read_from_client(self) -> FromClient:
        """Return the next message; raise ServerGone where there is none, or what came is none."""
        return self._read(_CLIENTS)

    def read_from_server(self) -> FromServer:
        """Return the next message; raise ServerGone where there is none, or what came is none."""
        return self._read(_SERVERS)

    def is_gone(self) -> bool:
        """True once the other end closed the connection. Nothing is waited for."""
        try:
            return self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def wait_until_gone(self, timeout_s: float | None) -> bool:
        """Wait until the other end closes the connection; False where it has not by then."""
        try:
            self._connection.settimeout(timeout_s)
            return self._connection.recv(1, socket.MSG_PEEK) == b""
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            self._connection.settimeout(None)

    def _read(self, decoder: "msgspec.msgpack.Decoder[Shape]") -> Shape:
        size = int.from_bytes(self._take(4), "big")
        if size > MOST_BYTES:
            raise ServerGone
        try:
            return decoder.decode(self._take(size))
        except msgspec.DecodeError:
            raise ServerGone from None

    def _take(self, size: int) -> bytes:
        parts = []
        while size:
            try:
                part = self._connection.recv(min(size, PIECE_BYTES))
            except OSError:
                part = b""
            if not part:
                raise ServerGone
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
