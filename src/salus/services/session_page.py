"""One page of a session: a search, and what of the records it finds may leave at this moment.

Each page is a sealed chunk of its own, and the ground is asked of the present state before it leaves:
a revocation, a total deny, a suspension, an expiry stop the next page and close the session.
"""

import os
from hashlib import sha256
from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.core.keys import Role
from salus.core.request import filter_commitment, parse_request
from salus.core.signatures import verify
from salus.evidence.format import Page
from salus.policy.filter import Filter
from salus.policy.reasons import TEXTS, Reason
from salus.policy.types import EVERYTHING, Provision
from salus.services import lookup, sessions
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.anchor import anchor_one
from salus.services.asked import list_asked
from salus.services.authorise import AskedFor, Authorised, authorise_page, still_stands
from salus.services.close_session import addressed, close_session
from salus.services.commit_release import prove_available
from salus.services.deliver import asked_again, read_octets
from salus.services.errors import NoSuchSession, PageAnswered, RequestOver, WrongOpening
from salus.services.freshness import check_fresh
from salus.services.objects import Content, PageRequest, PageRequestLetter, Search, parse_signed, sign
from salus.services.open_session import is_open
from salus.services.proofs import Disclosed, prove_page
from salus.services.receive_session import next_number
from salus.services.sealing import sealed_letter
from salus.services.sessions import KeptPage, SessionTask
from salus.vault.errors import NoSuchOpening
from salus.vault.seals import seal

_LIFETIME_MS = 600_000


class PageSent(NamedTuple):
    """A page that left."""

    session: bytes
    number: int
    records: int
    recipient: bytes


class SessionOver(NamedTuple):
    """No page left: the session's ground ended, or its time; it is closed."""

    session: bytes
    reason: Reason

    @property
    def text(self) -> str:
        """The reason in a fixed sentence."""
        return TEXTS[self.reason]


def ask_page(
    organisation: Organisation, session: bytes, wanted: Provision = EVERYTHING, without: Provision | None = None
) -> int:
    """Search within a session of the organisation's own; return the number of the page. Raises NoSuchSession."""
    return _ask(organisation, session, Filter(wanted, without), last=False)


def ask_close(organisation: Organisation, session: bytes) -> int:
    """Tell the custodian that the session is over. Raises NoSuchSession."""
    return _ask(organisation, session, None, last=True)


def _ask(organisation: Organisation, session: bytes, wanted: Filter | None, *, last: bool) -> int:
    network, now = organisation.network, organisation.ledger.now()
    asked = next((one for one in list_asked(organisation) if one.request == session), None)
    if asked is None or not is_open(organisation, asked.relation, session):
        raise NoSuchSession
    number = next_number(organisation, session)
    blank = PageRequest(session, asked.relation, number, bytes(32), last, now + _LIFETIME_MS)
    search = Search(os.urandom(32), b"" if wanted is None else encode(wanted))
    public = organisation.exchange.find_key(lookup.organisation(organisation.ledger.view(), asked.custodian).seal_key)
    sealed = seal(public, blank.info(network), encode(search))
    signed = sign("page", network, blank.with_seal(sealed), organisation.gateway)
    organisation.exchange.post(asked.custodian, "page-request", encode(PageRequestLetter(signed, sealed)))
    return number


def session_page(organisation: Organisation, package: bytes) -> PageSent | SessionOver:
    """Answer a search, or close the session where it is the last word.

    In this order: form, session, signature of the recipient's live gateway key, time, number, seal. Raises
    Malformed, NoSuchSession, WrongSignature, RequestOver, PageAnswered, WrongSeal, WrongOpening, StateTooOld.
    """
    letter = decode(package, PageRequestLetter)
    asked = _verified(organisation, letter)
    task = sessions.open_task(organisation, asked.session)
    if asked.number <= sessions.last_number(organisation, asked.session):
        raise PageAnswered
    search = decode(organisation.seal_key.open(asked.info(organisation.network), letter.sealed), Search)
    if asked.last:
        close_session(organisation, asked.session)
        return SessionOver(asked.session, Reason.SESSION_OVER)
    if organisation.ledger.now() >= task.ends:
        return _over(organisation, task, Reason.SESSION_OVER)
    return _answer(organisation, task, asked.number, search)


