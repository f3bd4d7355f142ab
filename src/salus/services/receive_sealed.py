"""Receive what was released under an order that forbids notice; keep silent until the ledger shows it."""

from msgspec.structs import replace

from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.hashing import T
from salus.core.record import leaf_hash
from salus.core.sealed import release_commitment
from salus.policy.types import BasisKind
from salus.services.actors import Organisation
from salus.services.ahead import (
    OWED,
    OwedAck,
    ReceivedAhead,
    open_sealed,
    owe_acknowledgement,
    proven_records,
    take_ahead,
)
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NoSuchSilence, Refuted, WrongOpening
from salus.services.objects import Content
from salus.services.sealed_orders import OrderOpening
from salus.services.sealed_tasks import SealedContent


def receive_sealed(organisation: Organisation, raw: bytes) -> ReceivedAhead:
    """Verify and keep what came under an order that forbids notice; it is acknowledged once the ledger shows it.

    Raises as `ahead.open_sealed` does; NoSuchSilence, WrongOpening, Refuted.
    """
    delivery, octets = open_sealed(organisation, raw)
    whole = decode(octets, SealedContent)
    state, terms, network = organisation.ledger.view(), whole.terms, organisation.network
    entry = access.sealed_release(state, delivery.sender, delivery.release)
    opening = decode(whole.order, OrderOpening)
    if entry is None or opening.order != entry.order:
        raise NoSuchSilence
    commitment = release_commitment(network, delivery.sender, entry.order, whole.salt, terms)
    if commitment != entry.commitment or terms.recipient != organisation.account:
        raise WrongOpening
    content = decode(whole.content, Content)
    named = replace(
        delivery, relation=terms.relation, purpose=terms.purpose, basis=(int(BasisKind.ORDER), entry.order, 0)
    )
    evidence = proven_records(organisation, terms.relation, content.evidence)
    leaves = sorted(leaf_hash(network, terms.relation, fact.salt, fact.header) for fact in evidence.records)
    if T("leaves", network, whole.leaves_salt, leaves) != terms.leaves:
        raise Refuted
    received = take_ahead(organisation, named, content, silent=True)
    owe_acknowledgement(organisation, terms.relation, delivery.release, terms.leaves)
    return received


def acknowledge_owed(organisation: Organisation) -> int:
    """Acknowledge what the ledger shows by now; return how many."""
    count = 0
    for row in organisation.vault.outbox.next(MAX_TASKS):
        if row.kind != OWED:
            continue
        owed = decode(row.body, OwedAck)
        answer = access.answer(organisation.ledger.view(), owed.relation, owed.release)
        if answer is None:
            continue
        if answer.acknowledged is None:
            try:
                organisation.send(AckRelease(organisation.account, owed.relation, owed.release, owed.leaves))
            except Refusal:
                continue
            count += 1
        organisation.vault.outbox.done([row.id])
    return count
