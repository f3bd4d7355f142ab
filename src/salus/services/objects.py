"""What parties hand one another off the ledger, to the byte; `docs/formats.md` lists them.

A grant and a delivery are signed COSE objects around an HPKE seal, whose `info` is the T-hash of all
fields but the last two: HPKE's base mode authenticates nobody, so the signature says who sealed.
"""

from hashlib import sha256
from typing import Annotated, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from salus.contracts.access.messages import Basis
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.core.types import Count, Digest, Id, Message, Salt, Small, Time
from salus.vault.seals import ENC_BYTES, PUBLIC_BYTES, X_WING, SealKey, seal

Enc = Annotated[bytes, Meta(min_length=ENC_BYTES, max_length=ENC_BYTES)]
SealPublic = Annotated[bytes, Meta(min_length=PUBLIC_BYTES, max_length=PUBLIC_BYTES)]
Suite = Annotated[int, Meta(ge=X_WING, le=X_WING)]
MAX_LETTER_BYTES = 512 * 1024 * 1024


class StaffOpening(Message, frozen=True):
    """Opens a staff commitment; kept in the organisation's vault, travels sealed."""

    salt: Salt
    organisation: Id
    role: Annotated[str, Meta(min_length=1, max_length=128)]
    name: Annotated[str, Meta(min_length=1, max_length=256)]

    def commitment(self, network: bytes) -> bytes:
        """Return T("staff", salt, [organisation, role, name])."""
        return T("staff", network, self.salt, [self.organisation, self.role, self.name])


class RequestOpening(Message, frozen=True):
    """What a request commits to, in clear; sealed to the custodian."""

    filter_salt: Salt
    filter: Annotated[bytes, Meta(max_length=64 * 1024)]  # encoded policy.filter.Filter
    staff: StaffOpening | None
    answer_key: SealPublic  # its id is the request's `seal_key`


class RequestLetter(Message, frozen=True):
    """A request on its way; `sealed` opens under info T("opening", request id)."""

    request: Annotated[bytes, Meta(max_length=1024)]  # COSE_Sign, kind request
    sealed: Annotated[bytes, Meta(max_length=128 * 1024)]


class SealedPartOpening(Message, frozen=True):
    """Opens a directive's sealed commitment."""

    salt: Salt
    body: Annotated[bytes, Meta(max_length=64 * 1024)]  # encoded policy.types.SealedPart


class SealedGrant(Message, frozen=True):
    """Payload of COSE kind `grant`: the sealed part of a directive, from the person to the custodian."""

    relation: Id
    directive: Id
    version: Count
    sender: Id
    recipient: Id
    recipient_key: Digest
    suite: Suite
    compartment: Id | None  # of a personal store; none in a custodian's vault
    epoch: Count
    purposes: tuple[Small, ...]
    expiry: Time
    enc: Enc
    ciphertext: Annotated[bytes, Meta(max_length=128 * 1024)]

    def info(self, network: bytes) -> bytes:
        """Return what the seal is bound to."""
        return T("grant", network, *_fields(self))


class SealedDelivery(Message, frozen=True):
    """Payload of COSE kind `delivery`: the content key of a release, from the custodian to the recipient."""

    release: Id
    relation: Id
    basis: Basis
    sender: Id
    recipient: Id
    recipient_key: Digest
    suite: Suite
    compartment: Id | None
    epoch: Count
    purpose: Small
    expiry: Time  # deliver by
    stream: Digest  # SHA-256 of the sealed stream
    enc: Enc
    ciphertext: Annotated[bytes, Meta(max_length=256)]  # the content key, 32 bytes, sealed

    def info(self, network: bytes) -> bytes:
        """Return what the seal is bound to."""
        return T("delivery", network, *_fields(self))


class DeliveryLetter(Message, frozen=True):
    """A delivery with its stream (`vault.stream`, bound to the release)."""

    delivery: Annotated[bytes, Meta(max_length=8 * 1024)]  # COSE_Sign, kind delivery
    stream: Annotated[bytes, Meta(max_length=MAX_LETTER_BYTES)]


