"""CometBFT's protocol for signers: requests one after the other, each with its length in front, each answered.

https://github.com/cometbft/cometbft/blob/v0.39.4/privval/signer_requestHandler.go
"""

import logging
from collections.abc import Callable
from io import BytesIO

from google.protobuf.message import DecodeError
from google.protobuf.proto import serialize_length_prefixed

from salus.cometbft.proto.privval_pb2 import (
    Message,
    PingResponse,
    PubKeyResponse,
    RemoteSignerError,
    SignedProposalResponse,
    SignedVoteResponse,
)
from salus.cometbft.proto.types_pb2 import Proposal, PublicKey, Vote
from salus.core.errors import Refusal
from salus.signer.errors import UnfitRequest
from salus.signer.signing import Signer

LOG = logging.getLogger("salus.signer")
MAX_BYTES = 2 * 1024**2  # of a request; CometBFT's own limit was 10 KiB, until extensions of votes could be larger
_LENGTH_BYTES = 4


def read_message(read: Callable[[int], bytes]) -> Message | None:
    """Return the next message, None where the stream ends before it; `read` returns as many bytes, or fewer at the end.

    Raises UnfitRequest where it is none, or too large.
    """
    length = 0
    for shift in range(0, 7 * _LENGTH_BYTES, 7):
        byte = read(1)
        if not byte:
            return None
        length |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            break
    else:
        raise UnfitRequest
    if length > MAX_BYTES:
        raise UnfitRequest
    body = read(length)
    if len(body) < length:
        return None
    try:
        return Message.FromString(body)
    except DecodeError:
        raise UnfitRequest from None


def framed(message: Message) -> bytes:
    """Return a message with its length in front."""
    stream = BytesIO()
    serialize_length_prefixed(message, stream)
    return stream.getvalue()


def answer(signer: Signer, request: Message) -> Message:
    """Return the answer to a request, which says why where it is a refusal; raise UnfitRequest where it is none."""
    match request.WhichOneof("sum"):
        case "ping_request":
            return Message(ping_response=PingResponse())
        case "pub_key_request":
            return _public_key(signer, request.pub_key_request.chain_id)
        case "sign_vote_request":
            asked = request.sign_vote_request
            try:
                vote = signer.sign_vote(asked.chain_id, asked.vote)
            except Refusal as refusal:
                _note(refusal, "vote", asked.vote.height, asked.vote.round)
                return Message(signed_vote_response=SignedVoteResponse(vote=Vote(), error=_error(refusal)))
            return Message(signed_vote_response=SignedVoteResponse(vote=vote))
        case "sign_proposal_request":
            wanted = request.sign_proposal_request
            try:
                proposal = signer.sign_proposal(wanted.chain_id, wanted.proposal)
            except Refusal as refusal:
                _note(refusal, "proposal", wanted.proposal.height, wanted.proposal.round)
                refused = SignedProposalResponse(proposal=Proposal(), error=_error(refusal))
                return Message(signed_proposal_response=refused)
            return Message(signed_proposal_response=SignedProposalResponse(proposal=proposal))
        case _:
            raise UnfitRequest


def _public_key(signer: Signer, chain: str) -> Message:
    try:
        signer.check_chain(chain)
    except Refusal as refusal:
        _note(refusal, "key", 0, 0)
        return Message(pub_key_response=PubKeyResponse(pub_key=PublicKey(), error=_error(refusal)))
    return Message(pub_key_response=PubKeyResponse(pub_key=PublicKey(ed25519=signer.public)))


def _error(refusal: Refusal) -> RemoteSignerError:
    return RemoteSignerError(code=refusal.code, description=str(refusal))


def _note(refusal: Refusal, what: str, height: int, round_: int) -> None:
    LOG.warning("refused to sign", extra={"code": refusal.code, "what": what, "height": height, "round": round_})
