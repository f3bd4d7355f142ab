"""Work through what lies in an inbox. A letter is removed once it was dealt with, also by a refusal."""

from collections.abc import Callable, Container
from typing import NamedTuple

from salus.core.errors import Kind, Refusal
from salus.services.acknowledge import acknowledge
from salus.services.actors import Organisation, Person
from salus.services.answer_lookup import LookupAnswered, answer_lookup
from salus.services.deliver import Delivery, Withheld
from salus.services.locator_key import Epoch, receive_locator_key
from salus.services.notify import Notice, receive_notice
from salus.services.open_session import SessionOpened, open_session
from salus.services.ports import KINDS, Letter
from salus.services.receive import Received, receive
from salus.services.receive_own import OwnView, receive_own
from salus.services.receive_receipt import ReceiptView, receive_receipt
from salus.services.receive_session import ClosedSession, ReceivedPage, receive_closing, receive_page
from salus.services.refuse import Refused
from salus.services.register_tokens import Registered, take_tokens
from salus.services.release import release
from salus.services.session_page import PageSent, SessionOver, session_page
from salus.services.take_petition import take_petition
from salus.services.tickets import TicketView, receive_ticket

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
    | tuple[Notice, ...]
    | LookupAnswered
    | TicketView
    | Registered
    | Epoch
    | Refusal
)
Collected = OwnView | ReceiptView | Refusal


class Processed(NamedTuple):
    """What became of a letter: directive acknowledged, request answered, delivery received, petition taken, or not."""

    kind: str  # of `ports.KINDS`
    name: str  # of the letter
    outcome: Outcome


def process_inbox(organisation: Organisation, kinds: Container[str] = KINDS) -> tuple[Processed, ...]:
    """Deal with every letter to the organisation of these kinds, grants first: oldest first, each by itself."""
    letters = [letter for letter in organisation.exchange.inbox(organisation.account) if letter.kind in kinds]
    ordered = sorted(letters, key=lambda letter: letter.kind != "grant")
    done = []
    for letter in ordered:
        outcome = _organisation(organisation, letter)
        done.append(Processed(letter.kind, letter.name, outcome))
        if not _later(outcome):
            organisation.exchange.done(organisation.account, letter.name)
    return tuple(done)


def collect(person: Person, kinds: Container[str] = KINDS, only: bytes | None = None) -> tuple[Collected, ...]:
    """Receive every delivery and receipt to the person's relations, or to one of them; see `collect_relation`."""
    handles = [relation.handle for relation in person.wallet.relations() if only in (None, relation.handle)]
    return tuple(view for handle in handles for view in collect_relation(person, handle, kinds))


def collect_relation(person: Person, handle: bytes, kinds: Container[str] = KINDS) -> tuple[Collected, ...]:
    """Receive every delivery and receipt to one relation.

    Other letters only tell to look at the ledger; letters of other kinds than `kinds` stay.
    """
    views: list[Collected] = []
    for letter in person.exchange.inbox(handle):
        if letter.kind not in kinds:
            continue
        outcome = _person(person, letter)
        if outcome is not None:
            views.append(outcome)
        if not _later(outcome):
            person.exchange.done(handle, letter.name)
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
    "petition": take_petition,
    "notice": receive_notice,
    "look-up": answer_lookup,
    "ticket": receive_ticket,
    "tokens": take_tokens,
    "locator-key": receive_locator_key,
}


def _person(person: Person, letter: Letter) -> Collected | None:
    try:
        if letter.kind == "delivery":
            return receive_own(person, letter.body)
        return receive_receipt(person, letter.body) if letter.kind == "receipt" else None
    except Refusal as refusal:
        return refusal


def _later(outcome: object) -> bool:
    """True where trying again may help: a disk that is full, a ledger that is away."""
    return isinstance(outcome, Refusal) and outcome.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED)
