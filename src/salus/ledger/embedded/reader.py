"""Reading a chain: what every engine over one folder has in common, whoever makes the blocks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from salus.client.ledger import LoggedEvent, LogProof, Pruned
from salus.core.errors import Malformed, Refusal
from salus.evidence.header import parse_header
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.clock import Clock
from salus.ledger.embedded.files import Files
from salus.ledger.embedded.notes import Notes
from salus.ledger.embedded.pruned import folder_of
from salus.ledger.embedded.subscribers import Subscribers
from salus.ledger.embedded.views import View, Views
from salus.ledger.errors import EntryGone, ReadOnly, Unstill
from salus.machine.errors import UnknownRules
from salus.machine.export import export_state
from salus.machine.pruned import ENTRIES, MANIFEST, POINT, is_chunk_name
from salus.merkle.checkpoint import SignedCheckpoint, parse

STILL_S = 10.0  # so long whoever wants it to stand still waits for what is under way


class Status(NamedTuple):
    """A ledger in numbers; times in milliseconds, sizes in entries, keys or bytes."""

    network: bytes
    height: int
    time: int
    app_hash: bytes
    log_entries: int
    state_keys: int
    blocks_bytes: int
    checkpoint_height: int  # of the state on disk


class Place(NamedTuple):
    """Where a chain lies."""

    folder: Path
    files: Files


class ChainReader:
    """The reading half of the `Ledger` port over one folder. Every method may be called from any thread."""

    def __init__(self, chain: Chain, clock: Clock, place: Place) -> None:
        self.network = chain.network
        self._chain, self._clock, self._place = chain, clock, place
        self._notes = Notes(place.folder, place.files, chain.network)
        self._lock = RLock()  # the chain and all below it
        self._views = Views(chain.machine.store, self._lock)
        self._subscribers = Subscribers()
        chain.machine.watch = self._views.keep
        chain.told = self._subscribers.tell

    def height(self) -> int:
        return self._chain.height

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """See the port; whoever asks waits for no block."""
        return self._chain.machine.verified.verify(public, message, signature)

    def view(self) -> View:
        with self._lock:
            return self._views.open(self._chain.height, self._chain.machine.time)

    def subscribe(self, told: Callable[[int], None]) -> Callable[[], None]:
        return self._subscribers.add(told)

    def trouble(self) -> Refusal | None:
        """See the port: the next block would be under rules that this software does not know."""
        with self._lock:
            try:
                self._chain.machine.rules()
            except UnknownRules as refusal:
                return refusal.again()
        return None

    def prove_event(self, index: int, size: int | None = None) -> LogProof:
        """See the port; raises PrunedEvent, EntryGone, and LookupError where a log of that size has no such entry."""
        with self._lock:
            log = self._chain.machine.log
            total = log.size if size is None else size
            if not 0 <= index < total <= log.size:
                raise LookupError(index)
            body = self._chain.events.get(index).body
            with self._hashes():
                return LogProof(index, total, body, log.inclusion(index, total).path)

    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]:
        """See the port; raises LookupError unless 0 < older <= newer <= size of the log, EntryGone."""
        with self._lock:
            log = self._chain.machine.log
            if not 0 < older <= newer <= log.size:
                raise LookupError(newer)
            with self._hashes():
                return log.consistency(older, newer).path

    def prove_inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the path of an entry, for who has its body: pruning does not end it. Raises LookupError, EntryGone."""
        with self._lock:
            log = self._chain.machine.log
            total = log.size if size is None else size
            if not 0 <= index < total <= log.size:
                raise LookupError(index)
            with self._hashes():
                return log.inclusion(index, total).path

    @contextmanager
    def _hashes(self) -> Iterator[None]:
        """Raise EntryGone where the hashes that a proof takes are older than the ledger here."""
        try:
            yield
        except ValueError:
            if self._chain.blocks.base is None:
                raise
            raise EntryGone from None

    def events(self, start: int = 0, subject: bytes | None = None) -> Iterator[LoggedEvent]:
        """See the port; what is logged while it is read may still come."""
        while True:
            with self._lock:
                page = self._chain.events.page(start, subject)
            yield from page
            if not page:
                return
            start = page[-1].index + 1

    def block(self, height: int) -> bytes:
        with self._lock:
            return self._chain.blocks.read(height)

    def header(self, height: int) -> bytes:
        with self._lock:
            return self._chain.blocks.header(height)

    def blocks(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        return self._several(self._chain.blocks.read, start, most, most_bytes)

    def headers(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        return self._several(self._chain.blocks.header, start, most, most_bytes)

    def _several(self, read: Callable[[int], bytes], start: int, most: int, room: int) -> list[bytes]:
        """Read at once, so that who writes does not come between any two."""
        if start < 1:
            raise LookupError(start)
        page: list[bytes] = []
        with self._lock:
            for height in range(start, min(start + most, self._chain.height + 1)):
                raw = read(height)
                room -= len(raw)
                if room < 0 and page:
                    break
                page.append(raw)
        return page

    def pruned(self) -> Pruned | None:
        with self._lock:
            gone = self._chain.pruned
            if gone is not None and not gone.time and self._chain.height >= gone.height:  # its first block has come
                time = parse_header(self.network, self._chain.blocks.header(gone.height)).header.time
                self._chain.pruned = gone = gone._replace(time=time)
            return gone

    def start_file(self, name: str) -> bytes:
        """See the port; nothing but the files of the export is given, whatever the name."""
        gone = self.pruned()
        known = name in (POINT, MANIFEST, ENTRIES) or is_chunk_name(name)
        raw = self._place.files.read(folder_of(self._place.folder, gone.height) / name) if gone and known else None
        if raw is None:
            raise LookupError(name)
        return raw

    def witnessed(self) -> bytes:
        """Return the last note that witnesses cosigned; raises ReadOnly where there is none."""
        note = self._notes.witnessed()
        if note is None:
            raise ReadOnly
        return note

    def keep_cosigned(self, note: bytes) -> None:
        """Keep a note that witnesses cosigned, durably.

        Raises Malformed unless it is one over this log, EntryGone where it is over what is older than the ledger here.
        """
        signed = parse(note)
        with self._lock:
            size = signed.checkpoint.size
            if not 0 < size <= self._chain.machine.log.size:
                raise Malformed
            with self._hashes():
                root = self._chain.machine.log.root_at(size)
            self._notes.keep(signed, size, root)

    def publish(self) -> SignedCheckpoint:
        """Publish the log; raises ReadOnly, where no node does."""
        raise ReadOnly

    def export(self) -> tuple[bytes, list[bytes]]:
        """Return the whole state after the last block as (manifest, chunks): the same bytes on every node."""
        with self._lock:
            return export_state(self._chain.machine)

    def save(self) -> None:
        """Take a checkpoint now: a restart is faster then, nothing is more durable. Raises StorageFailed, ReadOnly."""
        raise ReadOnly

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing be written while the block runs, all of it on disk: the folder can be checked.

        Raises StorageFailed, Unstill.
        """
        if not self._lock.acquire(timeout=STILL_S):
            raise Unstill
        try:
            with suppress(ReadOnly):
                self.save()
            yield
        finally:
            self._lock.release()

    def status(self) -> Status:
        """Return what the ledger says of itself."""
        with self._lock:
            machine = self._chain.machine
            return Status(
                self.network,
                self._chain.height,
                machine.time,
                machine.app_hash,
                machine.log.size,
                machine.store.count,
                self._chain.blocks.end,
                machine.store.height,
            )
