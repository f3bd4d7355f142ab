"""State sync: a new ledger takes over the state after a block, from chunks that nobody vouches for (ABCI 2.0).

CometBFT's light client has verified one thing, the app hash after the block; nothing else is believed. The manifest
must name it, each chunk must be one of the manifest's, and all of them together must give a tree with that root, in
which the log's head and the hashes of the seen ids stand. Until then everything lies in `restoring/`, which the next
offer or opening removes.

What is known then is put in place like a pruned ledger: the export into `pruned/<height>`, a block file that begins
with a `Base`, and the state. The block file's rename decides. Before it the ledger is new, as it was; after it the
ledger begins there, and an opening makes the state anew if it was not moved yet.

| what is wrong                                                         | answer                             |
|-----------------------------------------------------------------------|------------------------------------|
| the ledger has blocks                                                 | offer: ABORT                       |
| another format                                                        | offer: REJECT_FORMAT               |
| hash, height, app hash, network, number of chunks: not the manifest's | offer: REJECT_SENDER               |
| this disk, at an offer or a chunk                                     | ABORT                              |
| no snapshot was accepted, or no such chunk                            | chunk: ABORT                       |
| the chunk is not the manifest's: refetched, its sender rejected       | chunk: RETRY                       |
| a chunk that was taken is not on this disk any more as it was         | chunk: RETRY_SNAPSHOT              |
| all are the manifest's, the state is not the one: senders rejected    | chunk: REJECT_SNAPSHOT             |

https://docs.cometbft.com/v0.38/spec/abci/abci++_methods#offersnapshot
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import overload

from salus.client.snapshots import Snapshot
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.ledger.consensus.ports import Applied
from salus.ledger.embedded.blockfile import NAME, base_record
from salus.ledger.embedded.chain import END, STATE
from salus.ledger.embedded.files import Files
from salus.ledger.embedded.pruned import NEW, PRUNED, folder_of
from salus.machine import base
from salus.machine.errors import DamagedExport
from salus.machine.export import FORMAT, Manifest, Verified, export_hash, import_state
from salus.machine.pruned import MANIFEST, chunk_name
from salus.merkle.log import Frontier
from salus.state.store import Store

LOG = logging.getLogger("salus.consensus")
FOLDER = "restoring"


class Offer(IntEnum):
    """ABCI's ResponseOfferSnapshot.Result."""

    ACCEPT = 1
    ABORT = 2
    REJECT = 3
    REJECT_FORMAT = 4
    REJECT_SENDER = 5


class Apply(IntEnum):
    """ABCI's ResponseApplySnapshotChunk.Result."""

    ACCEPT = 1
    ABORT = 2
    RETRY = 3
    RETRY_SNAPSHOT = 4
    REJECT_SNAPSHOT = 5


@dataclass(slots=True)
class _Accepted:
    """A snapshot that is being taken over."""

    snapshot: Snapshot
    head: Manifest
    size: int  # of the log
    here: set[int] = field(default_factory=set)  # chunks
    senders: dict[str, None] = field(default_factory=dict)


