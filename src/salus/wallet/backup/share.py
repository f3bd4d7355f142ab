"""The operator's half: a random share, sealed to the operator inside the backup, handed out after a recovery only.

So shares of keyholders, a found code or a stolen passphrase alone open nothing: whoever has one must also win a
recovery, which alerts every device and can be vetoed. The operator keeps nothing for it and reads nothing by it. What
it opens is bound to network, store, account and generation: nobody gets the share by a recovery of somebody else.
"""

from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.core.types import Count, Id, Message, Nonce, Time
from salus.vault.seals import PUBLIC_BYTES

KIND = "backup-share"
SealedShare = Annotated[bytes, Meta(max_length=4096)]


class Bound(NamedTuple):
    """What a share is bound to."""

    network: bytes
    store: bytes
    account: bytes
    generation: int  # of the account when the backup was made

    def info(self, holder: bytes) -> bytes:
        """Return the context of the seal to the operator, or to an organisation that holds a share of a slot."""
        return T("backup-share", self.network, self.store, self.account, self.generation, holder)


class ShareRequest(Message, frozen=True):
    """Payload of COSE kind `backup-share`, signed by a device key that the account lists now."""

    store: Id
    account: Id
    generation: Count
    sealed: SealedShare  # to the organisation that is asked
    public: Annotated[bytes, Meta(min_length=PUBLIC_BYTES, max_length=PUBLIC_BYTES)]  # the answer is sealed to it
    nonce: Nonce
    not_after: Time


class ShareAnswer(Message, frozen=True):
    """A share, sealed to the key that the request named."""

    request: Id
    sealed: SealedShare


class SignedShareRequest(NamedTuple):
    """A parsed request; its signature was not checked."""

    id: bytes  # its first 40 bits are the short code that a desk compares
    payload: ShareRequest
    key: bytes
    message: bytes  # what the key must have signed
    signature: bytes


def sign_request(network: bytes, request: ShareRequest, device: SigningKey) -> bytes:
    """Return the signed request."""
    return cose.sign(KIND, network, encode(request), [device])


def parse_share_request(network: bytes, raw: bytes) -> SignedShareRequest:
    """Return the request in `raw`; raise Malformed unless exactly one key signed it."""
    signed = cose.parse(KIND, raw)
    if len(signed.signatures) != 1:
        raise Malformed
    key, signature = signed.signatures[0]
    payload = decode(signed.payload, ShareRequest)
    message = cose.to_be_signed(KIND, network, signed.payload, key)
    return SignedShareRequest(request_id(network, payload), payload, key, message, signature)


def request_id(network: bytes, request: ShareRequest) -> bytes:
    """Return the id of a request."""
    return T("share-request", network, encode(request))


def answer_info(network: bytes, request: bytes) -> bytes:
    """Return the context of the seal of an answer to the request of this id."""
    return T("share-answer", network, request)
