"""What server and executor say to one another: messages in MessagePack, each after its length, over a stream socket.

Messages of one side arrive in the order in which they were sent, and both sides rely on it: a block is told before
anything that was seen after it. Both are one program of one release; a message of another form is damage.
"""

import socket
from threading import Lock
from typing import Any

import msgspec

from salus.client.ledger import BatchResult
from salus.core.errors import Refusal
from salus.ledger.errors import LedgerStopped
from salus.shapes import made

MOST_BYTES = 1 << 30  # of one message
_BUFFER_BYTES = 1 << 18
_HEAD = 4  # bytes of a length, big-endian


class Damaged(Exception):
    """What came is no message."""


class Said(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of the messages."""


class Open(Said, frozen=True, tag=0):
    """The first message: open the ledger in `folder` as the node whose key has this seed."""

    folder: str
    seed: bytes
    tiles: str | None
    verifier: bool  # start a verifying process at once


class Submit(Said, frozen=True, tag=1):
    """Take a batch. `good`: signatures that were found good, each by its `machine.signing.memory_key` of 32 bytes."""

    number: int
    batch: bytes
    good: bytes


class Ask(Said, frozen=True, tag=2):
    """Call a method of the ledger; arguments are integers, byte strings, lists of them, None."""

    number: int
    name: str
    arguments: list[Any]


class Release(Said, frozen=True, tag=3):
    """Go on after `still`, which was asked for under this number."""

    number: int


class Close(Said, frozen=True, tag=4):
    """The last message: let what is under way land, close the ledger, end."""


class Opened(Said, frozen=True, tag=0):
    """The ledger is open: the state is that of the checkpoint on disk with `writes` over it."""

    network: bytes
    height: int
    time: int
    writes: dict[bytes, bytes | None]


class Executed(Said, frozen=True, tag=1):
    """A block is durable and executed; these keys have these values now, None where there is none any more."""

    height: int
    time: int
    writes: dict[bytes, bytes | None]


class Landed(Said, frozen=True, tag=2):
    """What became of a batch."""

    number: int
    result: BatchResult


class Answer(Said, frozen=True, tag=3):
    """What a method returned."""

    number: int
    value: msgspec.Raw


class Failed(Said, frozen=True, tag=4):
    """What was raised instead, by the name of its class; number 0: at opening."""

    number: int
    name: str
    arguments: list[Any]  # integers, strings


class Saved(Said, frozen=True, tag=5):
    """A checkpoint is durable."""


ToExecutor = Open | Submit | Ask | Release | Close
ToServer = Opened | Executed | Landed | Answer | Failed | Saved


class Wire:
    """One end of the connection; `kind` is the union of what comes. `send` is for any thread, `receive` for one."""

    def __init__(self, connection: socket.socket, kind: Any) -> None:
        self._socket = connection
        self._file = connection.makefile("rb", buffering=_BUFFER_BYTES)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(made(kind)).decode
        self._sending = Lock()

    def send(self, message: Said) -> bool:
        """Send a message, after those before; waits while the other end takes nothing. False where it is gone."""
        raw = self._encode(message)
        with self._sending:
            try:
                self._socket.sendall(len(raw).to_bytes(_HEAD, "big") + raw)
            except OSError:
                return False
        return True

    def receive(self) -> Any:
        """Return the next message; None where the other end is gone. Raises Damaged."""
        raw = self._read(_HEAD)
        if raw is None:
            return None
        length = int.from_bytes(raw, "big")
        if length > MOST_BYTES:
            raise Damaged
        raw = self._read(length)
        try:
            return None if raw is None else self._decode(raw)
        except msgspec.MsgspecError:
            raise Damaged from None

    def end(self) -> None:
        """Let both ends come to their end: whoever waits in `receive` gets None."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Let go of the socket; nobody may be in `receive`."""
        self._file.close()
        self._socket.close()

    def _read(self, length: int) -> bytes | None:
        try:
            raw = self._file.read(length)
        except OSError:
            return None
        return raw if len(raw) == length else None


class Bug(Exception):
    """The executor raised what is no refusal; names the class."""


def failed(number: int, error: BaseException) -> Failed:
    """Return the message that tells of an exception."""
    kind = type(error)
    arguments = list(error.args) if isinstance(error, Refusal | LookupError) else []
    known = all(isinstance(one, int | str | bytes) for one in arguments)
    return Failed(number, f"{kind.__module__}.{kind.__qualname__}", arguments if known else [])


def raised(message: Failed) -> Exception:
    """Return the exception that a message tells of; one of no known refusal is a Bug."""
    if message.name in _LOOKUPS:
        return LookupError(*message.arguments)
    kind = _refusals(Refusal).get(message.name)
    if kind is None:
        return Bug(message.name)
    try:
        return kind(*message.arguments)
    except TypeError:
        return LedgerStopped()


_LOOKUPS = frozenset(f"builtins.{kind.__name__}" for kind in (LookupError, KeyError, IndexError))


def _refusals(of: type[Refusal]) -> dict[str, type[Refusal]]:
    found = {f"{one.__module__}.{one.__qualname__}": one for one in of.__subclasses__()}
    for one in of.__subclasses__():
        found |= _refusals(one)
    return found
