"""Signed tips: what a node says, at a time, of which block is its newest.

Whoever follows a node knows by its tip up to when the state it holds is the newest one. A tip that differs from a
header of the same height, or is followed by a lower one, shows under the node's own key that it did not keep its word.
"""

from typing import NamedTuple

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.signatures import SigningKey, verify
from salus.core.types import Digest, Height, Id, Message, Time
from salus.evidence.header import Validators


class Tip(Message, frozen=True):
    """Payload of COSE kind `tip`."""

    network: Id
    height: Height  # of the newest block, 0 before the first
    header: Digest  # hash of its header; the network before the first
    time: Time  # at which that was so, by the node's clock: no later block has an earlier time


class SignedTip(NamedTuple):
    """A tip whose signature was verified."""

    tip: Tip
    raw: bytes


def sign_tip(tip: Tip, key: SigningKey) -> bytes:
    """Return `tip` as COSE_Sign by the node's `key`."""
    return cose.sign("tip", tip.network, encode(tip), [key])


def read_tip(network: bytes, raw: bytes, validators: Validators) -> SignedTip:
    """Return the tip in `raw`, signed by one of `validators`.

    Raises Malformed (another network's, or not signed by one key alone), then WrongSignature (no validator's, or the
    signature does not verify).
    """
    signed = cose.parse("tip", raw)
    tip = decode(signed.payload, Tip)
    if tip.network != network or len(signed.signatures) != 1:
        raise Malformed
    ((kid, signature),) = signed.signatures
    public = validators.get(kid, (b"", 0))[0]
    if not verify(public, cose.to_be_signed("tip", network, signed.payload, kid), signature):
        raise WrongSignature
    return SignedTip(tip, raw)
