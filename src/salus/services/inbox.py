"""Work through what lies in an inbox. A letter is removed once it was dealt with, also by a refusal."""

from collections.abc import Callable
from typing import NamedTuple

from salus.core.errors import Kind, Refusal
from salus.services.acknowledge import acknowledge
from salus.services.actors import Organisation, Person
from salus.services.deliver import Delivery, Withheld
from salus.services.open_session import SessionOpened, open_session
from salus.services.ports import Letter
from salus.services.receive import Received, receive
from salus.services.receive_own import OwnView, receive_own
from salus.services.receive_session import ClosedSession, ReceivedPage, receive_closing, receive_page
from salus.services.refuse import Refused
from salus.services.release import release
from salus.services.session_page import PageSent, SessionOver, session_page

Outcome = (
    bytes
    | Delivery
    | Withheld
    | Refused
    | Received
    | SessionOpened
    | PageSent
    | SessionOver
    | ReceivedPage
    | ClosedSession
    | Refusal
)


class Processed(NamedTuple):
    """What became of a letter: the directive acknowledged, the request answered, the delivery received, or why not."""

    kind: str  # of `folder_exchange.KINDS`
    name: str  # of the letter
    outcome: Outcome


def process_inbox(organisation: Organisation) -> tuple[Processed, ...]:
    """Deal with every letter to the organisation, grants first: oldest first, each by itself."""
    letters = organisation.exchange.inbox(organisation.account)
    ordered = sorted(letters, key=lambda letter: letter.kind != "grant")
    done = []
    for letter in ordered:
        outcome = _organisation(organisation, letter)
        done.append(Processed(letter.kind, letter.name, outcome))
        if not _later(outcome):
            organisation.exchange.done(organisation.account, letter.name)
    return tuple(done)


def collect(person: Person) -> tuple[OwnView | Refusal, ...]:
    """Receive every delivery to the person's relations; other letters only tell to look at the ledger."""
    views: list[OwnView | Refusal] = []
    for relation in person.wallet.relations():
        for letter in person.exchange.inbox(relation.handle):
            outcome: OwnView | Refusal | None = None
            try:
                outcome = receive_own(person, letter.body) if letter.kind == "delivery" else None
            except Refusal as refusal:
                outcome = refusal
            if outcome is not None:
                views.append(outcome)
            if not _later(outcome):
                person.exchange.done(relation.handle, letter.name)
    return tuple(views)


def _organisation(organisation: Organisation, letter: Letter) -> Outcome:
    deal = _DEALS.get(letter.kind)
    try:
        return letter.body if deal is None else deal(organisation, letter.body)
    except Refusal as refusal:
        return refusal


_DEALS: dict[str, Callable[[Organisation, bytes], Outcome]] = {
    "grant": acknowledge,
    "request": release,
    "delivery": receive,
    "session": open_session,
    "page-request": session_page,
    "page": receive_page,
    "closing": receive_closing,
}


def _later(outcome: object) -> bool:
    """True where trying again may help: a disk that is full, a ledger that is away."""
    return isinstance(outcome, Refusal) and outcome.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED)
