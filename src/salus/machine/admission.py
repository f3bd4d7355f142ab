"""Which batches may stand in a block, and which envelopes may run: predicates of committed state and time."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from salus.contracts.accounts.keeper import get_key
from salus.contracts.accounts.queries import live_key
from salus.contracts.context import Signer
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.queries import is_serving, parameter
from salus.core.cose import to_be_signed
from salus.core.envelope import MAX_BATCH_BYTES, WINDOW_MS, Batch, Envelope, parse_batch, parse_envelope
from salus.core.errors import Refusal, WrongSignature
from salus.core.keys import Role
from salus.machine.errors import (
    Expired,
    NotAMember,
    Replayed,
    RevokedKey,
    ShareExceeded,
    TooFarAhead,
    UnknownSigner,
)
from salus.machine.memory import Memory
from salus.machine.seen import SeenIds
from salus.machine.signing import Check, Verified
from salus.state.overlay import Reader

BATCHES, BATCH_BYTES = 1_024, 16 * 1024**2  # parsed ones that are remembered until they are executed, at most
ENVELOPES = 16_384  # parsed ahead of their block
SIGNATURES = 1 << 15  # good ones, of envelopes


class Admission(NamedTuple):
    """The answer to one batch; `code` 0 is yes. `batch` is None where it could not be parsed."""

    code: int
    batch: Batch | None


class Signed(NamedTuple):
    """A signature of an envelope, and the public key of who is said to have made it."""

    envelope: Envelope
    kid: bytes
    public: bytes
    signature: bytes


class Gate:
    """Admission at one state and time. Keeps what was parsed and verified, also ahead of a block, within bounds.

    A good signature is remembered by the id of what it signs (which covers the payload, and with it the key ids) and
    its bytes, together with the public key: a key of less would fork the network, since a node that had seen the good
    one would let the payload pass under another. Whether a key is live is never remembered.
    """

    __slots__ = (
        "_ahead",
        "_batches",
        "_batches_bytes",
        "_carried",
        "_envelopes",
        "_good",
        "_network",
        "seen",
        "verified",
    )

    def __init__(self, network: bytes, seen: SeenIds, verified: Verified) -> None:
        self._network = network
        self.seen, self.verified = seen, verified
        self._batches: dict[bytes, Batch] = {}  # by raw bytes
        self._batches_bytes = 0
        self._envelopes: Memory[bytes, Envelope] = Memory(ENVELOPES)  # by raw bytes, until they are executed
        self._carried: Memory[tuple[bytes, bytes], bytes] = Memory(BATCHES)  # (id, signature) of batches -> public key
        self._good: Memory[tuple[bytes, bytes], bytes] = Memory(SIGNATURES)  # the same of envelopes
        self._ahead: dict[tuple[bytes, bytes, bytes], bool] = {}  # of one block: (public key, id, signature)

    def parse(self, raw: bytes) -> Batch:
        """Return the batch in `raw`, not checked against any state; raise Oversized or Malformed."""
        batch = self._batches.get(raw)
        if batch is None:
            batch = parse_batch(self._network, raw)
            if len(self._batches) >= BATCHES or self._batches_bytes > BATCH_BYTES:
                self._batches, self._batches_bytes = {}, 0
            self._batches[raw] = batch
            self._batches_bytes += len(raw)
        return batch

    def executed(self, raws: Iterable[bytes]) -> None:
        """Forget batches: nobody asks for them any more, unless their block is taken back."""
        for raw in raws:
            batch = self._batches.pop(raw, None)
            if batch is not None:
                self._batches_bytes -= len(raw)
                self._carried.drop((batch.id, batch.signature[1]))

    def read(self, raw: bytes, *, keep: bool) -> Envelope:
        """Return the envelope in `raw`, remembered (`keep`) for its block; raise Oversized or Malformed."""
        envelope = self._envelopes.get(raw)
        if envelope is None:
            envelope = parse_envelope(self._network, raw)
            if keep:
                self._envelopes.put(raw, envelope)
        elif not keep:
            self._envelopes.drop(raw)
        return envelope

    def batch(self, state: Reader, time: int, raw: bytes) -> Batch:
        """Return the batch in `raw`; raise the first refusal in order of precedence."""
        batch = self.parse(raw)
        payload = batch.payload
        self._window(payload.not_after, time)
        if self.seen.has(batch.id, payload.not_after):
            raise Replayed
        member, kid = payload.carrier
        if not is_serving(state, member):
            raise NotAMember
        public, role = self._key(state, member, kid, time)
        if role != Role.GATEWAY:
            raise UnknownSigner
        signature = batch.signature[1]
        if self._carried.get((batch.id, signature)) != public:
            message = to_be_signed("batch", self._network, batch.payload_bytes, kid)
            if not self.verified.known(public, message, signature):
                raise WrongSignature
            self._carried.put((batch.id, signature), public)
        return batch

    def block(self, state: Reader, time: int, raws: Sequence[bytes], max_bytes: int) -> list[Admission]:
        """Answer each batch of a block: alone, then beside those before it that were admitted.

        One refused here leaves room for the rest. A carrier's batches may together fill its share of
        a block (parameter CARRIER_SHARE_PERCENT of MAX_BLOCK_BYTES), and one batch always fits it.
        """
        share = max_bytes * parameter(state, Parameter.CARRIER_SHARE_PERCENT) // 100
        answers: list[Admission] = []
        ids: dict[bytes, None] = {}
        used: dict[bytes, int] = {}
        total = 0
        for raw in raws:
            batch: Batch | None = None
            try:
                batch = self.batch(state, time, raw)
                carrier = batch.payload.carrier[0]
                if batch.id in ids:
                    raise Replayed
                over = carrier in used and used[carrier] + len(raw) > share
                if over or total + len(raw) > max_bytes:
                    raise ShareExceeded
            except Refusal as refusal:
                answers.append(Admission(refusal.code, batch))
                continue
            ids[batch.id] = None
            used[carrier] = used.get(carrier, 0) + len(raw)
            total += len(raw)
            answers.append(Admission(0, batch))
        return answers

    def ahead(self, state: Reader, time: int, envelopes: Iterable[Envelope]) -> None:
        """Have the signatures verified that `envelope` will ask for if the keys are still those of `state`.

        Leaves out what is refused without a signature, and what has several signers: what is kept
        here is then no more than the block. Changes no answer.
        """
        places: list[tuple[bytes, bytes, bytes]] = []
        checks: list[Check] = []
        for envelope in envelopes:
            payload = envelope.payload
            if len(payload.signers) > 1 or self.seen.has(envelope.id, payload.not_after):
                continue
            if not time < payload.not_after <= time + WINDOW_MS:
                continue
            account, kid = payload.signers[0]
            signature = envelope.signatures[0][1]
            if self._good.get((envelope.id, signature)) is not None:
                continue
            key = live_key(state, account, kid, time)
            if key is not None:
                places.append((key.public, envelope.id, signature))
                checks.append((key.public, self._message(envelope, kid), signature))
        self._ahead = dict(zip(places, self.verified.ahead(checks), strict=True))

    def signed(self, state: Reader, time: int, envelopes: Iterable[Envelope]) -> list[Signed]:
        """Return every signature of `envelopes` whose key is live, and which is not known to be good."""
        found: list[Signed] = []
        for envelope in envelopes:
            for (account, kid), (_, signature) in zip(envelope.payload.signers, envelope.signatures, strict=True):
                if self._good.get((envelope.id, signature)) is None:
                    key = live_key(state, account, kid, time)
                    if key is not None:
                        found.append(Signed(envelope, kid, key.public, signature))
        return found

    def verify(self, one: Signed) -> None:
        """Remember a signature if it is good. Any thread may call this: no state is asked."""
        if self.verified.known(one.public, self._message(one.envelope, one.kid), one.signature):
            self._good.put((one.envelope.id, one.signature), one.public)

    def envelope(self, state: Reader, time: int, envelope: Envelope, remember: bool) -> tuple[Signer, ...]:
        """Return the live signers of `envelope`; raise the first refusal in order of precedence."""
        payload = envelope.payload
        self._window(payload.not_after, time)
        if self.seen.has(envelope.id, payload.not_after):
            raise Replayed
        found = [(account, kid, *self._key(state, account, kid, time)) for account, kid in payload.signers]
        for (_, kid, public, _), (_, signature) in zip(found, envelope.signatures, strict=True):
            if self._good.get((envelope.id, signature)) == public:
                continue
            good = self._ahead.get((public, envelope.id, signature))
            if good is None:
                good = self.verified.known(public, self._message(envelope, kid), signature)
                if good and remember:
                    self._good.put((envelope.id, signature), public)
            if not good:
                raise WrongSignature
        return tuple([Signer(account, kid, role) for account, kid, _, role in found])

    def _message(self, envelope: Envelope, kid: bytes) -> bytes:
        return to_be_signed("envelope", self._network, envelope.payload_bytes, kid)

    def _window(self, not_after: int, time: int) -> None:
        if time >= not_after:
            raise Expired
        if not_after > time + WINDOW_MS:
            raise TooFarAhead

    def _key(self, state: Reader, account: bytes, kid: bytes, time: int) -> tuple[bytes, int]:
        """Return (public key, role) of a key in force."""
        key = live_key(state, account, kid, time)
        if key is not None:
            return key.public, key.role
        raise UnknownSigner if get_key(state, account, kid) is None else RevokedKey


def max_block_bytes(state: Reader) -> int:
    """Return how many bytes the batches of one block may have together; never less than one batch."""
    return max(MAX_BATCH_BYTES, parameter(state, Parameter.MAX_BLOCK_BYTES))
