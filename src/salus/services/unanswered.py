"""What is missing: requests that nobody answered, and releases that nobody acknowledged.

A custodian that does not answer leaves no entry on the ledger; who asked knows it, and for how long. A
release without an acknowledgement stands on the ledger, where everybody sees that it is missing.
"""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access import queries as access
from salus.contracts.access.events import GlassBroken, RecordsPushed, RecordsReleased, SessionClosed, SessionOpened
from salus.contracts.access.other_events import DeferredReleased, ReleasedInBulk, SealedReleaseOpened
from salus.services import lookup
from salus.services.accounting import pending_requests
from salus.services.actors import Organisation, Person
from salus.services.asked import list_asked
from salus.services.history import Entry, entries
from salus.services.lookup import OWN_PURPOSE


class Unanswered(NamedTuple):
    """A request of one's own without an answer on the ledger."""

    request: bytes
    relation: bytes
    custodian: bytes
    purpose: str
    ago_ms: int  # since it was asked
    over: bool  # its time has passed: it can only be asked anew


class Unacknowledged(NamedTuple):
    """A release that its recipient has not confirmed."""

    release: bytes
    relation: bytes
    recipient: bytes
    custodian: bytes
    what: str  # released, break-glass, pushed, session, session-not-closed, deferred-release, sealed-release, bulk
    ago_ms: int  # since the block that holds it
    late: bool  # it was to be delivered by now


def unanswered(organisation: Organisation) -> tuple[Unanswered, ...]:
    """Return the organisation's requests that no custodian has answered, oldest first."""
    state, now = organisation.ledger.view(), organisation.ledger.now()
    return tuple(
        Unanswered(one.request, one.relation, one.custodian, one.purpose, now - one.asked, now >= one.not_after)
        for one in list_asked(organisation)
        if access.answer(state, one.relation, one.request) is None
    )


def unanswered_own(person: Person) -> tuple[Unanswered, ...]:
    """Return the wallet's requests that no custodian has answered, oldest first."""
    now = person.ledger.now()
    found = []
    for kept in pending_requests(person):
        custodian = lookup.person(person.ledger.view(), kept.relation).custodian  # perhaps of one she acts for
        ago, over = now - kept.asked, now >= kept.not_after
        found.append(Unanswered(kept.request, kept.relation, custodian, OWN_PURPOSE, ago, over))
    return tuple(sorted(found, key=lambda one: (-one.ago_ms, one.request)))


def unacknowledged(ledger: Ledger, account: bytes) -> tuple[Unacknowledged, ...]:
    """Return what about a relation, a recipient or a custodian was not confirmed, or not closed, oldest first."""
    found = (_missing(ledger, entry) for entry in entries(ledger, account))
    return tuple(one for one in found if one is not None)


def _missing(ledger: Ledger, entry: Entry) -> Unacknowledged | None:
    match entry.event:
        case RecordsReleased(request=release):
            what = "released"
        case GlassBroken(request=release):
            what = "break-glass"
        case RecordsPushed(release=release):
            what = "pushed"
        case DeferredReleased(request=release):
            what = "deferred-release"
        case SealedReleaseOpened(release=release):
            what = "sealed-release"
        case ReleasedInBulk(release=release):
            what = "bulk"
        case SessionClosed(request=release):
            what = "session"
        case SessionOpened(request=release):
            what = "session-not-closed"
        case _:
            return None
    event, now = entry.event, ledger.now()
    answer = access.answer(ledger.view(), event.relation, release)
    if answer is None or answer.acknowledged is not None or answer.deliver_by is None:
        return None
    late = now >= answer.deliver_by
    if isinstance(event, SessionOpened) and (answer.leaves is not None or not late):
        return None  # it is closed, or may go on
    return Unacknowledged(release, event.relation, event.recipient, event.custodian, what, now - entry.time, late)
