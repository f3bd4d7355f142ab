"""What one custodian hands to the next, to the byte: a relation whole, and the last word about it."""

from hashlib import sha256
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.contracts.records import queries as records
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.core.hashing import T
from salus.core.types import Digest, Id, Message, Salt, Time
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import NotForUs, NotOffered, NotReleased
from salus.services.objects import DeliveryLetter, SealedDelivery, open_content_key, parse_signed
from salus.services.sealing import Addressed, sealed_letter
from salus.vault.stream import decrypt_stream

COPY, LAST_WORD = "custody", "custody-end"  # kinds of letter, and tags of what their streams are bound to
_BASIS = (0, None, 0)  # it rests on the offer that the ledger holds
_EXPIRY_MS = 90 * 86_400_000
_NOTHING = bytes(32)
Kind = Annotated[str, Meta(max_length=32)]
Tasks = tuple[tuple[Kind, bytes], ...]
Notes = tuple[tuple[Kind, Annotated[str, Meta(max_length=256)], bytes], ...]  # (kind, name, octets) kept beside records


class HandedOver(Message, frozen=True):
    """A relation whole, as of the root that the ledger holds while it is offered."""

    relation: Id
    former: Id
    successor: Id
    root: Digest | None  # null: nothing was ever anchored, and there is no copy
    copy: bytes | None  # encoded vault.custody.RelationCopy
    tasks: Tasks  # petitions that wait, reasons of holds, notices not sent
    notes: Notes


class Surrendered(Message, frozen=True):
    """Payload of COSE kind `receipt`: the former custodian destroyed what it had of a relation."""

    relation: Id
    former: Id
    successor: Id
    root: Digest | None
    time: Time
    salt: Salt


class LastWord(Message, frozen=True):
    """What came after the copy, and the receipt that nothing is left where it came from."""

    relation: Id
    former: Id
    root: Digest | None
    reads: tuple[bytes, ...]  # entries of the access log after those of the copy
    tasks: Tasks
    notes: Notes
    receipt: Annotated[bytes, Meta(max_length=4096)]  # COSE_Sign over Surrendered


class OpenedLetter(NamedTuple):
    """A letter whose sender and addressee were verified, and its octets."""

    sender: bytes
    relation: bytes
    octets: bytes


def letter_id(kind: str, network: bytes, relation: bytes, root: bytes | None) -> bytes:
    """Return what a letter's stream and signature are bound to; no release has such an id."""
    return T(kind, network, relation, root or _NOTHING)


def sealed_to(
    organisation: Organisation, kind: str, relation: bytes, root: bytes | None, to: bytes, body: Message
) -> bytes:
    """Return `body` in a letter sealed to the organisation `to` and signed. Raises NoSuchMember, UnknownSealKey."""
    key = lookup.organisation(organisation.ledger.view(), to).seal_key
    public = organisation.exchange.find_key(key)
    name = letter_id(kind, organisation.network, relation, root)
    addressed = Addressed(name, relation, _BASIS, to, key, public, 0)
    return sealed_letter(organisation, addressed, organisation.ledger.now() + _EXPIRY_MS, encode(body))


def open_letter(organisation: Organisation, kind: str, root: bytes | None, raw: bytes) -> OpenedLetter:
    """Return what a letter of `kind` holds that speaks of a relation at `root`.

    In this order: form, addressee, signature by a live key of who keeps the relation or kept it last, the letter's
    very name, digest of the stream, seal. Raises Malformed, NotForUs, WrongSignature, NotOffered, NotReleased,
    WrongSeal, StreamDamaged.
    """
    network, state = organisation.network, organisation.ledger.view()
    letter = decode(raw, DeliveryLetter)
    signed = parse_signed("delivery", letter.delivery)
    delivery = decode(signed.payload, SealedDelivery)
    public = organisation.seal_key.public
    if delivery.recipient != organisation.account or not lookup.names_seal_key(network, delivery.recipient_key, public):
        raise NotForUs
    message = cose.to_be_signed("delivery", network, signed.payload, signed.key)
    sender, now = delivery.sender, organisation.ledger.now()
    keeps = lookup.person(state, delivery.relation).custodian == sender
    if not (keeps or records.kept_until(state, delivery.relation, sender) is not None) or not (
        lookup.signed_by_live_key(state, sender, signed.key, now, message, signed.signature)
    ):
        raise WrongSignature
    if delivery.release != letter_id(kind, network, delivery.relation, root):
        raise NotOffered
    if sha256(letter.stream).digest() != delivery.stream:
        raise NotReleased
    content_key = open_content_key(network, delivery, organisation.seal_key)
    octets = decrypt_stream(network, content_key, delivery.release, letter.stream)
    return OpenedLetter(sender, delivery.relation, octets)


def relation_of(raw: bytes) -> bytes:
    """Return the relation that a letter says it is about, its signature unchecked. Raises Malformed."""
    return decode(parse_signed("delivery", decode(raw, DeliveryLetter).delivery).payload, SealedDelivery).relation
