"""The port to a ledger, whichever engine orders it. Embedded today; CometBFT fits behind it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from salus.core.errors import Refusal
from salus.merkle.smt import Proof


class EnvelopeResult(NamedTuple):
    """What became of one envelope. `code` 0 is success; others are `Refusal.code`."""

    id: bytes
    code: int
    events: tuple[bytes, ...]  # bodies of its events, as in the log; empty unless code is 0


class BatchResult(NamedTuple):
    """What became of one batch. `code` is not 0 when the batch itself was refused; then no results."""

    id: bytes
    code: int
    height: int
    time: int  # of the block, milliseconds
    results: tuple[EnvelopeResult, ...]  # in the order of the batch


class StateView(Protocol):
    """A view of the committed state at one height; safe to read while later blocks commit."""

    height: int
    time: int

    def get(self, key: bytes) -> bytes | None: ...

    def get_all(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the values of keys, in their order; quicker than one after the other."""
        ...

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]: ...


class StateProof(NamedTuple):
    """Values under the app hash of a signed header (the header after the block that wrote them)."""

    header: bytes  # COSE_Sign, kind header; a consortium puts its commit here
    height: int
    values: tuple[bytes | None, ...]  # in the order of the keys asked for
    proofs: tuple[Proof, ...]


class LogProof(NamedTuple):
    """Inclusion of one entry in the log of a given size."""

    index: int  # type: ignore[assignment]  # tuple.index is not used
    size: int
    body: bytes  # of the event: its entry is T("event", body)
    path: tuple[bytes, ...]


class LoggedEvent(NamedTuple):
    """An entry of the log with its body; bodies of block entries are empty."""

    index: int  # type: ignore[assignment]
    height: int
    time: int
    body: bytes


class Pruned(NamedTuple):
    """What a node has no more but for headers and hashes: blocks below `height`, log entries below `entries`.

    Where it began with a state from elsewhere it has no headers below `headers` either, nor all of the hashes.
    """

    height: int
    time: int  # of the last block that is pruned, milliseconds; where that is not known, of the first that is whole
    entries: int
    headers: int = 1


class Proving(Protocol):
    """What a reader needs who believes proofs alone."""

    network: bytes

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """Prove the present values of `keys`; may wait for the header that covers them."""
        ...

    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two sizes of the log (RFC 9162 section 2.1.4)."""
        ...


class Ledger(Protocol):
    """Orders and keeps blocks. Every method may be called from any thread.

    `submit` is the only one that changes anything: its future completes once the block that holds
    the batch is durable, never before. A batch that was refused was not stored.
    """

    network: bytes

    def submit(self, batch: bytes) -> Future[BatchResult]: ...

    def now(self) -> int:
        """The time a block made now would carry at least, milliseconds; to choose `not_after`."""
        ...

    def view(self) -> StateView: ...

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """True if a signature is good; it is remembered for a while, so that no block that holds it checks it again."""
        ...

    def as_of(self) -> int:
        """The block time up to which `view` is known to be the newest state; behind `now` on a node that lags."""
        ...

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """Prove the present values of `keys`; may wait for the header that covers them."""
        ...

    def prove_event(self, index: int, size: int | None = None) -> LogProof:
        """Prove an entry; raises LookupError where there is none, a refusal where its body is pruned."""
        ...

    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two sizes of the log (RFC 9162 section 2.1.4)."""
        ...

    def events(self, start: int = 0, subject: bytes | None = None) -> Iterator[LoggedEvent]:
        """Yield log entries from index `start`, oldest first; with `subject` only those about that account.

        What is pruned is left out: `pruned` says what that is.
        """
        ...

    def checkpoint(self) -> bytes:
        """Return the signed note over the log as it stands (C2SP tlog-checkpoint), with cosignatures."""
        ...

    def height(self) -> int: ...

    def block(self, height: int) -> bytes:
        """Return the encoded block; raises LookupError outside 1..height(), a refusal where it is pruned."""
        ...

    def header(self, height: int) -> bytes:
        """Return the signed header of a block, pruned or not; raises LookupError outside 1..height()."""
        ...

    def blocks(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        """Return the blocks from a height on, up to `most` and `most_bytes`, but one at least; none after the newest.

        Raises LookupError below 1, a refusal where they are pruned.
        """
        ...

    def headers(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        """Return the signed headers from a height on, as `blocks` does; those of pruned blocks too."""
        ...

    def pruned(self) -> Pruned | None:
        """Return what is gone, None where everything is there."""
        ...

    def start_file(self, name: str) -> bytes:
        """Return a file of the export that a pruned ledger begins with (`machine.pruned`); raises LookupError."""
        ...

    def tip(self) -> bytes:
        """Return what the node says last of which block is the newest: COSE_Sign, kind tip (`evidence.tip`).

        Raises a refusal where there is no node to say it.
        """
        ...

    def subscribe(self, told: Callable[[int], None]) -> Callable[[], None]:
        """Have `told` called with the height of each block once `view` shows it; return what ends that.

        It is called by the thread that executes blocks and must return at once, without asking the ledger anything.
        """
        ...

    def trouble(self) -> Refusal | None:
        """Return why no more blocks come and none will, None where all is well: what is read then grows old."""
        ...
