"""Receive one's own records: everything, with the proof that nothing is missing and nothing was dropped."""

from collections.abc import Sequence
from typing import NamedTuple

from salus.client.checked import CheckedLedger
from salus.contracts.access import queries as access
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.record import RelationOpening
from salus.evidence.case import Memory
from salus.evidence.follow import Remembered, RememberedRelation
from salus.evidence.format import Evidence, Kind
from salus.evidence.state import relation_key
from salus.evidence.verify import verify
from salus.merkle.log import Log
from salus.services.access_log import Read, read_entry
from salus.services.actors import Person
from salus.services.errors import Incomplete, OtherReads, Rollback
from salus.services.objects import DeliveryLetter, SealedDelivery, parse_signed
from salus.services.opening import OpenedDelivery, checked, holds, open_delivery
from salus.services.receive import shown_records
from salus.services.records import Record
from salus.vault.relations import access_leaf
from salus.vault.seals import SealKey
from salus.wallet.kept import KeptAcknowledgement, KeptRelation


class OwnView(NamedTuple):
    """All records of a relation. `evidence` proves to anybody that the list is complete, as of `height`."""

    release: bytes
    relation: bytes
    custodian: bytes
    records: tuple[Record, ...]  # the current versions, sorted by record id
    log_size: int  # how many versions there are in all
    grown_from: int | None  # how many it had when the wallet last looked
    evidence: bytes
    height: int
    reads: tuple[Read, ...]  # every read inside the custodian that was logged and anchored, oldest first

    def __repr__(self) -> str:
        return f"OwnView({self.relation.hex()}, log_size={self.log_size})"


def receive_own(person: Person, raw: bytes) -> OwnView:
    """Verify a delivery of one's own records: complete, and grown from what the wallet remembers.

    It is acknowledged at the account's next appointment: what is received in one sitting from two custodians
    would link them, if it were acknowledged there and then.
    The access log that comes along must be the one that was anchored. Raises what `open_delivery` does, Rollback
    where a version seen before is missing, Incomplete where roots and list do not agree, OtherReads, RolledBack or
    Forked where the ledger itself is another one.
    """
    relation = person.wallet.relation(addressed(raw)).handle
    kept = person.wallet.relation(relation)
    opened = open_delivery(person.ledger, person.genesis, relation, _seal_key(person, kept, raw), raw)
    remembered = follow_ledger(person, relation)
    view, evidence = _complete(person, opened, kept.seen)
    opening = evidence.opening
    if opening is None or opening.relation != relation:
        raise Incomplete
    reads = checked_reads(person.wallet.network, opening, opened.content.reads)
    delivery = opened.delivery
    person.wallet.remember(seen(opening), remembered, delivery.release, _owed(person, opened))
    before = None if kept.seen is None else kept.seen.log_size
    records = shown_records(evidence)
    height = opened.content.height
    return OwnView(delivery.release, relation, delivery.sender, records, opening.log_size, before, view, height, reads)


def checked_reads(network: bytes, opening: RelationOpening, reads: Sequence[tuple[bytes, bytes]]) -> tuple[Read, ...]:
    """Return the entries of the access log, which must be all that its anchored root was made of; raise OtherReads."""
    leaves = [access_leaf(network, opening.relation, salt, entry) for salt, entry in reads]
    if len(leaves) != opening.access_size or Log(leaves).root() != opening.access_root:
        raise OtherReads
    try:
        return tuple(read_entry(entry) for _, entry in reads)
    except Malformed:
        raise OtherReads from None


def follow_ledger(person: Person, relation: bytes) -> Remembered | None:
    """Look at the ledger, which must have grown from where the wallet last saw it; return where it is.

    Raises RolledBack, Forked, Unproved.
    """
    reader = CheckedLedger(person.ledger, person.genesis, person.wallet.remembered())
    reader.value(relation_key(relation))
    return reader.remembered


def seen(opening: RelationOpening) -> RememberedRelation:
    """Return what to remember of a relation whose opening was verified."""
    return RememberedRelation(opening.relation, opening.seq, opening.log_size, opening.log_root)


def _complete(person: Person, opened: OpenedDelivery, before: RememberedRelation | None) -> tuple[bytes, Evidence]:
    """Return the complete view, verified against what the wallet remembers."""
    view = opened.content.view
    if view is None:
        raise Incomplete
    if not holds(verify(view, person.genesis)):
        raise Incomplete
    if not holds(verify(view, person.genesis, remembered=Memory(None, before))):
        raise Rollback  # sound by itself, and not a continuation of what was seen
    return view, checked(view, person.genesis, Kind.COMPLETE_VIEW)


def _owed(person: Person, opened: OpenedDelivery) -> KeptAcknowledgement | None:
    """Return the acknowledgement to send, None where the ledger has it."""
    delivery = opened.delivery
    answer = access.answer(person.ledger.view(), delivery.relation, delivery.release)
    if answer is not None and answer.acknowledged is not None:
        return None
    return KeptAcknowledgement(delivery.release, delivery.relation, opened.leaves)


def _seal_key(person: Person, kept: KeptRelation, raw: bytes) -> SealKey:
    """Return the key that the delivery is sealed to: the present one, or one that an appointment replaced."""
    named = _delivery(raw).recipient_key
    appointment = person.wallet.appointment(kept.handle)
    former = person.wallet.former_seals(kept.handle) + (() if appointment is None else appointment.former_seals)
    keys = (SealKey.from_seed(seed) for seed in former)
    return next((key for key in keys if key.id(person.wallet.network) == named), kept.seal_key)


def addressed(raw: bytes) -> bytes:
    """Return the relation that a delivery names; nothing is verified yet. Raises Malformed."""
    return _delivery(raw).relation


def _delivery(raw: bytes) -> SealedDelivery:
    return decode(parse_signed("delivery", decode(raw, DeliveryLetter).delivery).payload, SealedDelivery)
