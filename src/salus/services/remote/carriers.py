"""Members that carry a person's messages, each asked at its gateway; implements `ports.Carriers` over HTTP.

What a gateway says it brought to the ledger is believed once it has signed for it, and the own view has the block with
the envelope in it. The receipts are for the wallet: what a member signed and did not do is shown to be a lie.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from salus.client.batcher import Landed
from salus.client.http import Answer
from salus.client.ledger import EnvelopeResult, Ledger
from salus.client.refused import KNOWN
from salus.client.submission import Outcome, Submitted, read_receipt
from salus.core.encoding import decode, encode
from salus.core.envelope import parse_envelope
from salus.core.errors import Kind, Refusal
from salus.services.errors import NoSuchMember
from salus.services.held_in_block import holds
from salus.services.ports import Carried, Carriers
from salus.services.remote.addresses import Addresses
from salus.services.remote.errors import BadAnswer
from salus.services.remote.gateways import Gateways

TRIES = 3  # of an envelope, whose id is its own: an answer that was lost is given again
COSE, CBOR = "application/cose", "application/cbor"


class RemoteCarriers:
    """Members of the directory, and those of this home if there are some. Thread-safe."""

    def __init__(self, ledger: Ledger, gateways: Gateways, addresses: Addresses, local: Carriers | None = None) -> None:
        self._ledger, self._gateways, self._addresses, self._local = ledger, gateways, addresses, local
        self._lock = threading.Lock()
        self._carrying: set[Future[Landed]] = set()
        self._receipts: list[Carried] = []

    def carry(self, member: bytes, envelope: bytes) -> "Future[Landed]":
        """Hand an envelope to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry(member, envelope)
        return self._under_way(member, "envelopes", envelope, COSE, TRIES)

    def carry_claim(self, member: bytes, claim: bytes) -> "Future[Landed]":
        """Hand a claim to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry_claim(member, claim)
        return self._under_way(member, "claims", claim, COSE)

    def carry_recovery(self, member: bytes, recovery: bytes, approval: bytes) -> "Future[Landed]":
        """Hand an approved recovery to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry_recovery(member, recovery, approval)
        return self._under_way(member, "recoveries", encode((recovery, approval)), CBOR)

    def carry_veto(self, member: bytes, veto: bytes) -> "Future[Landed]":
        """Hand a veto to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry_veto(member, veto)
        return self._under_way(member, "vetoes", veto, COSE)

    def members(self) -> tuple[bytes, ...]:
        """Return the members that have an address, sorted."""
        near = () if self._local is None else self._local.members()
        return tuple(sorted({*near, *self._addresses.members()}))

    def receipts(self, within_s: float) -> tuple[Carried, ...]:
        """Return what members signed since this was asked last; see the port."""
        with self._lock:
            carrying = list(self._carrying)
        wait(carrying, within_s)
        with self._lock:
            found, self._receipts = tuple(self._receipts), []
        return found

    @property
    def _near(self) -> Carriers:
        if self._local is None:
            raise NoSuchMember
        return self._local

    def _is_local(self, member: bytes) -> bool:
        return self._local is not None and member in self._local.members()

    def _under_way(self, member: bytes, what: str, body: bytes, media_type: str, tries: int = 1) -> "Future[Landed]":
        """Send in a thread that nobody has to wait for: of two carriers the slower one does not matter."""
        url = f"{self._addresses.url(member)}/{what}"
        future = in_thread(lambda: self._carried(member, url, body, media_type, tries))
        with self._lock:
            self._carrying.add(future)
        future.add_done_callback(self._landed)
        return future

    def _landed(self, future: "Future[Landed]") -> None:
        with self._lock:
            self._carrying.discard(future)

    def _carried(self, member: bytes, url: str, body: bytes, media_type: str, tries: int) -> Landed:
        answer = self._answer(member, url, body, media_type, tries)
        if isinstance(answer, Landed):
            return answer
        submitted = decode(answer.body, Submitted)
        if len(submitted.outcomes) != 1:
            raise BadAnswer
        (outcome,) = submitted.outcomes
        if url.endswith("/envelopes") and outcome.id != parse_envelope(self._ledger.network, body).id:
            raise BadAnswer
        if outcome.height:
            receipt = self._receipt(member, outcome, submitted.receipts)
            if receipt:  # kept before what it says is looked for, since it may be a lie
                self._note(Carried(outcome.id, member, outcome.height, receipt))
            self._gateways.catch_up(outcome.height)
            if not receipt:  # its key may be of a block that was not here yet
                receipt = self._receipt(member, outcome, submitted.receipts)
                self._note(Carried(outcome.id, member, outcome.height if receipt else 0, receipt))
            self._check(outcome, receipt)
        return Landed(outcome.height, outcome.time, EnvelopeResult(outcome.id, outcome.code, outcome.events))

    def _answer(self, member: bytes, url: str, body: bytes, media_type: str, tries: int) -> Answer | Landed:
        """Return what the member's gateway answers, or the refusal of the ledger that it gives."""
        for left in reversed(range(tries)):
            try:
                return self._gateways.ask("POST", url, body, media_type)
            except Refusal as refusal:
                if refusal.code in KNOWN:  # of the ledger, or of who looked at what was brought as the ledger would
                    return Landed(0, 0, EnvelopeResult(b"", refusal.code, ()))
                if refusal.kind is not Kind.UNAVAILABLE or not left:
                    self._addresses.doubt()
                    if media_type == COSE and url.endswith("/envelopes"):
                        self._note(Carried(parse_envelope(self._ledger.network, body).id, member, 0, b""))
                    raise
        raise AssertionError("asked once at least")

    def _receipt(self, member: bytes, outcome: Outcome, receipts: tuple[bytes, ...]) -> bytes:
        """Return the member's receipt of an outcome, empty where none of these is."""
        state, network, now = self._ledger.view(), self._ledger.network, self._ledger.now()
        wanted = member, outcome.height, outcome.time, outcome.code
        for raw in receipts:
            try:
                said = read_receipt(state, network, now, raw)
            except Refusal:
                continue
            code = dict(zip(said.ids, said.codes, strict=True)).get(outcome.id)
            if (said.member, said.height, said.time, code) == wanted:
                return raw
        return b""

    def _note(self, carried: Carried) -> None:
        with self._lock:
            self._receipts.append(carried)

    def _check(self, outcome: Outcome, receipt: bytes) -> None:
        """Raise BadAnswer unless it was signed for, and the block that was named holds the envelope."""
        if not receipt or not holds(self._ledger, outcome.height, outcome.id):
            raise BadAnswer


def in_thread(work: Callable[[], Landed]) -> "Future[Landed]":
    """Run `work` in a daemon thread; return its future."""
    future: Future[Landed] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits
            future.set_exception(error)

    threading.Thread(target=run, name="carrying", daemon=True).start()
    return future
