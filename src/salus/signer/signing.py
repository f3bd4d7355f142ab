"""Sign votes and proposals of one chain, never two that contradict one another.

Rules as CometBFT's own signer has them: what comes must stand above all that was signed, by height, round and
step. The same again gets the same signature; where it differs by its timestamp alone, it gets the
signature and the timestamp from before, since a node that crashed asks again. Extensions of votes are signed each
time: they may differ.
https://github.com/cometbft/cometbft/blob/v0.39.4/privval/file.go
"""

from google.protobuf.timestamp_pb2 import Timestamp

from salus.cometbft import chain_id
from salus.cometbft.hashing import encoded
from salus.cometbft.proto.types_pb2 import (
    SIGNED_MSG_TYPE_PRECOMMIT,
    SIGNED_MSG_TYPE_PREVOTE,
    CanonicalProposal,
    CanonicalVote,
    Proposal,
    Vote,
)
from salus.cometbft.reading import instant, is_nil
from salus.cometbft.votes import extension_sign_bytes, proposal_sign_bytes, vote_sign_bytes
from salus.core.errors import Malformed
from salus.core.signatures import SigningKey
from salus.signer.errors import (
    ConflictingSignature,
    HeightRegression,
    OtherChain,
    RoundRegression,
    StepRegression,
    UnfitRequest,
)
from salus.signer.state import FORMAT, LastSigned, SignState

PROPOSAL_STEP = 1
VOTE_STEPS = {SIGNED_MSG_TYPE_PREVOTE: 2, SIGNED_MSG_TYPE_PRECOMMIT: 3}


class Signer:
    """One key with its state; one thread at a time. Its repr shows nothing of the key."""

    def __init__(self, key: SigningKey, network: bytes, state: SignState) -> None:
        self._key, self._network, self._state = key, network, state
        self.chain = chain_id(network)
        self.public = key.public

    def __repr__(self) -> str:
        return "Signer()"

    @property
    def last(self) -> LastSigned:
        """What was signed last."""
        return self._state.last

    def close(self) -> None:
        """Let another signer have the home."""
        self._state.close()

    def check_chain(self, chain: str) -> None:
        """Raise OtherChain unless it is the one of this key."""
        if chain != self.chain:
            raise OtherChain

    def sign_vote(self, chain: str, vote: Vote) -> Vote:
        """Return the vote with its signature, and that of its extension where it has one.

        Raises OtherChain, UnfitRequest, HeightRegression, RoundRegression, StepRegression, ConflictingSignature;
        StorageFull or StorageFailed where the state cannot be kept: then no signature leaves.
        """
        self.check_chain(chain)
        step = VOTE_STEPS.get(vote.type)
        if step is None or not vote.HasField("timestamp"):
            raise UnfitRequest
        extended = vote.type == SIGNED_MSG_TYPE_PRECOMMIT and not is_nil(vote.block_id)
        if vote.extension and not extended:
            raise UnfitRequest
        answer = Vote()
        answer.CopyFrom(vote)
        signed = vote_sign_bytes(chain, vote)
        answer.signature, time = self._sign((vote.height, vote.round, step), signed, vote.timestamp, CanonicalVote)
        answer.timestamp.CopyFrom(time)
        answer.extension_signature = self._key.sign(extension_sign_bytes(chain, vote)) if extended else b""
        return answer

    def sign_proposal(self, chain: str, proposal: Proposal) -> Proposal:
        """Return the proposal with its signature; raises as `sign_vote`."""
        self.check_chain(chain)
        if not proposal.HasField("timestamp"):
            raise UnfitRequest
        answer = Proposal()
        answer.CopyFrom(proposal)
        signed = proposal_sign_bytes(chain, proposal)
        place = proposal.height, proposal.round, PROPOSAL_STEP
        answer.signature, time = self._sign(place, signed, proposal.timestamp, CanonicalProposal)
        answer.timestamp.CopyFrom(time)
        return answer

    def _sign(
        self,
        place: tuple[int, int, int],
        signed: bytes,
        time: Timestamp,
        kind: type[CanonicalVote] | type[CanonicalProposal],
    ) -> tuple[bytes, Timestamp]:
        """Return signature and timestamp of what stands at a height, round and step."""
        self._check(place, time)
        last = self._state.last
        if place == last.place:
            before = _same_but_for_time(last.signed, signed, kind)
            if before is None:
                raise ConflictingSignature
            return last.signature, before
        signature = self._key.sign(signed)
        self._state.keep(LastSigned(FORMAT, self._network, self.public, *place, signed, signature))
        return signature, time

    def _check(self, place: tuple[int, int, int], time: Timestamp) -> None:
        height, round_, step = place
        try:
            instant(time)
        except Malformed:
            raise UnfitRequest from None
        if height < 1 or round_ < 0:
            raise UnfitRequest
        last = self._state.last
        if height < last.height:
            raise HeightRegression
        if height == last.height and round_ < last.round:
            raise RoundRegression
        if (height, round_) == (last.height, last.round) and step < last.step:
            raise StepRegression


def _same_but_for_time(
    before: bytes, now: bytes, kind: type[CanonicalVote] | type[CanonicalProposal]
) -> Timestamp | None:
    """Return the timestamp from before where nothing else differs; None where something does."""
    if not before:
        return None
    one, other = kind.FromString(_body(before)), kind.FromString(_body(now))
    time = Timestamp()
    time.CopyFrom(one.timestamp)
    other.timestamp.CopyFrom(time)
    return time if encoded(one) == encoded(other) else None


def _body(delimited: bytes) -> bytes:
    """Return what stands behind the length, a varint."""
    start = next(at for at, byte in enumerate(delimited) if byte < 0x80) + 1
    return delimited[start:]
