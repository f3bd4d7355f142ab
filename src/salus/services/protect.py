"""Carry what no custodian may suppress.

A protective message goes through two members at once and counts as soon as one of them has carried it. So it does
where one says that it was there already, and the blocks show it: the other was first, and its answer is lost. What
an appointment sends goes through the relation's custodian alone, as all its own messages do, and through
another member only where the custodian does not carry it. That other member is drawn by chance from all there
are: any rule, even "not one of her other custodians", would tell which accounts are hers.
"""

from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.ledger import EnvelopeResult
from salus.client.refused import refusal
from salus.core.encoding import decode_plain
from salus.core.envelope import parse_envelope
from salus.core.errors import Refusal
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NotCarried
from salus.services.held_in_block import holds
from salus.services.sent import keep_receipts

_CARRIERS = 2
_REPLAYED = 0x0007  # it was executed before: the other member was first
_TIMEOUT_S = 30.0
_PATIENCE_S = 30.0  # with the custodian, before another member is asked as well


class Protected(NamedTuple):
    """The block that holds the message, and how many members answered before it was known."""

    height: int
    carriers: int


def protect(person: Person, relation: bytes, envelope: bytes) -> Protected:
    """Hand `envelope` to the relation's custodian and to another member; return when one of them carried it.

    Raises NotCarried where none did in time, or the refusal if it was refused.
    """
    futures, said = _hand_over(person, relation, envelope)
    try:
        return _first(person, relation, envelope, futures, said)
    finally:
        keep_receipts(person)


def carry_own(person: Person, relation: bytes, envelope: bytes) -> Landed:
    """Hand `envelope` to the relation's custodian, to another member if it is not carried; return how it landed.

    Raises NotCarried where neither did in time. A refusal is in what is returned.
    """
    try:
        return _carry_own(person, relation, envelope)
    finally:
        keep_receipts(person)


def _carry_own(person: Person, relation: bytes, envelope: bytes) -> Landed:
    waiting: set[Future[Landed]] = set()
    said: list[Refusal] = []
    tried = 0
    for member in _members(person, relation):
        if tried == _CARRIERS:
            break
        try:
            waiting.add(person.carriers.carry(member, envelope))
        except Refusal as refused:
            said.append(refused)  # the next member then
            continue
        tried += 1
        landed = _landed(waiting, _TIMEOUT_S if tried == _CARRIERS else _PATIENCE_S, said)
        if landed is not None and landed.result.code == _REPLAYED:
            landed = landed_before(person, relation, envelope)
        if landed is not None:
            return landed
    raise NotCarried(said[-1] if said else None)


def landed_before(person: Person, relation: bytes, envelope: bytes) -> Landed | None:
    """Return how an envelope about a relation landed that a block holds; None where none does, or it was refused."""
    parsed = parse_envelope(person.ledger.network, envelope)
    events = [
        event
        for event in person.ledger.events(subject=relation)
        if event.body and decode_plain(event.body)[1] == parsed.payload.nonce
    ]
    height = max((event.height for event in events if holds(person.ledger, event.height, parsed.id)), default=0)
    here = [event for event in events if event.height == height]
    if not here:
        return None
    return Landed(height, here[0].time, EnvelopeResult(parsed.id, 0, tuple(event.body for event in here)))


def _note(failed: BaseException, said: list[Refusal]) -> None:
    if isinstance(failed, Refusal):
        said.append(failed)


def _landed(waiting: set[Future[Landed]], timeout_s: float, said: list[Refusal]) -> Landed | None:
    """Return how the envelope landed, None if it did not in time; those that failed go from `waiting` to `said`."""
    replayed: Landed | None = None
    while waiting:
        done, _ = wait(waiting, timeout_s, FIRST_COMPLETED)
        if not done:
            break
        for future in done:
            waiting.discard(future)
            failed = future.exception()
            if failed is not None:
                _note(failed, said)
            elif future.result().result.code != _REPLAYED:
                return future.result()
            else:
                replayed = future.result()
    return replayed


def _first(
    person: Person, relation: bytes, envelope: bytes, futures: list[Future[Landed]], said: list[Refusal]
) -> Protected:
    """Return how the first of them landed; `said` is by those who did not begin to carry it, for a NotCarried."""
    waiting, answered, refused = set(futures), 0, 0
    while waiting:
        done, waiting = wait(waiting, _TIMEOUT_S, FIRST_COMPLETED)
        if not done:
            break
        for future in done:
            failed = future.exception()
            if failed is not None:
                _note(failed, said)
                continue
            answered += 1
            landed = future.result()
            if landed.result.code == 0:
                return Protected(landed.height, answered)
            if landed.result.code != _REPLAYED:
                refused = landed.result.code
                continue
            before = landed_before(person, relation, envelope)
            if before is not None:
                return Protected(before.height, answered)
    if refused:
        raise refusal(refused)
    raise NotCarried(said[-1] if said else None)


def _hand_over(person: Person, relation: bytes, envelope: bytes) -> tuple[list[Future[Landed]], list[Refusal]]:
    """Return what the members who carry it will say, and what those said who do not."""
    futures: list[Future[Landed]] = []
    said: list[Refusal] = []
    for member in _members(person, relation):
        if len(futures) == _CARRIERS:
            break
        try:
            futures.append(person.carriers.carry(member, envelope))
        except Refusal as refusal:
            said.append(refusal)  # the next member then
    return futures, said


def _members(person: Person, relation: bytes) -> list[bytes]:
    """Return the relation's custodian, and the others in an order of chance."""
    custodian = lookup.person(person.ledger.view(), relation).custodian
    others = [member for member in person.carriers.members() if member != custodian]
    return [custodian, *person.chance.sample(others, len(others))]
