"""Receive what a custodian released to who acts for a person: verified like any release, and kept nowhere."""

from typing import NamedTuple

from salus.client.refused import accept
from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NotReleased
from salus.services.opening import OpenedDelivery, open_delivery
from salus.services.receive import shown_records
from salus.services.records import Record


class ReceivedFor(NamedTuple):
    """What of another's records came; it may always be incomplete, and the custodian says nothing of that."""

    release: bytes
    relation: bytes
    custodian: bytes
    records: tuple[Record, ...]  # sorted by record id
    evidence: bytes
    height: int  # of the acknowledgement

    def __repr__(self) -> str:
        return f"ReceivedFor({self.release.hex()})"


def receive_for(person: Person, account: bytes, raw: bytes) -> ReceivedFor:
    """Verify a delivery to the wallet's `account` of another's records, and acknowledge it.

    Raises what `opening.open_delivery` does.
    """
    kept = person.wallet.relation(account)
    opened = open_delivery(person.ledger, person.genesis, account, kept.seal_key, raw)
    records = shown_records(opened.evidence)
    height = _acknowledge(person, account, opened)
    delivery = opened.delivery
    return ReceivedFor(delivery.release, delivery.relation, delivery.sender, records, opened.content.evidence, height)


def _acknowledge(person: Person, account: bytes, opened: OpenedDelivery) -> int:
    delivery, state = opened.delivery, person.ledger.view()
    answer = access.answer(state, delivery.relation, delivery.release)
    if answer is None:
        raise NotReleased
    if answer.acknowledged is not None:
        return state.height
    message = AckRelease(account, delivery.relation, delivery.release, opened.leaves)
    custodian = lookup.person(state, delivery.relation).custodian
    landed = person.carriers.carry(custodian, person.build(account, message).raw).result()
    accept(landed.result.code)
    return landed.height