class Content(Message, frozen=True):
    """What the stream holds. `left_out`: (level, whether something was, how many), as far as may be said."""

    evidence: bytes  # Kind.RELEASE; for a person without octets, which are in `view`
    view: bytes | None  # Kind.COMPLETE_VIEW, for the person alone
    left_out: tuple[Small, bool | None, Count | None]
    obligations: tuple[str, ...]
    redisclosure: Small
    height: Count  # of the block that holds the release
    reads: tuple[tuple[Salt, Annotated[bytes, Meta(max_length=64 * 1024)]], ...]  # the person's: her whole access log


class PageRequest(Message, frozen=True):
    """Payload of COSE kind `page`: the next search of a session, or its end; by the recipient's gateway."""

    session: Id
    relation: Id
    number: Count  # above that of every page before
    sealed: Digest  # SHA-256 of the sealed search
    last: bool  # nothing is searched for: close the session
    not_after: Time

    def info(self, network: bytes) -> bytes:
        """Return what the seal of the search is bound to."""
        return T("search", network, self.session, self.relation, self.number, self.last, self.not_after)

    def with_seal(self, sealed: bytes) -> "PageRequest":
        """Return the request for the search that was sealed."""
        return replace(self, sealed=sha256(sealed).digest())


class Search(Message, frozen=True):
    """What a page is asked for, in clear: `filter` is an encoded policy.filter.Filter."""

    salt: Salt
    filter: Annotated[bytes, Meta(max_length=64 * 1024)]


class PageRequestLetter(Message, frozen=True):
    """The next search on its way, sealed to the custodian."""

    request: Annotated[bytes, Meta(max_length=1024)]  # COSE_Sign, kind page
    sealed: Annotated[bytes, Meta(max_length=128 * 1024)]


class RefusalLetter(Message, frozen=True):
    """Tells a requester that its request was refused, or its session is over; the ledger says why."""

    request: Id


UNSEALED = bytes(ENC_BYTES)  # stands for `enc` until the seal is made


class Opened(NamedTuple):
    """A parsed signed object: its payload's bytes and the one signature."""

    payload: bytes
    key: bytes
    signature: bytes


def sign(kind: str, network: bytes, payload: Message, key: SigningKey) -> bytes:
    """Return `payload` as COSE_Sign of `kind`."""
    return cose.sign(kind, network, encode(payload), [key])


def parse_signed(kind: str, raw: bytes) -> Opened:
    """Return the one-signer object in `raw`, its signature unchecked; raise Malformed."""
    signed = cose.parse(kind, raw)
    if len(signed.signatures) != 1:
        raise Malformed
    return Opened(signed.payload, *signed.signatures[0])


def seal_grant(network: bytes, grant: SealedGrant, public: bytes, opening: SealedPartOpening) -> SealedGrant:
    """Return `grant` with `opening` sealed to `public`."""
    sealed = seal(public, grant.info(network), encode(opening))
    return replace(grant, enc=sealed[:ENC_BYTES], ciphertext=sealed[ENC_BYTES:])


def open_grant(network: bytes, grant: SealedGrant, key: SealKey) -> SealedPartOpening:
    """Return the opening; raise WrongSeal or Malformed."""
    return decode(key.open(grant.info(network), grant.enc + grant.ciphertext), SealedPartOpening)


def seal_content_key(network: bytes, delivery: SealedDelivery, public: bytes, content_key: bytes) -> SealedDelivery:
    """Return `delivery` with the content key sealed to `public`."""
    sealed = seal(public, delivery.info(network), content_key)
    return replace(delivery, enc=sealed[:ENC_BYTES], ciphertext=sealed[ENC_BYTES:])


def open_content_key(network: bytes, delivery: SealedDelivery, key: SealKey) -> bytes:
    """Return the content key; raise WrongSeal."""
    return key.open(delivery.info(network), delivery.enc + delivery.ciphertext)


def opening_info(network: bytes, request: bytes) -> bytes:
    """Return what the seal of a request's opening is bound to."""
    return T("opening", network, request)


def _fields(message: SealedGrant | SealedDelivery) -> list[object]:
    """All fields but the last two."""
    return [getattr(message, name) for name in message.__struct_fields__[:-2]]
