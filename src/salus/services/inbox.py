"""Work through what lies in an inbox. A letter is removed once it was dealt with, also by a refusal."""

from typing import NamedTuple

from salus.core.errors import Kind, Refusal
from salus.services.acknowledge import acknowledge
from salus.services.actors import Organisation, Person
from salus.services.deliver import Delivery
from salus.services.ports import Letter
from salus.services.receive import Received, receive
from salus.services.receive_own import OwnView, receive_own
from salus.services.refuse import Refused
from salus.services.release import release

Outcome = bytes | Delivery | Refused | Received | Refusal


class Processed(NamedTuple):
    """What became of a letter: the directive acknowledged, the request answered, the delivery received, or why not."""

    kind: str  # grant, request, delivery, refusal
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
    return tuple(view for relation in person.wallet.relations() for view in collect_relation(person, relation.handle))


def collect_relation(person: Person, handle: bytes) -> tuple[OwnView | Refusal, ...]:
    """Receive every delivery to one relation."""
    views: list[OwnView | Refusal] = []
    for letter in person.exchange.inbox(handle):
        outcome: OwnView | Refusal | None = None
        try:
            outcome = receive_own(person, letter.body) if letter.kind == "delivery" else None
        except Refusal as refusal:
            outcome = refusal
        if outcome is not None:
            views.append(outcome)
        if not _later(outcome):
            person.exchange.done(handle, letter.name)
    return tuple(views)


def _organisation(organisation: Organisation, letter: Letter) -> Outcome:
    try:
        if letter.kind == "grant":
            return acknowledge(organisation, letter.body)
        if letter.kind == "request":
            return release(organisation, letter.body)
        if letter.kind == "delivery":
            return receive(organisation, letter.body)
        return letter.body
    except Refusal as refusal:
        return refusal


def _later(outcome: object) -> bool:
    """True where trying again may help: a disk that is full, a ledger that is away."""
    return isinstance(outcome, Refusal) and outcome.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED)
