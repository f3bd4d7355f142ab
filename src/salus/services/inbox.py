"""Work through what lies in an inbox. A letter is removed once it was dealt with, also by a refusal."""

from collections.abc import Callable, Container
from typing import NamedTuple

from salus.core.errors import Kind, Refusal
from salus.services.acknowledge import acknowledge
from salus.services.actors import Organisation, Person
from salus.services.ahead import ReceivedAhead, receive_emergency
from salus.services.answer_lookup import LookupAnswered, answer_lookup
from salus.services.custody_letters import COPY, LAST_WORD, Surrendered
from salus.services.defer import Deferred, settle_deferred
from salus.services.deliver import Delivery, Withheld
from salus.services.hold_share import Held, hold_share, receive_share_receipt
from salus.services.keep_representation import take_representation
from salus.services.locator_key import Epoch, receive_locator_key
from salus.services.notify import Notice, receive_notice
from salus.services.open_session import SessionOpened, open_session
from salus.services.ports import KINDS, Letter
from salus.services.receive import Received, receive
from salus.services.receive_bulk import ReceivedBulk, receive_bulk
from salus.services.receive_for import ReceivedFor, receive_for
from salus.services.receive_last_word import receive_last_word
from salus.services.receive_own import OwnView, addressed, receive_own
from salus.services.receive_receipt import ReceiptView, receive_receipt
from salus.services.receive_sealed import receive_sealed
from salus.services.receive_session import ClosedSession, ReceivedPage, receive_closing, receive_page
from salus.services.refuse import Refused
from salus.services.register_tokens import Registered, take_tokens
from salus.services.release import release
from salus.services.release_share import LETTER as RELEASED_SHARE
from salus.services.sealed_orders import SilentOrder, take_sealed_order
from salus.services.session_page import PageSent, SessionOver, session_page
from salus.services.take_approval import take_approval
from salus.services.take_petition import take_petition
from salus.services.tell_release import ToldView, receive_told
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
    | Held
    | Surrendered
    | Deferred
    | ReceivedAhead
    | SilentOrder
    | ReceivedBulk
    | LookupAnswered
    | TicketView
    | Registered
    | Epoch
    | Refusal
)
_FIRST = {"representation": 0, "grant": 1}  # a grant may rest on who was let act just before
FOR_PEOPLE = (RELEASED_SHARE, COPY)  # kinds that wait until somebody decides
Collected = OwnView | ReceivedFor | ReceiptView | ToldView | Refusal


class Processed(NamedTuple):
    """What became of a letter: directive acknowledged, request answered, delivery received, petition taken, or not."""

    kind: str  # of `ports.KINDS`
    name: str  # of the letter
    outcome: Outcome


def process_inbox(organisation: Organisation, kinds: Container[str] = KINDS) -> tuple[Processed, ...]:
    """Deal with every letter of these kinds: who acts for whom first, then grants, else oldest first.

    What the ledger has to be told of an outage comes before them all. A relation that another custodian handed over
    waits until somebody accepts it, a share until an escrow is opened. Two that call this work one after the other.
    """
    with organisation.dealing.inbox():
        return _process(organisation, kinds)


def _process(organisation: Organisation, kinds: Container[str]) -> tuple[Processed, ...]:
    settle_deferred(organisation)
    everything = organisation.exchange.inbox(organisation.account)
    letters = [letter for letter in everything if letter.kind in kinds and letter.kind not in FOR_PEOPLE]
    ordered = sorted(letters, key=lambda letter: _FIRST.get(letter.kind, len(_FIRST)))
    done = []
    for letter in ordered:
        with organisation.turn:
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
    """Receive every delivery, receipt and notice of a release to one relation.

    Other letters only tell to look at the ledger; letters of other kinds than `kinds` stay.
    """
    views: list[Collected] = []
    for letter in person.exchange.inbox(handle):
        if letter.kind not in kinds:
            continue
        outcome = _person(person, handle, letter)
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
    "share": hold_share,
    "share-receipt": receive_share_receipt,
    "representation": take_representation,
    LAST_WORD: receive_last_word,
    "approval": take_approval,
    "emergency": receive_emergency,
    "sealed-order": take_sealed_order,
    "sealed": receive_sealed,
    "bulk": receive_bulk,
    "look-up": answer_lookup,
    "ticket": receive_ticket,
    "tokens": take_tokens,
    "locator-key": receive_locator_key,
}


def _person(person: Person, handle: bytes, letter: Letter) -> Collected | None:
    try:
        if letter.kind == "delivery":
            if addressed(letter.body) != handle:  # of somebody whom the account acts for
                return receive_for(person, handle, letter.body)
            return receive_own(person, letter.body)
        if letter.kind == "told":
            return receive_told(person, letter.body)
        return receive_receipt(person, letter.body) if letter.kind == "receipt" else None
    except Refusal as refusal:
        return refusal


def _later(outcome: object) -> bool:
    """True where trying again may help: a disk that is full, a ledger that is away."""
    return isinstance(outcome, Refusal) and outcome.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED)