def _verified(organisation: Organisation, letter: PageRequestLetter) -> PageRequest:
    network, state, now = organisation.network, organisation.ledger.view(), organisation.ledger.now()
    signed = parse_signed("page", letter.request)
    asked = decode(signed.payload, PageRequest)
    answer = access.answer(state, asked.relation, asked.session)
    if answer is None or sessions.open_task(organisation, asked.session).relation != asked.relation:
        raise NoSuchSession
    found = lookup.signer(state, signed.key, now)
    if found is None or found[0] != answer.recipient or found[1].role not in (Role.GATEWAY, Role.DEVICE):
        raise WrongSignature
    message = cose.to_be_signed("page", network, signed.payload, signed.key)
    if not verify(found[1].public, message, signed.signature):
        raise WrongSignature
    if now >= asked.not_after:
        raise RequestOver
    if sha256(letter.sealed).digest() != asked.sealed:
        raise WrongOpening
    return asked


def _answer(organisation: Organisation, task: SessionTask, number: int, search: Search) -> PageSent | SessionOver:
    answer = access.answer(organisation.ledger.view(), task.relation, task.session)
    if answer is None:
        raise NoSuchSession
    asked = asked_again(organisation, task.package, answer)
    check_fresh(organisation, asked.payload.purpose)
    anchor_one(organisation, task.relation)  # so that a page shows what is newest
    authorised = authorise_page(organisation, asked, task.basis, decode(search.filter, Filter))
    if isinstance(authorised, Reason):
        return _over(organisation, task, authorised)
    try:
        page, raw, shown = _sealed(organisation, task, asked, authorised, number, search)
    except NoSuchOpening:
        return _over(organisation, task, Reason.EVALUATION_FAILED)
    reason = still_stands(organisation, asked, task.basis, shown)
    if reason is not None:
        return _over(organisation, task, reason)
    headers = [header for header in authorised.headers if header.record in shown]
    log_reads(organisation, [Looked(authorised.scope, What.RELEASE, headers)])
    sessions.log_page(organisation, page)
    organisation.exchange.post(asked.recipient, "page", raw)
    sessions.step_done(organisation, task.session)
    return PageSent(task.session, number, len(shown), asked.recipient)


def _over(organisation: Organisation, task: SessionTask, reason: Reason) -> SessionOver:
    close_session(organisation, task.session)
    return SessionOver(task.session, reason)


def _sealed(
    organisation: Organisation,
    task: SessionTask,
    asked: AskedFor,
    authorised: Authorised,
    number: int,
    search: Search,
) -> tuple[KeptPage, bytes, tuple[bytes, ...]]:
    """Return the page's entry, its letter, and the records shown: those that the newest anchored root holds."""
    ledger, vault, network = organisation.ledger, organisation.vault, organisation.network
    records = [header.record for header in authorised.headers]
    proven = prove_available(vault, authorised.scope, records, None)
    leaves = tuple(sorted(record.proof.leaf for record in proven.records))
    searched = filter_commitment(network, search.salt, search.filter)
    page = sessions.new_page(Page(task.session, number, ledger.now(), searched, leaves))
    disclosed = Disclosed(proven, read_octets(vault, authorised.scope, proven))
    request = parse_request(network, asked.raw)
    public = lookup.listed_public(ledger.view(), asked.recipient, request.key)
    evidence = prove_page(ledger, request, asked.raw, public, page.salt, page.page, disclosed)
    decision, said = authorised.decision, authorised.decision.left_out
    left_out = (int(said.level), said.some, said.how_many)
    content = Content(evidence, None, left_out, decision.obligations, authorised.redisclosure, ledger.height(), ())
    raw = sealed_letter(organisation, addressed(task, asked), task.ends, encode(content))
    return page, raw, tuple(record.header.record for record in proven.records)
