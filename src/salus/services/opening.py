"""Open a delivery: who sent it, that it is this release, that it is for us; only then what is in it."""

from hashlib import sha256
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access import queries as access
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.evidence.case import Memory
from salus.evidence.format import Evidence, Kind
from salus.evidence.report import Report, Verdict
from salus.evidence.verify import verify
from salus.services import lookup
from salus.services.errors import NotForUs, NotReleased, Refuted
from salus.services.objects import Content, DeliveryLetter, SealedDelivery, open_content_key, parse_signed
from salus.vault.seals import SealKey
from salus.vault.stream import decrypt_stream


class OpenedLetter(NamedTuple):
    """A letter of a release whose sender, addressee and release were verified, and what it holds."""

    delivery: SealedDelivery
    content: Content
    evidence: Evidence  # verified; about the very release
    report: Report


class OpenedDelivery(NamedTuple):
    """A delivery that was verified, and what it holds."""

    delivery: SealedDelivery
    content: Content
    evidence: Evidence  # of the release, verified
    leaves: bytes  # the release's commitment, as the ledger has it


def open_delivery(ledger: Ledger, genesis: bytes, recipient: bytes, key: SealKey, raw: bytes) -> OpenedDelivery:
    """Return what the delivery of a release or push holds. Raises as `open_letter` does."""
    opened = open_letter(ledger, genesis, recipient, key, raw)
    delivery = opened.delivery
    answer = access.answer(ledger.view(), delivery.relation, delivery.release)
    if answer is None or answer.leaves is None:
        raise NotReleased
    if opened.evidence.kind not in (Kind.RELEASE, Kind.PUSH):
        raise Refuted
    return OpenedDelivery(delivery, opened.content, opened.evidence, answer.leaves)


def open_letter(ledger: Ledger, genesis: bytes, recipient: bytes, key: SealKey, raw: bytes) -> OpenedLetter:
    """Return what a letter of a release holds: a delivery, a page, a closing.

    In this order: form, addressee, signature by a live key of who was the custodian when it was released, the
    release on the ledger, digest of the stream, seal, evidence. Raises Malformed, NotForUs, WrongSignature,
    NotReleased, StreamDamaged, WrongSeal, Refuted.
    """
    network, state = ledger.network, ledger.view()
    letter = decode(raw, DeliveryLetter)
    signed = parse_signed("delivery", letter.delivery)
    delivery = decode(signed.payload, SealedDelivery)
    if delivery.recipient != recipient or not lookup.opens(network, delivery.recipient_key, key):
        raise NotForUs
    message = cose.to_be_signed("delivery", network, signed.payload, signed.key)
    sender, answer = delivery.sender, access.answer(state, delivery.relation, delivery.release)
    when = ledger.now() if answer is None else answer.answered
    if not lookup.answered_for(state, delivery.relation, sender, when) or not lookup.signed_by_live_key(
        state, sender, signed.key, ledger.now(), message, signed.signature
    ):
        raise WrongSignature
    if answer is None or answer.deliver_by is None or answer.recipient != recipient:
        raise NotReleased
    if sha256(letter.stream).digest() != delivery.stream:
        raise NotReleased
    content_key = open_content_key(network, delivery, key)
    octets = decrypt_stream(network, content_key, delivery.release, letter.stream)
    content = decode(octets, Content)
    report = verify(content.evidence, genesis)
    if not holds(report) or report.evidence is None or report.release != delivery.release:
        raise Refuted
    return OpenedLetter(delivery, content, report.evidence, report)


def checked(raw: bytes, genesis: bytes, kind: Kind, remembered: Memory | None = None) -> Evidence:
    """Return evidence of `kind` that proves what it says to who trusts the genesis; raise Refuted."""
    report = verify(raw, genesis, remembered=remembered)
    evidence = report.evidence
    if not holds(report) or evidence is None or evidence.kind != kind:
        raise Refuted
    return evidence


def holds(report: Report) -> bool:
    """True if nothing was refuted; witnesses are the reader's own business."""
    return report.verdict in (Verdict.PROVED, Verdict.UNWITNESSED)
