"""Receive: verify a delivery, keep the copy in the own vault, acknowledge it on the ledger."""

from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease
from salus.core.encoding import decode
from salus.core.record import LeafHeader
from salus.evidence.format import Evidence, RecordFact
from salus.policy.types import Residual
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import NotReleased, Refuted
from salus.services.objects import Content
from salus.services.opening import OpenedDelivery, open_delivery
from salus.services.received import keep
from salus.services.records import Record


class LeftOut(NamedTuple):
    """What may be said of records that were asked for and not released; the list may always be incomplete."""

    level: Residual
    some: bool | None
    how_many: int | None


class Received(NamedTuple):
    """What a release brought, verified. `evidence` proves it to anybody who trusts the genesis."""

    release: bytes
    relation: bytes
    custodian: bytes
    purpose: str
    basis: tuple[int, bytes | None, int]  # (policy.types.BasisKind, directive, version)
    records: tuple[Record, ...]  # sorted by record id
    evidence: bytes
    left_out: LeftOut
    redisclosure: int
    obligations: tuple[str, ...]
    height: int  # of the acknowledgement

    @property
    def residual(self) -> Residual:
        """At which level was said what was left out."""
        return self.left_out.level

    def __repr__(self) -> str:
        return f"Received({self.release.hex()})"


def receive(organisation: Organisation, raw: bytes) -> Received:
    """Verify the delivery, store it, acknowledge it; doing it again changes nothing.

    Raises what `opening.open_delivery` does.
    """
    opened = open_delivery(organisation.ledger, organisation.genesis, organisation.account, organisation.seal_key, raw)
    records = shown_records(opened.evidence)
    keep(organisation, opened.delivery, opened.evidence, opened.delivery.release.hex(), opened.content.evidence)
    height = _acknowledge(organisation, opened)
    delivery, content = opened.delivery, opened.content
    return Received(
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
        height,
    )


def left_out_of(content: Content) -> LeftOut:
    """Return what the custodian says of what it left out."""
    level, some, how_many = content.left_out
    return LeftOut(Residual(level), some, how_many)


def shown_records(evidence: Evidence) -> tuple[Record, ...]:
    """Return the records whose octets verified evidence holds; raise Refuted if one has none."""
    return tuple(_record(fact) for fact in evidence.records)


def _record(fact: RecordFact) -> Record:
    if fact.content is None:
        raise Refuted
    return Record(decode(fact.header, LeafHeader), fact.content[1])


def _acknowledge(organisation: Organisation, opened: OpenedDelivery) -> int:
    delivery, state = opened.delivery, organisation.ledger.view()
    answer = access.answer(state, delivery.relation, delivery.release)
    if answer is None:
        raise NotReleased
    if answer.acknowledged is not None:
        return state.height
    message = AckRelease(organisation.account, delivery.relation, delivery.release, opened.leaves)
    return organisation.send(message)[1].height
