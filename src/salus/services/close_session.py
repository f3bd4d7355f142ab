"""Close a session: commit to its log, hand its entries to the recipient and, when she asks, to the patient."""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access import queries as access
from salus.contracts.access.messages import CloseRelease
from salus.core.encoding import decode, encode
from salus.core.request import parse_request
from salus.core.types import Id, Message
from salus.evidence.format import Page, session_root
from salus.policy.types import Residual
from salus.services import lookup, sessions
from salus.services.actors import Organisation
from salus.services.authorise import AskedFor
from salus.services.deliver import asked_again
from salus.services.errors import NoSuchSession, OtherSessionLog
from salus.services.objects import Content
from salus.services.proofs import prove_session
from salus.services.sealing import Addressed, sealed_letter
from salus.services.sessions import KeptPage, SessionTask
from salus.services.tell_release import tell_release


class SessionClosed(NamedTuple):
    """A session that is over; the ledger holds the root of its log and not how long it is."""

    session: bytes
    relation: bytes
    recipient: bytes
    pages: int
    root: bytes


def close_session(organisation: Organisation, session: bytes) -> SessionClosed:
    """Commit to the session's log and send the recipient what opens it; doing it again changes nothing.

    Raises NoSuchSession unless it is open in the outbox, and the contract's refusals.
    """
    task = sessions.open_task(organisation, session)
    answer = access.answer(organisation.ledger.view(), task.relation, session)
    if answer is None:
        raise NoSuchSession
    asked = asked_again(organisation, task.package, answer)
    entries = sessions.entries(organisation.network, sessions.pages(organisation, session))
    root = session_root(organisation.network, session, task.salt, entries)
    sessions.step(organisation, session)
    if answer.leaves is None:
        organisation.send(CloseRelease(organisation.account, task.relation, session, root))
    organisation.exchange.post(asked.recipient, "closing", _closing(organisation, task, asked, entries))
    tell_release(organisation, addressed(task, asked))
    sessions.forget(organisation, session)
    return SessionClosed(session, task.relation, asked.recipient, len(entries), root)


def _closing(organisation: Organisation, task: SessionTask, asked: AskedFor, entries: list[bytes]) -> bytes:
    ledger = organisation.ledger
    request = parse_request(organisation.network, asked.raw)
    public = lookup.listed_public(ledger.view(), asked.recipient, request.key)
    evidence = prove_session(ledger, request, asked.raw, public, task.salt, entries)
    content = Content(evidence, None, (int(Residual.NONE), None, None), (), 0, ledger.height(), ())
    return sealed_letter(organisation, addressed(task, asked), task.ends, encode(content))


def addressed(task: SessionTask, asked: AskedFor) -> Addressed:
    """Return to whom the letters of a session go."""
    payload = asked.payload
    return Addressed(
        task.session, task.relation, task.basis, asked.recipient, payload.seal_key, asked.answer_key, payload.purpose
    )


class SessionLog(Message, frozen=True):
    """A session's log as the custodian shows it to the patient: everything that opens the committed root."""

    session: Id
    relation: Id
    salt: bytes
    pages: tuple[KeptPage, ...]


def show_log(organisation: Organisation, session: bytes) -> bytes:
    """Return the log of a session of the custodian's, for the patient. Raises NoSuchSession."""
    task = sessions.kept_task(organisation, session)
    return encode(SessionLog(session, task.relation, task.salt, tuple(sessions.pages(organisation, session))))


def check_log(ledger: Ledger, relation: bytes, session: bytes, raw: bytes) -> tuple[Page, ...]:
    """Return the pages of a log that is the one the closing committed to; who was shown it asks only the ledger.

    Raises Malformed, NoSuchSession (not closed either), OtherSessionLog.
    """
    shown = decode(raw, SessionLog)
    answer = access.answer(ledger.view(), relation, session)
    if answer is None or answer.leaves is None:
        raise NoSuchSession
    entries = sessions.entries(ledger.network, list(shown.pages))
    if shown.relation != relation or session_root(ledger.network, session, shown.salt, entries) != answer.leaves:
        raise OtherSessionLog
    return tuple(decode(kept.page, Page) for kept in shown.pages)
