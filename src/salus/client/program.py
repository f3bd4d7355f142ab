"""A client for other programs: it reads a ledger by proofs, has envelopes carried, and signs requests.

Nothing that a server says about the ledger is believed without its proof under a header that a validator of the
genesis signed. What is not provable that way has no method here: lists of keys, for instance, may leave some out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from salus.client.checked import Checked, CheckedLedger, Unproved
from salus.client.envelopes import EnvelopeBuilder
from salus.client.http import Answer, Server
from salus.client.remote import CBOR, RemoteLedger
from salus.client.remote_errors import UnreadableAnswer
from salus.client.signing import signature_headers
from salus.client.submission import Outcome, Submitted, read_receipt
from salus.core.encoding import decode, encode
from salus.core.envelope import parse_envelope
from salus.core.errors import Kind, Malformed, Refusal
from salus.core.genesis import read_genesis
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.evidence.follow import Remembered
from salus.evidence.report import Report
from salus.evidence.state import LOG_KEY, LogValue, read
from salus.evidence.verify import verify
from salus.merkle.checkpoint import parse_note_key
from salus.merkle.log import Inclusion, verify_inclusion

CARRYING_S = 30.0  # how long a member may take until a block is durable


class Refused(Refusal):
    """A server refused; `status` is the HTTP status, `reason` the refusal's own code."""

    code, kind, text = 0x5060, Kind.INVALID, "The server refused the request."

    def __init__(self, status: int, reason: int) -> None:
        super().__init__()
        self.status, self.reason = status, reason

    def __str__(self) -> str:
        return f"{self.text} (status {self.status}, code 0x{self.reason:04x})"


class NoReceipt(Refusal):
    code, kind = 0x5061, Kind.UNAVAILABLE
    text = "The member's answer lacks its signed receipt for what it says it carried."


class Unprovable(Refusal):
    code, kind, text = 0x5062, Kind.INVALID, "A list of keys cannot be proved complete; ask for each key."


class Entry(NamedTuple):
    """An entry of the log that is proved to be in it."""

    index: int  # type: ignore[assignment]  # tuple.index is not used
    size: int  # of the log that it was proved in
    body: bytes  # of the event


class ProvedState:
    """The present state, each value proved as it is read; what contracts' queries read by single keys works on it."""

    def __init__(self, checked: CheckedLedger) -> None:
        self._checked = checked

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, None where it is proved that there is none."""
        return self._checked.value(key)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Raise Unprovable."""
        raise Unprovable


class Client:
    """A ledger behind one server, a node or a gateway. A context manager; every method may be called from any thread.

    `genesis` is the network's genesis file, known from elsewhere: it is what everything is checked by. `remembered` is
    what an earlier client had `remembered`; with it a ledger that was rolled back or forked since is found out.
    """

    def __init__(
        self, url: str, genesis: bytes, *, authority: Path | None = None, remembered: Remembered | None = None
    ) -> None:
        """`authority` is a file of certificates to trust alone. Raises BadUpstream, Malformed or InvalidKey."""
        self.url, self.network = url.rstrip("/"), read_genesis(genesis)[0]
        self._genesis = genesis
        self._ledger = RemoteLedger(url, self.network, authority)
        self._server = Server(url, authority)
        self._checked = CheckedLedger(self._ledger, genesis, remembered)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._ledger.close()
        self._server.close()

    @property
    def remembered(self) -> Remembered | None:
        """How far this client has seen the ledger; keep it for the next."""
        return self._checked.remembered

    @property
    def state(self) -> ProvedState:
        """The present state, read by proofs."""
        return ProvedState(self._checked)

    def values(self, keys: Sequence[bytes]) -> Checked:
        """Return the present values of keys, with height and time of the header that proves them.

        Raises Unproved, RolledBack, Forked, NodeAway, NodeBusy.
        """
        return self._checked.values(keys)

    def now(self) -> int:
        """Return the proved time of the newest header, milliseconds: what `not_after` counts from."""
        return self.values(()).time

    def entry(self, index: int) -> Entry:
        """Return an event of the log, proved; raises LookupError, PrunedThere, and what `values` raises.

        The first entry of each block is about the block and no event: LookupError.
        """
        raw = self.values((LOG_KEY,)).values[0]
        log = None if raw is None else read(raw, LogValue)
        if log is None or not 0 <= index < log.size:
            raise LookupError(index)
        proof = self._ledger.prove_event(index, log.size)
        if not proof.body:
            raise LookupError(index)
        leaf = T("event", self.network, proof.body)
        if proof.index != index or not verify_inclusion(log.root, leaf, Inclusion(index, log.size, proof.path)):
            raise Unproved
        return Entry(index, log.size, proof.body)

    def builder(self) -> EnvelopeBuilder:
        """Return what builds envelopes for this network, dated by the ledger."""
        return EnvelopeBuilder(self.network, self.now)

    def submit(self, member: str, *envelopes: bytes) -> Submitted:
        """Have a member carry signed envelopes, up to 500, and wait until their block is durable.

        `member` is its short name at this server. The same envelope may be sent again: it is executed once at most.
        Every outcome at a height above 0 has the member's signed receipt, checked by its key on the ledger. Raises
        Malformed, Refused, NoReceipt, WrongSignature, NodeAway, AnswerLost, NodeBusy, UnreadableAnswer.
        """
        for envelope in envelopes:
            parse_envelope(self.network, envelope)
        answer = self._server.post(f"/{member}/envelopes", encode(envelopes), CBOR, CARRYING_S)
        try:
            found = decode(_succeeded(answer), Submitted)
        except Malformed:
            raise UnreadableAnswer from None
        self._check(envelopes, found)
        return found

    def ask(
        self,
        method: str,
        path: str,
        key: SigningKey,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request signed by a key that the ledger lists (RFC 9421), once; return the answer, whatever it says.

        For what is not public: the FHIR face, letters, accounts. Raises NodeAway, AnswerLost, NodeBusy.
        """
        fields = dict(headers or {})
        signed = signature_headers(self.network, key, method, f"{self.url}{path}", body, fields)
        return self._server.send(method, path, body, signed)

    def verify(self, evidence: bytes, witnesses: Sequence[str] = ()) -> Report:
        """Verify an evidence file by the genesis, offline; `witnesses` are verifier keys that one trusts."""
        return verify(evidence, self._genesis, witnesses=[parse_note_key(text) for text in witnesses])

    def _check(self, envelopes: Sequence[bytes], found: Submitted) -> None:
        sent = [parse_envelope(self.network, raw).id for raw in envelopes]
        if [outcome.id for outcome in found.outcomes] != sent:
            raise UnreadableAnswer
        now, said = self.now(), set()
        for raw in found.receipts:
            receipt = read_receipt(self.state, self.network, now, raw)
            said |= {(one, code, receipt.height) for one, code in zip(receipt.ids, receipt.codes, strict=True)}
        if any(_told(outcome) not in said for outcome in found.outcomes if outcome.height):
            raise NoReceipt


def _told(outcome: Outcome) -> tuple[bytes, int, int]:
    return outcome.id, outcome.code, outcome.height


def _succeeded(answer: Answer) -> bytes:
    if answer.status != 200:
        raise Refused(answer.status, answer.code)
    return answer.body


__all__ = ["Client", "Entry", "NoReceipt", "ProvedState", "Refused", "Unprovable"]
