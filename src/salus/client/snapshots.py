"""Snapshots of a ledger's state as nodes offer them, and a client of a member's server that asks for them.

A snapshot is an export (`machine.export`), named by the hash of its manifest, which names its chunks by theirs. Nothing
of it is believed before the state that it gives has the root in a header that was verified otherwise.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple, Protocol

from msgspec import Meta

from salus.client.http import Answer, Server
from salus.client.remote_errors import NodeRefused, UnreadableAnswer
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.types import Digest, Height, Message

MOST_LISTED = 100
MOST_BYTES = 16 * 1024**2  # of an answer: a manifest of half a million chunks, above any chunk
WHOLE_S = 120.0  # of an answer

Small = Annotated[int, Meta(ge=0, le=2**32 - 1)]


class Snapshot(NamedTuple):
    """ABCI's Snapshot."""

    height: int
    format: int
    chunks: int
    hash: bytes
    metadata: bytes  # the manifest


class Offering(Protocol):
    """Who has snapshots. Methods may be called from any thread."""

    def list(self) -> Sequence[Snapshot]:
        """Return what can be loaded here, newest first."""
        ...

    def load(self, height: int, number_of_format: int, chunk: int) -> bytes:
        """Return a chunk; empty where there is none."""
        ...


class Listed(Message, frozen=True):
    """A snapshot as a list names it."""

    height: Height
    format: Small
    chunks: Small
    hash: Digest


class _List(Message, frozen=True):
    snapshots: Annotated[tuple[Listed, ...], Meta(max_length=MOST_LISTED)]


def write_list(snapshots: Sequence[Snapshot]) -> bytes:
    """Return the list, its snapshots without their manifests."""
    return encode(_List(tuple(Listed(one.height, one.format, one.chunks, one.hash) for one in snapshots)))


def read_list(raw: bytes) -> tuple[Listed, ...]:
    """Return what a list names; raise Malformed."""
    return decode(raw, _List).snapshots


class SnapshotServer:
    """A client of one member's server. Every method may be called from any thread.

    Raises NodeAway, NodeBusy, UnreadableAnswer, NodeRefused; LookupError where the server does not have it (any more).
    """

    def __init__(self, url: str, authority: Path | None = None) -> None:
        """`authority` is a file of certificates to trust for it; raises BadUpstream."""
        self.url = url
        self._server = Server(url, authority, most=MOST_BYTES, whole_s=WHOLE_S)

    def list(self) -> tuple[Listed, ...]:
        """Return what it offers."""
        try:
            return read_list(_got(self._server.get("/ledger/snapshots")))
        except Malformed:
            raise UnreadableAnswer from None

    def manifest(self, name: bytes) -> bytes:
        """Return the manifest of the snapshot of that hash."""
        return _got(self._server.get(f"/ledger/snapshots/{name.hex()}"))

    def chunk(self, name: bytes, number: int) -> bytes:
        """Return a chunk of it."""
        return _got(self._server.get(f"/ledger/snapshots/{name.hex()}/{number}"))

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()


def _got(answer: Answer) -> bytes:
    if answer.status == 200:
        return answer.body
    if answer.status == 404:
        raise LookupError
    raise NodeRefused
