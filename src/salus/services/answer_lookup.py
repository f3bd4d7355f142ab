"""Answer a look-up, as custodian or as locator: nothing is told before the ledger holds that it was."""

from typing import NamedTuple

from salus.contracts.discovery import queries as discovery
from salus.contracts.discovery.messages import RecordLocate
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.core.keys import Role
from salus.core.lookup import SignedLookup, parse_lookup, query_commitment
from salus.core.signatures import verify
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.discovery_errors import LookupOver
from salus.services.discovery_letters import (
    MATCHED,
    LocateQuery,
    LookupLetter,
    LookupOpening,
    MatchQuery,
    SealedTicket,
    Ticket,
    read_opening,
)
from salus.services.discovery_post import UNSEALED, post_sealed
from salus.services.errors import AlreadyAnswered, NotForUs, WrongOpening
from salus.services.freshness import check_fresh
from salus.services.locates import locate
from salus.services.match import match
from salus.state.overlay import Reader
from salus.vault.seals import X_WING


class LookupAnswered(NamedTuple):
    """A look-up whose answer the ledger holds, and which was posted. Its repr shows no relation."""

    lookup: bytes
    requester: bytes
    found: bool
    listed: int  # entries of a searchset
    height: int


def answer_lookup(organisation: Organisation, package: bytes) -> LookupAnswered:
    """Verify, look, commit, post; in this order.

    Raises Malformed, NotForUs, WrongSignature, LookupOver, AlreadyAnswered, WrongSeal, WrongOpening, StateTooOld, and
    the contract's refusals, the limits among them: then nothing was told.
    """
    network, state = organisation.network, organisation.ledger.view()
    letter = decode(package, LookupLetter)
    asked = parse_lookup(network, letter.lookup)
    if asked.payload.answerer != organisation.account:
        raise NotForUs
    requester = _requester(organisation, state, asked)
    if organisation.ledger.now() >= asked.payload.not_after:
        raise LookupOver
    if discovery.answered(state, requester, asked.id) is not None:
        raise AlreadyAnswered
    opening = _opening(organisation, state, asked, letter.sealed, requester)
    check_fresh(organisation, asked.payload.purpose)
    ticket, listed = _look(organisation, asked, opening)
    _, landed = organisation.send(RecordLocate(organisation.account, letter.lookup, ticket.relation))
    _post(organisation, asked, requester, opening, ticket)
    return LookupAnswered(asked.id, requester, ticket.relation is not None, listed, landed.height)


def _look(organisation: Organisation, asked: SignedLookup, opening: LookupOpening) -> tuple[Ticket, int]:
    """Return what to answer, and how many entries a searchset has."""
    group = asked.payload.group
    if group is None:
        matched = match(organisation, decode(opening.query, MatchQuery), asked.id)
        custodian = None if matched.relation is None else organisation.account
        return Ticket(matched.relation, custodian, MATCHED, matched.bundle), len(matched.grades)
    located = locate(organisation, group, decode(opening.query, LocateQuery))
    if located is None:
        return Ticket(None, None, MATCHED, b""), 0
    return Ticket(located.relation, located.custodian, located.kind, b""), 0


def _requester(organisation: Organisation, state: Reader, asked: SignedLookup) -> bytes:
    """Return the account of the live gateway key that signed; nothing in a message says who asks."""
    found = lookup.signer(state, asked.key, organisation.ledger.now())
    if found is None or found[1].role != Role.GATEWAY:
        raise WrongSignature
    if not verify(found[1].public, asked.to_be_signed(organisation.network), asked.signature):
        raise WrongSignature
    return found[0]


def _opening(
    organisation: Organisation, state: Reader, asked: SignedLookup, sealed: bytes, requester: bytes
) -> LookupOpening:
    """Return what was asked, if it is what was signed. Raises WrongSeal, Malformed, WrongOpening."""
    network, payload = organisation.network, asked.payload
    opening = read_opening(organisation.seal_key, network, asked.id, sealed)
    if query_commitment(network, opening.salt, opening.query) != payload.query:
        raise WrongOpening
    if opening.staff.commitment(network) != payload.staff or opening.staff.organisation != requester:
        raise WrongOpening
    listed = lookup.organisation(state, requester).seal_key
    if payload.seal_key != listed or not lookup.names_seal_key(network, listed, opening.answer_key):
        raise WrongOpening
    return opening


def _post(
    organisation: Organisation, asked: SignedLookup, requester: bytes, opening: LookupOpening, ticket: Ticket
) -> None:
    lasts_ms = governance.parameter(organisation.ledger.view(), Parameter.TICKET_MS)
    sealed = SealedTicket(
        asked.id,
        organisation.account,
        requester,
        asked.payload.seal_key,
        X_WING,
        organisation.ledger.now() + lasts_ms,
        UNSEALED,
        b"",
    )
    post_sealed(organisation, sealed, encode(ticket), opening.answer_key)
