"""Members that carry a person's messages, each asked at its gateway; implements `ports.Carriers` over HTTP.

What a gateway says it brought to the ledger is believed once the own view has the block with the envelope in it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from salus.client.batcher import Landed
from salus.client.ledger import EnvelopeResult, Ledger
from salus.client.refused import KNOWN
from salus.client.submission import Outcome, Submitted
from salus.core.encoding import decode, encode
from salus.core.envelope import parse_envelope
from salus.core.errors import Kind, Refusal
from salus.services.errors import NoSuchMember
from salus.services.held_in_block import holds
from salus.services.ports import Carriers
from salus.services.remote.addresses import Addresses
from salus.services.remote.errors import BadAnswer
from salus.services.remote.gateways import Gateways

TRIES = 3  # of an envelope, whose id is its own: an answer that was lost is given again
COSE, CBOR = "application/cose", "application/cbor"


class RemoteCarriers:
    """Members of the directory, and those of this home if there are some. Thread-safe."""

    def __init__(self, ledger: Ledger, gateways: Gateways, addresses: Addresses, local: Carriers | None = None) -> None:
        self._ledger, self._gateways, self._addresses, self._local = ledger, gateways, addresses, local

    def carry(self, member: bytes, envelope: bytes) -> "Future[Landed]":
        """Hand an envelope to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry(member, envelope)
        return self._under_way(
            f"{self._addresses.url(member)}/envelopes", envelope, COSE, TRIES, _id(self._ledger.network, envelope)
        )

    def carry_claim(self, member: bytes, claim: bytes) -> "Future[Landed]":
        """Hand a claim to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry_claim(member, claim)
        return self._under_way(f"{self._addresses.url(member)}/claims", claim, COSE)

    def carry_recovery(self, member: bytes, recovery: bytes, approval: bytes) -> "Future[Landed]":
        """Hand an approved recovery to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry_recovery(member, recovery, approval)
        return self._under_way(f"{self._addresses.url(member)}/recoveries", encode((recovery, approval)), CBOR)

    def carry_veto(self, member: bytes, veto: bytes) -> "Future[Landed]":
        """Hand a veto to a member's gateway; raise NotReachable."""
        if self._is_local(member):
            return self._near.carry_veto(member, veto)
        return self._under_way(f"{self._addresses.url(member)}/vetoes", veto, COSE)

    def members(self) -> tuple[bytes, ...]:
        """Return the members that have an address, sorted."""
        near = () if self._local is None else self._local.members()
        return tuple(sorted({*near, *self._addresses.members()}))

    @property
    def _near(self) -> Carriers:
        if self._local is None:
            raise NoSuchMember
        return self._local

    def _is_local(self, member: bytes) -> bool:
        return self._local is not None and member in self._local.members()

    def _under_way(
        self, url: str, body: bytes, media_type: str, tries: int = 1, key: bytes | None = None
    ) -> "Future[Landed]":
        """Send in a thread that nobody has to wait for: of two carriers the slower one does not matter.

        `key` is the id of the envelope that is to be told of, None where the member makes one of its own.
        """
        return in_thread(lambda: self._carried(url, body, media_type, tries, key))

    def _carried(self, url: str, body: bytes, media_type: str, tries: int, key: bytes | None) -> Landed:
        for left in reversed(range(tries)):
            try:
                answer = self._gateways.ask("POST", url, body, media_type)
                break
            except Refusal as refusal:
                if refusal.code in KNOWN:  # of the ledger, or of who looked at what was brought as the ledger would
                    return Landed(0, 0, EnvelopeResult(b"", refusal.code, ()))
                if refusal.kind is not Kind.UNAVAILABLE or not left:
                    self._addresses.doubt()
                    raise
        submitted = decode(answer.body, Submitted)
        if len(submitted.outcomes) != 1:
            raise BadAnswer
        (outcome,) = submitted.outcomes
        if key is not None and outcome.id != key:
            raise BadAnswer
        if outcome.height:
            self._gateways.catch_up(outcome.height)
            self._check(outcome)
        return Landed(outcome.height, outcome.time, EnvelopeResult(outcome.id, outcome.code, outcome.events))

    def _check(self, outcome: Outcome) -> None:
        """Raise BadAnswer unless the block that was named holds the envelope."""
        if not holds(self._ledger, outcome.height, outcome.id):
            raise BadAnswer


def _id(network: bytes, envelope: bytes) -> bytes | None:
    try:
        return parse_envelope(network, envelope).id
    except Refusal:
        return None


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
