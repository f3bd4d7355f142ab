"""Offer custody: let another member become the custodian of relations; take the offer back."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from salus.contracts.records import queries as records
from salus.contracts.records.events_life import CustodyRefused
from salus.contracts.records.messages_life import OfferCustody, WithdrawOffer
from salus.core.types import Message
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.anchor import anchor_one
from salus.services.answer import answer_tasks
from salus.services.errors import NotCustodian, WorkUnderWay
from salus.services.hand_over import hand_over, move_tasks, put_move
from salus.services.history import read_event
from salus.services.notify import send_notices
from salus.vault.errors import NotSettled

MAX_ENTRIES = 1000  # of one message


class Custody(NamedTuple):
    """What became of relations: those for which it was done, and (relation, code of the refusal)."""

    done: tuple[bytes, ...]
    refused: tuple[tuple[bytes, int], ...]


def offer_custody(organisation: Organisation, successor: bytes, relations: Iterable[bytes]) -> Custody:
    """Offer relations and hand each over, sealed, with the keys; until it is accepted, custody stays here.

    While it is offered nothing is taken in, amended or erased, and nothing is anchored, so that what was handed over is
    what there is. Raises NoSuchMember, UnknownSealKey, NotCustodian, WorkUnderWay, NotSettled, the
    contract's refusals.
    """
    wanted, state = tuple(sorted(dict.fromkeys(relations))), organisation.ledger.view()
    organisation.exchange.find_key(lookup.organisation(state, successor).seal_key)
    for relation in wanted:
        if lookup.person(state, relation).custodian != organisation.account:
            raise NotCustodian
    if any(task.relation in wanted for _, task in answer_tasks(organisation)):
        raise WorkUnderWay
    send_notices(organisation)
    for relation in wanted:
        anchor_one(organisation, relation)
        if organisation.vault.anchors.waits(relation, reads=False):
            raise NotSettled
    put_move(organisation, successor, wanted)
    refused = send_each(organisation, [OfferCustody(organisation.account, successor, part) for part in parts(wanted)])
    hand_over(organisation)
    return Custody(tuple(one for one in wanted if one not in refused), tuple(sorted(refused.items())))


def withdraw_offer(organisation: Organisation, relations: Iterable[bytes]) -> Custody:
    """Take offers back; what was handed over is worth nothing without them. Raises the contract's refusals."""
    wanted = tuple(sorted(dict.fromkeys(relations)))
    refused = send_each(organisation, [WithdrawOffer(organisation.account, part) for part in parts(wanted)])
    hand_over(organisation)
    return Custody(tuple(one for one in wanted if one not in refused), tuple(sorted(refused.items())))


def list_offered(organisation: Organisation) -> tuple[tuple[bytes, bytes], ...]:
    """Return (relation, successor) of what this custodian offers, sorted."""
    state = organisation.ledger.view()
    found = [(task.relation, records.offer(state, task.relation)) for _, task in move_tasks(organisation)]
    return tuple(sorted((relation, offer.successor) for relation, offer in found if offer is not None))


def send_each(organisation: Organisation, messages: Sequence[Message]) -> dict[bytes, int]:
    """Execute messages about custody, one after the other; return relation -> code of the entries refused."""
    refused: dict[bytes, int] = {}
    for message in messages:
        _, landed = organisation.send(message)
        for event in map(read_event, landed.result.events):
            if isinstance(event, CustodyRefused):
                refused.update(event.entries)
    return refused


def parts(relations: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    """Return them in as many parts as messages are needed."""
    return [relations[at : at + MAX_ENTRIES] for at in range(0, len(relations), MAX_ENTRIES)]
