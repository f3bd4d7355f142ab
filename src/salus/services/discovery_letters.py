"""What parties hand one another to find somebody, to the byte; `docs/formats.md` lists them."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from salus.core.encoding import decode
from salus.core.hashing import T
from salus.core.types import Count, Digest, Id, Message, Salt, Small, Time
from salus.linkage.keys import Kind
from salus.services.objects import Enc, SealPublic, StaffOpening, Suite
from salus.vault.seals import ENC_BYTES, SealKey, seal

MAX_PATIENT = 64 * 1024
MAX_CUSTODIANS = 2048  # of one look-up
MAX_TOKENS = 16  # of one custodian in a look-up, two epochs together: one person's, and not a dictionary
MAX_ROWS = 16_384  # of one letter of tokens
MAX_KNOWN = 32
MATCHED = 0  # how: compared by the custodian; else a `linkage.keys.Kind`


class MatchQuery(Message, frozen=True):
    """What a custodian is asked, in clear: https://hl7.org/fhir/R4/patient-operation-match.html"""

    patient: Annotated[bytes, Meta(max_length=MAX_PATIENT)]  # FHIR JSON
    only_certain: bool
    count: Small  # entries at most; 0: as many as the custodian gives
    known: Annotated[tuple[Id, ...], Meta(max_length=MAX_KNOWN)]  # relations that need not be handed over again


class CustodianTokens(Message, frozen=True):
    """The tokens that one custodian may have given of a person; sorted, so that their place tells nothing."""

    custodian: Id
    tokens: Annotated[tuple[Digest, ...], Meta(max_length=MAX_TOKENS)]


class LocateQuery(Message, frozen=True):
    """What a locator is asked: a token leads to relations of the custodian it is listed for, and to no other's."""

    asked: Annotated[tuple[CustodianTokens, ...], Meta(max_length=MAX_CUSTODIANS)]  # sorted, each custodian once
    known: Annotated[tuple[Id, ...], Meta(max_length=MAX_KNOWN)]


class LookupOpening(Message, frozen=True):
    """What a look-up commits to, in clear; sealed to who is asked."""

    salt: Salt
    query: Annotated[bytes, Meta(max_length=2 * 1024 * 1024)]  # encoded MatchQuery or LocateQuery
    staff: StaffOpening
    answer_key: SealPublic  # its id is the look-up's `seal_key`


class LookupLetter(Message, frozen=True):
    """A look-up on its way; `sealed` opens under info T("look-up opening", look-up id)."""

    lookup: Annotated[bytes, Meta(max_length=1024)]  # COSE_Sign, kind look-up
    sealed: Annotated[bytes, Meta(max_length=3 * 1024 * 1024)]


class Ticket(Message, frozen=True):
    """What a look-up is answered with, in clear."""

    relation: Id | None
    custodian: Id | None
    how: Annotated[int, Meta(ge=0, le=int(max(Kind)))]  # MATCHED, or by which combination a locator found it
    bundle: Annotated[bytes, Meta(max_length=MAX_PATIENT)]  # a custodian's searchset; empty from a locator


class SealedTicket(Message, frozen=True):
    """Payload of COSE kind `ticket`, from who was asked to the requester."""

    lookup: Id
    sender: Id
    recipient: Id
    recipient_key: Digest
    suite: Suite
    expiry: Time
    enc: Enc
    ciphertext: Annotated[bytes, Meta(max_length=128 * 1024)]


class TokenRow(Message, frozen=True):
    """A token and whom it stands for."""

    token: Digest
    relation: Id
    kind: Annotated[int, Meta(ge=1, le=int(max(Kind)))]


class Tokens(Message, frozen=True):
    """A part of a custodian's tokens, in clear."""

    rows: Annotated[tuple[TokenRow, ...], Meta(max_length=MAX_ROWS)]  # sorted by token


class SealedTokens(Message, frozen=True):
    """Payload of COSE kind `tokens`: a custodian's tokens in parts; part 0 takes the place of all it sent before."""

    group: Id
    epoch: Count
    sender: Id
    recipient: Id
    recipient_key: Digest
    suite: Suite
    issued: Time  # the same in all parts
    part: Count  # from 0, in order
    enc: Enc
    ciphertext: Annotated[bytes, Meta(max_length=4 * 1024 * 1024)]


class SealedLocatorKey(Message, frozen=True):
    """Payload of COSE kind `locator-key`: a group's key of an epoch, from one member to another."""

    group: Id
    epoch: Count
    sender: Id
    recipient: Id
    recipient_key: Digest
    suite: Suite
    enc: Enc
    ciphertext: Annotated[bytes, Meta(max_length=256)]


Sealed = SealedTicket | SealedTokens | SealedLocatorKey
_NAMES: dict[type[Message], str] = {
    SealedTicket: "ticket",
    SealedTokens: "tokens",
    SealedLocatorKey: "locator-key",
}


def kind_of(sealed: Sealed) -> str:
    """Return the COSE kind, which is the letter's as well."""
    return _NAMES[type(sealed)]


def seal_into(network: bytes, sealed: Sealed, public: bytes, content: bytes) -> Sealed:
    """Return `sealed` with the content sealed to `public`, bound to all other fields."""
    made = seal(public, _info(network, sealed), content)
    return replace(sealed, enc=made[:ENC_BYTES], ciphertext=made[ENC_BYTES:])


def open_sealed(network: bytes, sealed: Sealed, key: SealKey) -> bytes:
    """Return the content; raise WrongSeal."""
    return key.open(_info(network, sealed), sealed.enc + sealed.ciphertext)


def opening_info(network: bytes, lookup: bytes) -> bytes:
    """Return what the seal of a look-up's opening is bound to."""
    return T("look-up opening", network, lookup)


def read_opening(key: SealKey, network: bytes, lookup: bytes, sealed: bytes) -> LookupOpening:
    """Return what came with a look-up; raise WrongSeal or Malformed."""
    return decode(key.open(opening_info(network, lookup), sealed), LookupOpening)


def _info(network: bytes, sealed: Sealed) -> bytes:
    return T(kind_of(sealed), network, *(getattr(sealed, name) for name in sealed.__struct_fields__[:-2]))
