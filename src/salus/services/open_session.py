"""Open a session: one signed request, one use, many searches. What it rests on is asked again at each page."""

import os
from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.contracts.access.messages import OpenRelease
from salus.contracts.access.types import Outcome
from salus.contracts.consent import queries as consent
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.core.request import REQUEST
from salus.policy.filter import Filter
from salus.policy.reasons import Reason
from salus.policy.types import EVERYTHING, BasisKind, Provision, Trigger
from salus.services import sessions
from salus.services.actors import Organisation
from salus.services.asking import read_request
from salus.services.attest_staff import Badge
from salus.services.authorise import AskedFor, Authorised, authorise
from salus.services.commit_release import Stale, anchors_with, basis_of, prove_available, send_anchored
from salus.services.freshness import check_fresh
from salus.services.refuse import Refused, refuse
from salus.services.release import ATTEMPTS, anchor_quietly, log_decision
from salus.services.request import LIFETIME_MS, RequestPackage, ask
from salus.services.sessions import SessionTask
from salus.vault.errors import NoSuchOpening

_SESSION_MS = 14_400_000  # unless ground or network allow less


class SessionOpened(NamedTuple):
    """A session that the ledger holds."""

    session: bytes  # id; the request's too
    relation: bytes
    recipient: bytes
    ends: int

    def __repr__(self) -> str:
        return f"SessionOpened({self.session.hex()})"


def ask_session(
    organisation: Organisation,
    relation: bytes,
    purpose: str,
    staff: Badge,
    wanted: Provision = EVERYTHING,
    lifetime_ms: int = LIFETIME_MS,
) -> RequestPackage:
    """Ask the custodian of `relation` for a session over what `wanted` covers; searches go within it.

    Raises UnknownRelation, UnknownPurpose, UnknownSealKey.
    """
    return ask(organisation, relation, purpose, staff, Filter(wanted, None), lifetime_ms, kind="session")


def open_session(organisation: Organisation, package: bytes) -> SessionOpened | Refused:
    """Decide and open, or refuse on the ledger. Raises what `asking.read_request` does, and StateTooOld."""
    asked, opens = read_request(organisation, package)
    check_fresh(organisation, asked.payload.purpose)
    if not opens or asked.kind != REQUEST or asked.under is not None:  # who acts for a person gets all at once
        return refuse(organisation, asked, Reason.REQUEST_INVALID)
    for _ in range(ATTEMPTS):
        authorised = authorise(organisation, asked)
        if isinstance(authorised, Reason):
            log_decision(organisation, asked)
            return refuse(organisation, asked, authorised)
        opened = _commit(organisation, package, asked, authorised)
        if isinstance(opened, SessionOpened):
            return opened
        if isinstance(opened, Reason):
            return refuse(organisation, asked, opened)
        anchor_quietly(organisation)
    return refuse(organisation, asked, Reason.EVALUATION_FAILED)


def _commit(
    organisation: Organisation, package: bytes, asked: AskedFor, authorised: Authorised
) -> SessionOpened | Reason | Stale:
    relation, basis = asked.payload.relation, basis_of(authorised)
    anchors = anchors_with(organisation, relation)
    seq = next((entry.seq for entry in anchors if entry.relation == relation), None)
    try:
        root = prove_available(organisation.vault, authorised.scope, (), seq).root
    except NoSuchOpening:
        return Reason.EVALUATION_FAILED  # nothing is anchored, so there is nothing to show
    ends = _end(organisation, relation, basis)
    sessions.begin(organisation, SessionTask(package, asked.id, relation, basis, ends, os.urandom(32)))
    message = OpenRelease(organisation.account, asked.raw, basis, root, ends, int(Trigger.REQUEST))
    refusal = send_anchored(organisation, anchors, message, organisation.send)
    if refusal is not None:
        sessions.forget(organisation, asked.id)
        return refusal
    sessions.step_done(organisation, asked.id)
    return SessionOpened(asked.id, relation, asked.recipient, ends)


def _end(organisation: Organisation, relation: bytes, basis: tuple[int, bytes | None, int]) -> int:
    """Return the end of a session that begins now: as the network and the ground allow."""
    state, now = organisation.ledger.view(), organisation.ledger.now()
    kind, ground, _ = basis
    ends = [now + min(_SESSION_MS, governance.parameter(state, Parameter.SESSION_MS))]
    if kind == BasisKind.DIRECTIVE and ground is not None:
        directive = consent.directive(state, relation, ground)
        ends += [directive.end] if directive else []
    if kind == BasisKind.ORDER and ground is not None:
        order = consent.order(state, relation, ground)
        ends += [order.end] if order else []
    return min(ends)


def is_open(organisation: Organisation, relation: bytes, session: bytes) -> bool:
    """True if the ledger holds the session, open and not past its end."""
    answer = access.answer(organisation.ledger.view(), relation, session)
    if answer is None or answer.outcome != Outcome.SESSION or answer.deliver_by is None:
        return False
    return answer.leaves is None and organisation.ledger.now() < answer.deliver_by
