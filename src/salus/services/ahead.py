"""What comes before the ledger names its release: the data of an emergency, or under an order that forbids notice.

Sender, addressee, seal and records are verified as of any delivery. That it was released the ledger shows later,
and only then it can be acknowledged.
"""

from hashlib import sha256
from typing import NamedTuple

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.core.types import Digest, Id, Message
from salus.evidence.format import Evidence, Kind
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.asked import list_asked
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NotForUs, NotReleased, Refuted
from salus.services.objects import Content, DeliveryLetter, SealedDelivery, open_content_key, parse_signed
from salus.services.opening import checked
from salus.services.receive import LeftOut, left_out_of, shown_records
from salus.services.received import keep
from salus.services.records import Record
from salus.vault.stream import decrypt_stream

OWED = "owed-acknowledgement"  # kind of the outbox


class ReceivedAhead(NamedTuple):
    """What came before the ledger named its release. `evidence` proves the records, not yet the release."""

    release: bytes
    relation: bytes
    custodian: bytes
    purpose: str
    basis: tuple[int, bytes | None, int]
    records: tuple[Record, ...]  # sorted by record id
    evidence: bytes
    left_out: LeftOut
    redisclosure: int
    obligations: tuple[str, ...]
    silent: bool  # nobody else may be told before the order says so

    def __repr__(self) -> str:
        return f"ReceivedAhead({self.release.hex()})"


class OwedAck(Message, frozen=True):
    """An acknowledgement that must wait until the ledger names the release; in the outbox."""

    relation: Id
    release: Id
    leaves: Digest


def receive_emergency(organisation: Organisation, raw: bytes) -> ReceivedAhead:
    """Verify and keep what came in an outage; the release follows on the ledger, and then its evidence.

    Raises as `open_sealed` does, and UnknownRelation, NotReleased (not asked for, or not by its custodian), Refuted.
    """
    delivery, octets = open_sealed(organisation, raw)
    content = decode(octets, Content)
    asked = [one.request for one in list_asked(organisation) if one.relation == delivery.relation]
    custodian = lookup.person(organisation.ledger.view(), delivery.relation).custodian
    if delivery.release not in asked or custodian != delivery.sender:
        raise NotReleased
    return take_ahead(organisation, delivery, content, silent=False)


def open_sealed(organisation: Organisation, raw: bytes) -> tuple[SealedDelivery, bytes]:
    """Return a letter's signed part and what its stream holds.

    In this order: form, addressee, signature by a live key of the sender, digest of the stream, seal. Raises
    Malformed, NotForUs, WrongSignature, NotReleased, StreamDamaged, WrongSeal.
    """
    network, ledger = organisation.network, organisation.ledger
    letter = decode(raw, DeliveryLetter)
    signed = parse_signed("delivery", letter.delivery)
    delivery = decode(signed.payload, SealedDelivery)
    public = organisation.seal_key.public
    if delivery.recipient != organisation.account or not lookup.names_seal_key(network, delivery.recipient_key, public):
        raise NotForUs
    message = cose.to_be_signed("delivery", network, signed.payload, signed.key)
    if not lookup.signed_by_live_key(
        ledger.view(), delivery.sender, signed.key, ledger.now(), message, signed.signature
    ):
        raise WrongSignature
    if sha256(letter.stream).digest() != delivery.stream:
        raise NotReleased
    content_key = open_content_key(network, delivery, organisation.seal_key)
    return delivery, decrypt_stream(network, content_key, delivery.release, letter.stream)


def take_ahead(
    organisation: Organisation, delivery: SealedDelivery, content: Content, *, silent: bool
) -> ReceivedAhead:
    """Verify the records against the relation that `delivery` names, and keep them; raise Refuted."""
    evidence = proven_records(organisation, delivery.relation, content.evidence)
    records = shown_records(evidence)
    keep(organisation, delivery, evidence, delivery.release.hex(), content.evidence)
    return ReceivedAhead(
        delivery.release,
        delivery.relation,
        delivery.sender,
        lookup.purpose_code(organisation.ledger.view(), delivery.purpose),
        delivery.basis,
        records,
        content.evidence,
        left_out_of(content),
        content.redisclosure,
        content.obligations,
        silent,
    )


def proven_records(organisation: Organisation, relation: bytes, raw: bytes) -> Evidence:
    """Return evidence that records stand in the map of `relation`; raise Refuted."""
    evidence = checked(raw, organisation.genesis, Kind.RECORDS)
    if evidence.opening is None or evidence.opening.relation != relation:
        raise Refuted
    return evidence


def owe_acknowledgement(organisation: Organisation, relation: bytes, release: bytes, leaves: bytes) -> None:
    """Note that the release is to be acknowledged once the ledger names it; noting it again changes nothing."""
    owed = encode(OwedAck(relation, release, leaves))
    if owed not in [row.body for row in organisation.vault.outbox.next(MAX_TASKS) if row.kind == OWED]:
        organisation.vault.outbox.put([(OWED, owed)])
