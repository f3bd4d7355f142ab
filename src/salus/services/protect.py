"""Send a protective message through two members at once: it counts as soon as one of them has carried it."""

from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.refused import refusal
from salus.core.errors import Refusal
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NotCarried

_CARRIERS = 2
_REPLAYED = 0x0007  # the other member was first
_TIMEOUT_S = 30.0


class Protected(NamedTuple):
    """The block that holds the message, and how many members answered before it was known."""

    height: int
    carriers: int


def protect(person: Person, relation: bytes, envelope: bytes) -> Protected:
    """Hand `envelope` to the relation's custodian and to another member; return when one of them carried it.

    Raises NotCarried where none did in time, or the refusal if it was refused.
    """
    futures = _hand_over(person, relation, envelope)
    waiting, answered, refused = set(futures), 0, 0
    while waiting:
        done, waiting = wait(waiting, _TIMEOUT_S, FIRST_COMPLETED)
        if not done:
            break
        for future in done:
            if future.exception() is not None:
                continue
            answered += 1
            landed = future.result()
            if landed.result.code == 0:
                return Protected(landed.height, answered)
            refused = landed.result.code if landed.result.code != _REPLAYED else refused
    if refused:
        raise refusal(refused)
    raise NotCarried


def _hand_over(person: Person, relation: bytes, envelope: bytes) -> list[Future[Landed]]:
    custodian = lookup.person(person.ledger.view(), relation).custodian
    others = [member for member in person.carriers.members() if member != custodian]
    futures: list[Future[Landed]] = []
    for member in (custodian, *others):
        if len(futures) == _CARRIERS:
            break
        try:
            futures.append(person.carriers.carry(member, envelope))
        except Refusal:
            continue  # the next member then
    return futures
