"""Carry envelopes of many threads to the ledger in batches, signed by a member's gateway.

Adaptive: an envelope that finds nothing under way is sent at once, by the thread that brought it;
those that arrive while a batch is under way gather and go together when it has landed.
"""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

from salus.client.ledger import BatchResult, EnvelopeResult, Ledger
from salus.client.refused import accept, refusal
from salus.core.encoding import head
from salus.core.envelope import MAX_BATCH_BYTES, Envelope, parse_envelope, seal_batch
from salus.core.errors import Kind, Refusal
from salus.core.signatures import SigningKey

MAX_ENVELOPES = 4096  # in a batch
ROOM_BYTES = MAX_BATCH_BYTES - 512  # what is left for envelopes beside the batch's own fields
LIFETIME_MS = 60_000
REMEMBERED = 16_384  # envelopes that landed, whose answer can be given again


class Closed(Refusal):
    """The carrier no longer takes envelopes."""

    code, kind, text = 0x5002, Kind.UNAVAILABLE, "The carrier is closed; nothing was sent."


class Landed(NamedTuple):
    """Where an envelope was executed, and what became of it."""

    height: int
    time: int  # of the block, milliseconds
    result: EnvelopeResult


_Group = list[tuple[bytes, bytes, Future[Landed]]]  # envelope id, raw, future


class Carrier:
    """Batches for one member. Every method may be called from any thread.

    A future completes once the block with the envelope is durable: with its result (whatever its
    code), with the refusal of the whole batch, or with what the ledger raised. Sending the same
    envelope again while it is under way, or was in the last batch, gives the same future; later, the
    ledger refuses the replay. So it is never executed twice.
    """

    def __init__(
        self,
        ledger: Ledger,
        member: bytes,
        gateway: SigningKey,
        nonce: Callable[[], bytes] = lambda: secrets.token_bytes(16),
        remembered: int = REMEMBERED,
    ) -> None:
        self._ledger, self._member, self._gateway, self._nonce = ledger, member, gateway, nonce
        self._most = remembered
        self._lock = threading.Lock()
        self._waiting: dict[bytes, tuple[bytes, Future[Landed]]] = {}  # envelope id -> (raw, future), oldest first
        self._sent: dict[bytes, Future[Landed]] = {}  # under way or landed, oldest first
        self._busy = self._closed = False
        self._envelopes = self._batches = 0  # that landed
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="carrier")

    def submit(self, envelope: bytes) -> Future[Landed]:
        """Send `envelope`; raises Malformed or Oversized at once, and Closed."""
        return self.submit_parsed([parse_envelope(self._ledger.network, envelope)])[0]

    def submit_parsed(self, envelopes: Sequence[Envelope]) -> list[Future[Landed]]:
        """Send envelopes together, as far as they fit one batch; raises Closed, and then sends none."""
        with self._lock:
            if self._closed:
                raise Closed
            futures = [self._future(envelope) for envelope in envelopes]
            if self._busy or not self._waiting:
                return futures
            self._busy = True
        self._send()
        return futures

    def _future(self, envelope: Envelope) -> Future[Landed]:
        """Return the future of an envelope, which waits now unless it was sent before. Call with the lock."""
        key = envelope.id
        if key in self._sent:
            return self._sent[key]
        if key in self._waiting:
            return self._waiting[key][1]
        future: Future[Landed] = Future()
        future.set_running_or_notify_cancel()  # what may be on its way cannot be cancelled
        self._waiting[key] = (envelope.raw, future)
        return future

    def known(self, envelope: bytes) -> Future[Landed] | None:
        """Return the future of the envelope of that id, while it is under way or remembered."""
        with self._lock:
            waiting = self._waiting.get(envelope)
            return self._sent.get(envelope) if waiting is None else waiting[1]

    def submit_now(self, envelope: bytes, timeout_s: float | None = None) -> Landed:
        """Send `envelope` and wait for it; raise the refusal unless it succeeded."""
        landed = self.submit(envelope).result(timeout_s)
        accept(landed.result.code)
        return landed

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Hold what is submitted meanwhile, and send it together at the end: one batch as far as it fits.

        Where a batch is under way already, what gathers goes when that has landed, as always.
        """
        with self._lock:
            mine = not self._busy
            self._busy = True
        try:
            yield
        finally:
            if mine:
                self._go_on()

    def waiting(self) -> int:
        """Return how many envelopes wait to be sent."""
        with self._lock:
            return len(self._waiting)

    def landed(self) -> tuple[int, int]:
        """Return how many envelopes and batches have landed."""
        with self._lock:
            return self._envelopes, self._batches

    def close(self) -> None:
        """Take no more; wait until everything that was taken has landed."""
        with self._lock:
            self._closed = True
            pending = [future for _, future in self._waiting.values()] + list(self._sent.values())
        for future in pending:
            future.exception()  # waits
        self._sender.shutdown()

    def __enter__(self) -> "Carrier":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self) -> None:
        """Send what waits, as far as it fits; one thread at a time, the one that holds `_busy`."""
        with self._lock:
            group = self._take()
            for key in list(islice(self._sent, max(0, len(self._sent) + len(group) - self._most))):
                del self._sent[key]
            self._sent.update((key, future) for key, _, future in group)
        try:
            until = self._ledger.now() + LIFETIME_MS
            envelopes = [raw for _, raw, _ in group]
            batch = seal_batch(self._ledger.network, self._nonce(), until, self._member, self._gateway, envelopes)
            self._ledger.submit(batch).add_done_callback(lambda done: self._landed(done, group))
        except BaseException as error:  # noqa: BLE001  (whatever it is, it belongs to those who wait)
            self._failed(group, error)

    def _take(self) -> "_Group":
        group: _Group = []
        room = ROOM_BYTES
        for key, (raw, future) in self._waiting.items():
            room -= len(head(2, len(raw))) + len(raw)
            if room < 0 or len(group) == MAX_ENVELOPES:
                break
            group.append((key, raw, future))
        for key, _, _ in group:
            del self._waiting[key]
        return group

    def _landed(self, done: Future[BatchResult], group: "_Group") -> None:
        """Runs in the ledger's own thread: hand over the results, and the next sending to our thread."""
        error = done.exception()
        if error is None and done.result().code:
            error = refusal(done.result().code)
        if error is not None:
            self._failed(group, error)
            return
        batch = done.result()
        with self._lock:
            self._envelopes, self._batches = self._envelopes + len(group), self._batches + 1
        self._next()
        for (_, _, future), result in zip(group, batch.results, strict=True):
            future.set_result(Landed(batch.height, batch.time, result))

    def _failed(self, group: "_Group", error: BaseException) -> None:
        with self._lock:
            for key, _, _ in group:
                self._sent.pop(key, None)  # the same envelope may be tried again
        self._next()
        for _, _, future in group:
            future.set_exception(error)

    def _go_on(self) -> None:
        """Send at once what waits, in this thread; it holds `_busy`."""
        with self._lock:
            self._busy = bool(self._waiting)
            idle = not self._busy
        if not idle:
            self._send()

    def _next(self) -> None:
        with self._lock:
            if self._waiting:
                self._sender.submit(self._send)
            else:
                self._busy = False
