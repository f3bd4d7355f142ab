"""Tickets: what a look-up was answered with, taken once, good for some minutes."""

from typing import Any, NamedTuple

import orjson

from salus.contracts.accounts import queries as accounts
from salus.contracts.discovery import queries as discovery
from salus.core.encoding import decode, encode
from salus.core.types import Id, Message, Time
from salus.linkage.keys import Kind
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.discovery_errors import NotAsked, NotReceipted, TicketExpired, TicketTaken
from salus.services.discovery_letters import MATCHED, SealedTicket, Ticket
from salus.services.discovery_post import read_sealed
from salus.services.look_up import KIND as ASKED
from salus.services.look_up import AskedLookup, asked_lookups
from salus.vault.errors import NoSuchRecord
from salus.vault.shared import SharedResource

KIND = "Ticket"  # no FHIR type has this name


class _Kept(Message, frozen=True):
    """A ticket as it is kept; that it was taken is known for ever, and it is good until its time is over."""

    lookup: Id
    expiry: Time
    ticket: Ticket


class TicketView(NamedTuple):
    """What became of a look-up. Its repr shows the look-up only."""

    lookup: bytes
    answerer: bytes
    relation: bytes | None
    custodian: bytes | None
    how: str  # matched, document, name-and-birth, phone-and-birth; empty where nothing was handed over
    bundle: dict[str, Any] | None  # a custodian's searchset
    expiry: int

    def __repr__(self) -> str:
        return f"TicketView({self.lookup.hex()})"


def receive_ticket(organisation: Organisation, raw: bytes) -> TicketView:
    """Verify a ticket and keep it until its time is over.

    In this order: form, addressee, signature, seal; a look-up of our own, to its sender; not taken before; its
    time; the answer on the ledger, by its sender and of the same relation. Raises Malformed, NotForUs,
    WrongSignature, WrongSeal, NotAsked, TicketTaken, TicketExpired, NotReceipted.
    """
    sealed, content = read_sealed(organisation, SealedTicket, "ticket", raw)
    asked = _asked(organisation, sealed.lookup)
    if asked is None or asked.answerer != sealed.sender:
        raise NotAsked
    if _kept(organisation, sealed.lookup) is not None:
        raise TicketTaken
    now, state = organisation.ledger.now(), organisation.ledger.view()
    if now >= sealed.expiry:
        raise TicketExpired
    ticket = decode(content, Ticket)
    answer = discovery.answered(state, organisation.account, sealed.lookup)
    if answer is None or answer.answerer != sealed.sender or answer.relation != ticket.relation:
        raise NotReceipted
    if ticket.relation is not None and accounts.custodian_of(state, ticket.relation) != ticket.custodian:
        raise NotReceipted
    _keep(organisation, _Kept(sealed.lookup, sealed.expiry, ticket))
    return _view(asked, sealed.expiry, ticket)


def use_ticket(organisation: Organisation, lookup: bytes) -> TicketView:
    """Return a ticket that is good now. Raises NotAsked, TicketExpired."""
    asked, kept = _asked(organisation, lookup), _kept(organisation, lookup)
    if asked is None or kept is None:
        raise NotAsked
    if organisation.ledger.now() >= kept.expiry:
        raise TicketExpired
    return _view(asked, kept.expiry, kept.ticket)


def list_tickets(organisation: Organisation) -> tuple[TicketView, ...]:
    """Return the tickets that are good now, oldest look-up first."""
    found, now = list[TicketView](), organisation.ledger.now()
    for lookup, asked in asked_lookups(organisation).items():
        kept = _kept(organisation, lookup)
        if kept is not None and now < kept.expiry:
            found.append(_view(asked, kept.expiry, kept.ticket))
    return tuple(found)


def _view(asked: AskedLookup, expiry: int, ticket: Ticket) -> TicketView:
    how = "matched" if ticket.how == MATCHED else Kind(ticket.how).name.lower().replace("_", "-")
    bundle = orjson.loads(ticket.bundle) if ticket.bundle else None
    shown = how if ticket.relation is not None else ""
    return TicketView(asked.lookup, asked.answerer, ticket.relation, ticket.custodian, shown, bundle, expiry)


def _asked(organisation: Organisation, lookup: bytes) -> AskedLookup | None:
    try:
        return decode(organisation.vault.shared.get(own_shared(organisation), ASKED, lookup.hex())[1], AskedLookup)
    except NoSuchRecord:
        return None


def _kept(organisation: Organisation, lookup: bytes) -> _Kept | None:
    try:
        return decode(organisation.vault.shared.get(own_shared(organisation), KIND, lookup.hex())[1], _Kept)
    except NoSuchRecord:
        return None


def _keep(organisation: Organisation, kept: _Kept) -> None:
    organisation.vault.shared.put([SharedResource(KIND, kept.lookup.hex(), encode(kept), "application/cbor")])
