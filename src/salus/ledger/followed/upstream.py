"""What is followed, as the follower asks it: a node (`client.remote.RemoteLedger`), or the nodes of a consortium."""

from collections.abc import Callable, Sequence
from typing import Protocol

from salus.client.ledger import BatchResult, Pruned, StateProof


class Source(Protocol):
    """Where blocks come from. Every method may be called from any thread."""

    def tip(self, after: int = -1, wait_ms: int = 0) -> bytes:
        """Return what says which block is the newest, as soon as that is not `after` or `wait_ms` are over."""
        ...

    def blocks(self, start: int, most: int = 1_000) -> list[bytes]:
        """Return encoded blocks from a height on."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class Upstream(Source, Protocol):
    """A node. Every method may be called from any thread; what it raises is said in `client.remote`."""

    def headers(self, start: int, most: int = 1_000) -> list[bytes]:
        """Return signed headers from a height on."""
        ...

    def header(self, height: int) -> bytes:
        """Return the signed header of a block."""
        ...

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """Return values with proofs; the node makes the header that covers them."""
        ...

    def note(self, tries: int = 3) -> bytes:
        """Return the signed note over the log."""
        ...

    def pruned(self) -> Pruned | None:
        """Return what is gone there."""
        ...

    def start_file(self, name: str) -> bytes:
        """Return a file of the export that a pruned ledger begins with."""
        ...

    def submit(self, batch: bytes, going_on: Callable[[], bool] = ...) -> BatchResult:
        """Send a batch until it is answered."""
        ...
