"""Orders that forbid notice: on the ledger a commitment; opened to the custodian alone, which is to obey it."""

import os
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.client.ledger import Ledger
from salus.contracts.access import queries as access
from salus.contracts.access.messages import RecordSealedOrder
from salus.contracts.access.types import SealedOrder
from salus.core.encoding import decode, encode
from salus.core.hashing import T, object_id
from salus.core.sealed import OrderTerms, order_commitment
from salus.core.types import Id, Message, Salt
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.ahead import open_sealed
from salus.services.authorise import own_shared
from salus.services.errors import NoSuchSilence, NotCustodian, WrongOpening
from salus.services.sealing import Addressed, sealed_letter
from salus.services.typed import encode_typed
from salus.vault.shared import SharedResource

KIND = "SealedOrder"  # no FHIR type has this name
NO_BASIS = (0, None, 0)  # of a letter that must not say what it is about


class OrderOpening(Message, frozen=True):
    """All of an order that forbids notice, for the custodian that is to obey it."""

    order: Id
    issuer: Id
    salt: Salt
    terms: OrderTerms
    writ_salt: Salt
    document: Annotated[bytes, Meta(max_length=1024 * 1024)]


class SilentOrder(NamedTuple):
    """An order as its issuer or its custodian knows it."""

    order: bytes
    entry: SealedOrder
    opening: OrderOpening

    def __repr__(self) -> str:
        return f"SilentOrder({self.order.hex()})"


def record_sealed_order(
    organisation: Organisation,
    relation: bytes,
    recipient: bytes,
    purpose: str,
    days: int,
    silent_days: int,
    ceiling: int,
    document: bytes,
) -> SilentOrder:
    """Record an order that forbids notice for `silent_days`, and hand it sealed to the relation's custodian.

    The opening is in the vault before the ledger knows of the order. Raises UnknownRelation, UnknownPurpose,
    UnknownSealKey, the contract's refusals.
    """
    state, network, now = organisation.ledger.view(), organisation.network, organisation.ledger.now()
    custodian = lookup.person(state, relation).custodian
    lookup.organisation(state, recipient)
    nonce, salt, writ_salt = (os.urandom(size) for size in (16, 32, 32))
    writ, number = T("writ", network, writ_salt, document), lookup.purpose_number(state, purpose)
    terms = OrderTerms(custodian, relation, recipient, number, ceiling, writ)
    order = object_id("sealed-order", network, organisation.account, nonce, 0, 0)
    opening = OrderOpening(order, organisation.account, salt, terms, writ_salt, document)
    _keep(organisation, opening)
    commitment = order_commitment(network, organisation.account, salt, terms)
    end, until = now + days * lookup.DAY_MS, now + silent_days * lookup.DAY_MS
    organisation.send_as(nonce, RecordSealedOrder(organisation.account, commitment, end, until))
    if custodian != organisation.account:
        _hand_over(organisation, custodian, opening, until)
    return _known(organisation.ledger, opening)


def take_sealed_order(organisation: Organisation, raw: bytes) -> SilentOrder:
    """Verify an order that was handed over, and keep it; taking it again changes nothing.

    Raises as `ahead.open_sealed` does; NotCustodian, NoSuchSilence, WrongOpening.
    """
    delivery, octets = open_sealed(organisation, raw)
    opening = decode(octets, OrderOpening)
    terms = opening.terms
    if terms.custodian != organisation.account:
        raise NotCustodian
    known, network = _known(organisation.ledger, opening), organisation.network
    commitment = order_commitment(network, opening.issuer, opening.salt, terms)
    writ = T("writ", network, opening.writ_salt, opening.document)
    if known.entry.issuer != delivery.sender or (known.entry.commitment, terms.writ) != (commitment, writ):
        raise WrongOpening
    _keep(organisation, opening)
    return known


def find_sealed_order(organisation: Organisation, order: bytes) -> SilentOrder:
    """Return an order that this organisation issued or was handed; raise NoSuchSilence."""
    found = next((one for one in list_sealed_orders(organisation) if one.order == order), None)
    if found is None:
        raise NoSuchSilence
    return found


def list_sealed_orders(organisation: Organisation) -> tuple[SilentOrder, ...]:
    """Return the orders that forbid notice and that this organisation knows, sorted by id."""
    scope, shared, found = own_shared(organisation), organisation.vault.shared, []
    for name in shared.names(scope, KIND):
        opening = decode(shared.get(scope, KIND, name)[1], OrderOpening)
        if access.sealed_order(organisation.ledger.view(), opening.order) is not None:
            found.append(_known(organisation.ledger, opening))
    return tuple(found)


def _known(ledger: Ledger, opening: OrderOpening) -> SilentOrder:
    entry = access.sealed_order(ledger.view(), opening.order)
    if entry is None:
        raise NoSuchSilence
    return SilentOrder(opening.order, entry, opening)


def _keep(organisation: Organisation, opening: OrderOpening) -> None:
    kept = SharedResource(KIND, opening.order.hex(), encode_typed(opening), "application/cbor")
    organisation.vault.shared.put([kept])


def _hand_over(organisation: Organisation, custodian: bytes, opening: OrderOpening, until: int) -> None:
    """Post the order sealed; outside it says nothing but that there is one."""
    key = lookup.organisation(organisation.ledger.view(), custodian).seal_key
    public = organisation.exchange.find_key(key)
    to = Addressed(opening.order, opening.order, NO_BASIS, custodian, key, public, 0)
    organisation.exchange.post(custodian, "sealed-order", sealed_letter(organisation, to, until, encode(opening)))
