"""Receive a bulk release: verify every part, that none is missing without a word, keep them, acknowledge them."""

from typing import NamedTuple

from msgspec.structs import replace

from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease
from salus.contracts.access.other_events import BulkReleased
from salus.contracts.access.types import Outcome
from salus.core.bulk import receipt
from salus.core.encoding import decode
from salus.evidence.format import Kind
from salus.evidence.verify import verify
from salus.merkle.log import Log
from salus.services.actors import Organisation
from salus.services.ahead import open_sealed
from salus.services.bulk_task import BulkContent
from salus.services.errors import NotReleased, OtherReceipts, Refuted
from salus.services.history import entries
from salus.services.objects import Content, SealedDelivery
from salus.services.opening import holds
from salus.services.receive import shown_records
from salus.services.received import keep
from salus.services.records import Record

_TOGETHER = 64  # acknowledgements in one envelope


class BulkPart(NamedTuple):
    """What came of one relation."""

    release: bytes
    relation: bytes
    records: tuple[Record, ...]
    evidence: bytes


class ReceivedBulk(NamedTuple):
    """A bulk release, verified; `committed` parts stand on the ledger, of which `withheld` did not leave."""

    bulk: bytes
    custodian: bytes
    parts: tuple[BulkPart, ...]
    committed: int
    withheld: int

    def __repr__(self) -> str:
        return f"ReceivedBulk({self.bulk.hex()})"


def receive_bulk(organisation: Organisation, raw: bytes) -> ReceivedBulk:
    """Verify, store and acknowledge; doing it again changes nothing.

    Raises as `ahead.open_sealed` does; NotReleased (no such bulk release to us), OtherReceipts, Refuted.
    """
    delivery, octets = open_sealed(organisation, raw)
    content = decode(octets, BulkContent)
    event = _event(organisation, delivery)
    if len(content.receipts) != event.entries or Log(content.receipts).root() != event.root:
        raise OtherReceipts
    parts = tuple(_part(organisation, delivery, content, *row) for row in content.parts)
    _acknowledge(organisation, parts)
    return ReceivedBulk(delivery.release, delivery.sender, parts, event.entries, event.entries - len(parts))


def _event(organisation: Organisation, delivery: SealedDelivery) -> BulkReleased:
    """Return the ledger's entry of the bulk release, by this sender to us."""
    ours = organisation.account, delivery.sender
    for entry in entries(organisation.ledger, organisation.account):
        event = entry.event
        if isinstance(event, BulkReleased) and event.bulk == delivery.release:
            if (event.recipient, event.custodian) != ours:
                break
            return event
    raise NotReleased


def _part(
    organisation: Organisation,
    delivery: SealedDelivery,
    whole: BulkContent,
    release: bytes,
    relation: bytes,
    raw: bytes,
) -> BulkPart:
    """Verify one part and keep it: the ledger's answer, the receipt, the evidence."""
    content = decode(raw, Content)
    answer = access.answer(organisation.ledger.view(), relation, release)
    if answer is None or answer.outcome != Outcome.BULK or answer.recipient != organisation.account:
        raise NotReleased
    leaves = answer.leaves or b""
    if receipt(organisation.network, delivery.release, relation, release, leaves) not in whole.receipts:
        raise OtherReceipts
    report = verify(content.evidence, organisation.genesis)
    evidence = report.evidence
    if not holds(report) or evidence is None or evidence.kind != Kind.PUSH or report.release != release:
        raise Refuted
    records = shown_records(evidence)
    part = replace(delivery, release=release, relation=relation)
    keep(organisation, part, evidence, release.hex(), content.evidence)
    return BulkPart(release, relation, records, content.evidence)


def _acknowledge(organisation: Organisation, parts: tuple[BulkPart, ...]) -> None:
    """Acknowledge each part that is not yet, many in one envelope."""
    state, messages = organisation.ledger.view(), list[AckRelease]()
    for part in parts:
        answer = access.answer(state, part.relation, part.release)
        if answer is not None and answer.acknowledged is None and answer.leaves is not None:
            messages.append(AckRelease(organisation.account, part.relation, part.release, answer.leaves))
    for first in range(0, len(messages), _TOGETHER):
        organisation.send(*messages[first : first + _TOGETHER])
