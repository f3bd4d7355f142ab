"""Orders: data that a court or an authority demands, whatever was denied; in the open, and only up to a label.

The document stays in the vault of who records it; the ledger holds a salted commitment, against which it can be
checked by whomever it is shown to, with its salt.
"""

import os
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.ledger import Ledger
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import RecordOrder, WithdrawOrder
from salus.core.encoding import encode
from salus.core.hashing import T, object_id
from salus.core.types import Message, Salt
from salus.policy.policies import Order
from salus.services import lookup
from salus.services.actors import Organisation
from salus.vault.shared import SharedResource

KIND = "Order"  # no FHIR type has this name


class WritOpening(Message, frozen=True):
    """The document of an order and its salt."""

    salt: Salt
    document: bytes


class Recorded(NamedTuple):
    """An order as it stands on the ledger; `salt` opens the commitment to its document."""

    order: bytes
    start: int
    end: int
    height: int
    salt: bytes


class OrderView(NamedTuple):
    """An order and its id."""

    id: bytes
    order: Order


def record_order(
    organisation: Organisation,
    relation: bytes,
    recipient: bytes,
    purpose: str,
    days: int,
    ceiling: int,
    document: bytes,
) -> Recorded:
    """Record an order of the organisation, a regulator, or one that it was served as the relation's custodian.

    The document is in the vault before the ledger knows of the order. Raises UnknownRelation, UnknownPurpose, the
    contract's refusals.
    """
    state, network = organisation.ledger.view(), organisation.network
    custodian = lookup.person(state, relation).custodian
    start, end = lookup.whole_days(organisation.ledger.now(), None, days)
    opening, nonce = WritOpening(os.urandom(32), document), os.urandom(16)
    order = object_id("order", network, relation, nonce, 0, 0)
    kept = SharedResource(KIND, order.hex(), encode(opening), "application/cbor")
    message = RecordOrder(
        custodian,
        organisation.account,
        relation,
        recipient,
        lookup.purpose_number(state, purpose),
        start,
        end,
        ceiling,
        T("writ", network, opening.salt, document),
    )
    organisation.vault.shared.put([kept])
    _, landed = organisation.send_as(nonce, message)
    return Recorded(order, start, end, landed.height, opening.salt)


def withdraw_order(organisation: Organisation, relation: bytes, order: bytes) -> Landed:
    """End an order of one's own; it runs before all else in its block. Raises the contract's refusals."""
    return organisation.send(WithdrawOrder(organisation.account, relation, order))[1]


def list_orders(ledger: Ledger, relation: bytes) -> tuple[OrderView, ...]:
    """Return the orders of a relation, ended ones too, sorted by id; raise UnknownRelation."""
    state = ledger.view()
    lookup.person(state, relation)
    return tuple(OrderView(order_id, order) for order_id, order in consent.orders(state, relation))