class Restoring:
    """Takes over one snapshot into a ledger without blocks. One thread at a time.

    `height` says how many blocks the ledger has. `put` is given what changes the ledger's files: it closes the chain,
    calls that, and opens the chain again; what it raises stops the node.
    """

    def __init__(
        self,
        folder: Path,
        files: Files,
        network: bytes,
        height: Callable[[], int],
        put: Callable[[Callable[[], None]], None],
        open_store: Callable[[Path], Store] = Store.open,
    ) -> None:
        """Removes what an earlier process left; raises OSError."""
        self._ledger, self._folder, self._files, self._network = folder, folder / FOLDER, files, network
        self._height, self._put, self._open_store = height, put, open_store
        self._accepted: _Accepted | None = None
        files.withdraw(self._folder)

    def offer(self, snapshot: Snapshot, app_hash: bytes) -> Offer:
        """Answer whether `snapshot` is taken over; `app_hash` is the one that was verified for its height."""
        self._accepted = None
        if self._height():
            return Offer.ABORT
        if snapshot.format != FORMAT:
            return Offer.REJECT_FORMAT
        try:
            head = decode(snapshot.metadata, Manifest)
            size = Frontier.decode(head.frontier).size
        except Malformed:
            return Offer.REJECT_SENDER
        named = (head.network, head.height, head.app_hash, len(head.chunks))
        if (
            export_hash(self._network, snapshot.metadata) != snapshot.hash
            or named != (self._network, snapshot.height, app_hash, snapshot.chunks)
            or not snapshot.height
            or not head.chunks
        ):
            return Offer.REJECT_SENDER
        try:
            self._files.withdraw(self._folder)
            self._files.create_folder(self._folder)
        except OSError:
            return Offer.ABORT
        self._accepted = _Accepted(snapshot, head, size)
        LOG.info("a snapshot is taken over", extra={"height": snapshot.height, "count": snapshot.chunks})
        return Offer.ACCEPT

    def apply(self, index: int, chunk: bytes, sender: str) -> Applied:
        """Take in one chunk, in any order; with the last one the ledger begins at the snapshot's height.

        Raises what `put` raises, and then the ledger is closed.
        """
        accepted = self._accepted
        if accepted is None or not 0 <= index < accepted.snapshot.chunks:
            return Applied(Apply.ABORT)
        if T("chunk", self._network, chunk) != accepted.head.chunks[index]:
            LOG.warning("a chunk is not the snapshot's", extra={"height": accepted.snapshot.height, "count": index})
            return Applied(Apply.RETRY, (index,), (sender,) if sender else ())
        if sender:
            accepted.senders[sender] = None
        try:
            if index not in accepted.here:
                self._files.write(self._folder / chunk_name(index), chunk)
                accepted.here.add(index)
            if len(accepted.here) < accepted.snapshot.chunks:
                return Applied(Apply.ACCEPT)
            self._restore(accepted)
        except _LostChunk:
            accepted.here.clear()
            return Applied(Apply.RETRY_SNAPSHOT)
        except DamagedExport:
            LOG.warning("a snapshot is not the state it says", extra={"height": accepted.snapshot.height})
            self.drop()
            return Applied(Apply.REJECT_SNAPSHOT, (), tuple(accepted.senders))
        except OSError:
            self.drop()
            return Applied(Apply.ABORT)
        self._accepted = None
        self._put(self._move)
        LOG.info("the ledger begins with a snapshot", extra={"height": accepted.snapshot.height})
        self.drop()
        return Applied(Apply.ACCEPT)

    def progress(self) -> tuple[int, int, int]:
        """Return (height, chunks, chunks that are here) of the snapshot that is being taken over; zeros without one."""
        accepted = self._accepted
        return (
            (0, 0, 0) if accepted is None else (accepted.snapshot.height, accepted.snapshot.chunks, len(accepted.here))
        )

    def _restore(self, accepted: _Accepted) -> None:
        """Check everything, and make all that the ledger will begin with durable, beside what it has.

        Raises DamagedExport, _LostChunk, OSError; then nothing of it counts.
        """
        snapshot, place = accepted.snapshot, folder_of(self._ledger, accepted.snapshot.height + 1)
        known = Verified(self._network, snapshot.height, None, accepted.head.app_hash)
        begun = base.Base(base.FORMAT, *known[:2], known.app_hash, accepted.size, snapshot.hash)
        record = base_record(begun)
        beside = {PRUNED: accepted.size.to_bytes(8, "big"), END: len(record).to_bytes(8, "big")}
        chunks = _Chunks(self._folder, self._files, accepted.head)
        self._files.withdraw(self._folder / STATE)
        self._files.create_folder(self._folder / STATE)
        store = self._open_store(self._folder / STATE)
        try:
            import_state(store, known, snapshot.metadata, chunks, beside)
        finally:
            store.close()
        self._files.withdraw(place)
        self._files.create_folder(place)
        for index in range(snapshot.chunks):
            self._files.move(self._folder / chunk_name(index), place / chunk_name(index))
        self._files.write(place / MANIFEST, snapshot.metadata)
        self._files.remove(self._ledger / NEW)
        new = self._files.open_append(self._ledger / NEW)
        try:
            new.append(record)
            new.sync()
        finally:
            new.close()

    def _move(self) -> None:
        """Put block file and state in place; the chain is closed."""
        self._files.move(self._ledger / NEW, self._ledger / NAME)
        with suppress(OSError):  # opening makes the state from the export
            self._files.withdraw(self._ledger / STATE)
            self._files.move(self._folder / STATE, self._ledger / STATE)

    def drop(self) -> None:
        """Forget what was taken in of a snapshot; nothing of it counts."""
        self._accepted = None
        with suppress(OSError):  # the next offer, or opening, removes it
            self._files.withdraw(self._folder)


class _LostChunk(Exception):
    """A chunk that was written is not there as it was."""


class _Chunks(Sequence[bytes]):
    """The chunks on disk, one in memory at a time; raises _LostChunk, OSError."""

    def __init__(self, folder: Path, files: Files, head: Manifest) -> None:
        self._folder, self._files, self._head = folder, files, head

    def __len__(self) -> int:
        return len(self._head.chunks)

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...

    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        raw = self._files.read(self._folder / chunk_name(index))
        if raw is None or T("chunk", self._head.network, raw) != self._head.chunks[index]:
            raise _LostChunk
        return raw

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(len(self)))
