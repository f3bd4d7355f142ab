"""Reading bundles in a process of its own: `python -m salus.fhir.reader`, started by who takes many in.

Reading is pure but for what it asks of the vault, which this process cannot open. So each bundle comes with answers to
the questions it will probably ask. Where one was missing, the outcome says so, and the bundle is read elsewhere.

Standard input is a stream socket, both ways. A frame is the length (8, big-endian) and MessagePack: a Given, answered
by an Outcome, in order, until the other end closes.
"""

import gc
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from salus.fhir.bundle import BundleRefused, Transaction, read_bundle
from salus.fhir.outcome import Issue
from salus.fhir.references import ID_SYSTEM, Question
from salus.fhir.schema import validator
from salus.shapes import made

Answers = Mapping[Question, str | None]
_LENGTH = 8


class Given(Struct, array_like=True):
    """A bundle, and what the vault answered: question, answer."""

    raw: bytes
    answers: list[tuple[Question, str | None]]


class Outcome(Struct, array_like=True):
    """What reading a bundle came to. It holds for as long as the vault answers `asked` the same."""

    digest: bytes  # SHA-256 of the bundle
    transaction: Transaction | None
    issues: list[Issue]  # why it is refused
    asked: list[tuple[Question, str | None]]
    complete: bool  # False: a question had no answer, and the rest says nothing


class GivenAnswers:
    """A Resolver (see `references`) out of answers that are there; notes which were asked for, and the missing."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.asked: dict[Question, str | None] = {}
        self.complete = True

    def find(self, kind: str, system: str | None, value: str) -> Sequence[str]:
        """Return the ids of resources with the identifier; one without a system is matched by none."""
        if system is None or system == ID_SYSTEM:
            return ()
        found = self._find((kind, system, value))
        return () if found is None else (found,)

    def holds(self, kind: str, resource_id: str) -> bool:
        """Return whether there is a resource of that id; asked for patients."""
        return self._find((kind, ID_SYSTEM, resource_id)) is not None

    def _find(self, question: Question) -> str | None:
        if question not in self._answers:
            self.complete = False
            return None
        self.asked[question] = found = self._answers[question]
        return found


def read_given(raw: bytes, resolver: GivenAnswers) -> Outcome:
    """Return what reading the bundle comes to under the resolver's answers."""
    transaction, issues = None, list[Issue]()
    try:
        transaction = read_bundle(raw, resolver, _ids().__next__)
    except BundleRefused as refused:
        issues = list(refused.issues)
    digest = sha256(raw).digest()
    return Outcome(digest, transaction, issues, list(resolver.asked.items()), resolver.complete)


def _ids() -> Iterator[bytes]:
    """Yield 16 random bytes each time, many fetched at once."""
    while True:
        pool = os.urandom(16 * 256)
        yield from (pool[at : at + 16] for at in range(0, len(pool), 16))


def send(line: socket.socket, frame: Given | Outcome) -> None:
    """Send one frame."""
    body = msgspec.msgpack.encode(frame)
    line.sendall(len(body).to_bytes(_LENGTH, "big"))
    line.sendall(body)


def receive(line: socket.socket, shape: msgspec.msgpack.Decoder[Given] | msgspec.msgpack.Decoder[Outcome]) -> object:
    """Return the next frame; raise EOFError where the other end is gone."""
    return shape.decode(_exactly(line, int.from_bytes(_exactly(line, _LENGTH), "big")))


def _exactly(line: socket.socket, size: int) -> bytearray:
    # One call for all of it: a thread that comes back for each piece waits for the interpreter each time.
    body, at = bytearray(size), 0
    view = memoryview(body)
    while at < size:
        got = line.recv_into(view[at:], 0, socket.MSG_WAITALL)
        if got == 0:
            raise EOFError
        at += got
    return body


def serve(line: socket.socket) -> None:
    """Read what is given until the other end closes."""
    validator("Patient")  # built while the first bundle is on its way
    gc.disable()  # a bundle is a tree of many objects without a cycle
    decoder = msgspec.msgpack.Decoder(made(Given))
    while True:
        given = receive(line, decoder)
        if isinstance(given, Given):
            outcome = read_given(given.raw, GivenAnswers(dict(given.answers)))
            send(line, outcome)


if __name__ == "__main__":
    try:
        with socket.socket(fileno=0) as standard_input:
            serve(standard_input)
    except (EOFError, OSError):
        pass  # who gave the bundles is gone
