"""Receive the custodian's receipt about a petition: signed by it, and the very one that the ledger holds."""

from typing import NamedTuple

from salus.contracts.records import queries as records
from salus.contracts.records.events import PetitionAnswered
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NoSuchPetition, NotForUs
from salus.services.history import entries
from salus.services.objects import parse_signed
from salus.services.petition_letters import Receipt, ReceiptLetter, cose_kind, receipt_commitment, receipt_info


class ReceiptView(NamedTuple):
    """A verified receipt; `raw` proves it to anybody who has the custodian's public key and the ledger."""

    petition: bytes
    relation: bytes
    kind: PetitionKind
    outcome: Outcome
    ground: Ground
    receipt: Receipt
    raw: bytes

    def __repr__(self) -> str:
        return f"ReceiptView({self.petition.hex()}, {self.kind.name}, {self.outcome.name}, {self.ground.name})"


def receive_receipt(person: Person, raw: bytes) -> ReceiptView:
    """Verify a receipt for one of the wallet's relations.

    In this order: form, addressee, seal, form of what was signed, signature by a live key of who was the custodian
    then, the answer in the ledger's log. Raises Malformed, NoSuchKeptRelation, WrongSeal, WrongSignature, NotForUs,
    NoSuchPetition.
    """
    letter = decode(raw, ReceiptLetter)
    kept = person.wallet.relation(letter.relation)
    network = person.wallet.network
    inner = kept.seal_key.open(receipt_info(network, letter.petition), letter.sealed)
    return checked_receipt(person, letter, inner)


def checked_receipt(person: Person, letter: ReceiptLetter, inner: bytes) -> ReceiptView:
    """Verify a signed receipt against the ledger."""
    network, state = person.wallet.network, person.ledger.view()
    kind = cose_kind(letter.kind, letter.outcome)
    signed = parse_signed(kind, inner)
    receipt = decode(signed.payload, Receipt)
    message = cose.to_be_signed(kind, network, signed.payload, signed.key)
    custodian, made = receipt.custodian, records.petition(state, letter.relation, letter.petition)
    when = person.ledger.now() if made is None or made.answered is None else made.answered
    if not lookup.answered_for(state, letter.relation, custodian, when) or not lookup.signed_by_live_key(
        state, custodian, signed.key, person.ledger.now(), message, signed.signature
    ):
        raise WrongSignature
    if (receipt.relation, receipt.petition) != (letter.relation, letter.petition):
        raise NotForUs
    said = (receipt.petition, receipt.kind, receipt.outcome, receipt.ground, receipt_commitment(network, inner))
    for entry in entries(person.ledger, letter.relation):
        event = entry.event
        if isinstance(event, PetitionAnswered) and said == (
            event.petition, event.kind, event.outcome, event.ground, event.receipt,
        ):  # fmt: skip
            return ReceiptView(
                receipt.petition,
                receipt.relation,
                PetitionKind(receipt.kind),
                Outcome(receipt.outcome),
                Ground(receipt.ground),
                receipt,
                inner,
            )
    raise NoSuchPetition
