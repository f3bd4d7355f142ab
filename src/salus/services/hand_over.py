"""Hand over: what a custodian that offers relations, or gave them up, has left to do; a crash may come anywhere.

| step | after a crash here |
|---|---|
| 1. task in the outbox | the ledger knows of no offer, and of no succession: the task goes |
| 2. `OfferCustody` on the ledger | the copy is posted |
| 3. copy posted, the task says so | nothing, until the ledger names another custodian |
| 4. the successor has anchored what it took over | sessions are closed, the last word is sealed |
| 5. everything destroyed, the last word in the outbox: one transaction | the last word is posted |
| 6. last word posted, the receipt kept | nothing is left to do |

Holds and retention rules bar no surrender: custody moved, and with it the duty to keep.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.contracts.records import queries as records
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.types import Id, Message
from salus.services.actors import Organisation
from salus.services.authorise import for_custody, own_shared
from salus.services.close_session import close_session
from salus.services.commit_release import MAX_TASKS, drop_task, release_tasks
from salus.services.custody_letters import COPY, LAST_WORD, HandedOver, LastWord, Notes, Surrendered, Tasks, sealed_to
from salus.services.death import DEATHS
from salus.services.deliver import deliver
from salus.services.moved import of_relation
from salus.services.objects import sign
from salus.services.petition_letters import PetitionLetter
from salus.services.sessions import open_tasks
from salus.services.take_petition import take_petition
from salus.vault.errors import NoSuchOpening, NoSuchRelation
from salus.vault.shared import SharedResource

TASK, END = "custody", "custody-end"  # kinds of outbox rows
SURRENDERED = "Surrendered"  # no FHIR type has this name


class MoveTask(Message, frozen=True):
    """A relation that is offered, or another's by now."""

    relation: Id
    successor: Id
    posted: bool  # the copy


class EndTask(Message, frozen=True):
    """The last word about a relation of which nothing is left here."""

    relation: Id
    successor: Id
    letter: bytes
    receipt: bytes


def put_move(organisation: Organisation, successor: bytes, relations: Iterable[bytes]) -> None:
    """Put the tasks of an offer that is about to be made; those that wait already stay."""
    known = {(task.relation, task.successor) for _, task in move_tasks(organisation)}
    tasks = [MoveTask(one, successor, False) for one in relations if (one, successor) not in known]
    organisation.vault.outbox.put([(TASK, encode(task)) for task in tasks])


def move_tasks(organisation: Organisation) -> list[tuple[int, MoveTask]]:
    """Return (outbox id, task) of relations that are offered, or given up and not destroyed yet."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, MoveTask)) for row in rows if row.kind == TASK]


def hand_over(organisation: Organisation) -> tuple[str, ...]:
    """Do what is left to do; return what was done, in words. Meant to be called every so often.

    A member that was succeeded by vote can offer nothing any longer; it hands everything over to its successor.
    """
    state = organisation.ledger.view()
    successor = governance.successor_of(state, organisation.account)
    if successor is not None:
        own = [r for r in organisation.vault.relations() if accounts.custodian_of(state, r) == organisation.account]
        put_move(organisation, successor, own)
    done: list[str] = []
    for row, task in move_tasks(organisation):
        try:
            done.append(_go_on(organisation, row, task))
        except Refusal:
            done.append("A change of custody could not go on; it is tried again.")
    for one in organisation.vault.outbox.next(MAX_TASKS):
        if one.kind == END:
            with suppress(Refusal):  # it stays in the outbox
                _end(organisation, decode(one.body, EndTask))
                organisation.vault.outbox.done([one.id])
                done.append("A relation that another custodian keeps was destroyed here; it has the receipt.")
    return tuple(words for words in done if words)


def _go_on(organisation: Organisation, row: int, task: MoveTask) -> str:
    state, relation = organisation.ledger.view(), task.relation
    if accounts.custodian_of(state, relation) != organisation.account:
        return _give_up(organisation, row, task)
    offer = records.offer(state, relation)
    to = offer.successor if offer is not None else governance.successor_of(state, organisation.account)
    if to != task.successor:
        organisation.vault.outbox.done([row])
        return ""
    if task.posted:
        return ""
    _post_copy(organisation, task)
    organisation.vault.outbox.put([(TASK, encode(MoveTask(relation, task.successor, True)))])
    organisation.vault.outbox.done([row])
    return "A relation that is offered was handed over."


def _post_copy(organisation: Organisation, task: MoveTask) -> None:
    """Seal the relation whole, with its keys, to the successor. Raises NotSettled, NoSuchMember, UnknownSealKey."""
    relation, root = task.relation, None
    copy: bytes | None = None
    held = records.relation(organisation.ledger.view(), relation)
    if held is not None:
        root = held.root
        copy = encode(organisation.vault.copy_out(for_custody(organisation, relation, task.successor)))
    body = HandedOver(
        relation,
        organisation.account,
        task.successor,
        root,
        copy,
        _tasks(organisation, relation),
        _notes(organisation, relation),
    )
    organisation.exchange.post(
        task.successor, COPY, sealed_to(organisation, COPY, relation, root, task.successor, body)
    )


def _give_up(organisation: Organisation, row: int, task: MoveTask) -> str:
    """Destroy what is here once the custodian of now has anchored what it took over."""
    state, relation, vault = organisation.ledger.view(), task.relation, organisation.vault
    held, root = records.relation(state, relation), _own_root(organisation, relation)
    here = relation in vault.relations()
    if here and (root is None or held is None or held.root == root):
        return ""  # not taken over yet
    if not here and held is not None:  # destroyed before, and another task of it is left; or lost with a backup
        vault.outbox.done([row])
        return ""
    _take_letters(organisation, relation)
    _finish_work(organisation, relation)
    tasks = [(END, encode(_last_word(organisation, task, root)))]
    rows = [row, *(one.id for one in vault.outbox.next(MAX_TASKS) if of_relation(one.kind, one.body, relation))]
    if here:
        vault.surrender(relation, tasks, rows)
    else:  # nothing ever lay here
        vault.outbox.put(tasks)
        vault.outbox.done(rows)
    return ""


def _own_root(organisation: Organisation, relation: bytes) -> bytes | None:
    """Return the newest root that this vault anchored, None where nothing lies here."""
    try:
        return organisation.vault.anchors.opening(relation).root
    except (NoSuchRelation, NoSuchOpening):
        return None


def _take_letters(organisation: Organisation, relation: bytes) -> None:
    """Open the petitions that came while the relation was here, and were sealed to nobody else."""
    for letter in organisation.exchange.inbox(organisation.account):
        if letter.kind == "petition":
            with suppress(Refusal):
                if decode(letter.body, PetitionLetter).relation == relation:
                    take_petition(organisation, letter.body)
                    organisation.exchange.done(organisation.account, letter.name)


def _finish_work(organisation: Organisation, relation: bytes) -> None:
    """Deliver or withhold the releases, and close the sessions, of the time as custodian."""
    for _, release in release_tasks(organisation):
        if release.relation == relation:
            try:
                deliver(organisation, release)
            except Refusal:
                drop_task(organisation, release.release)
    for session in open_tasks(organisation):
        if session.relation == relation:
            with suppress(Refusal):  # it stays in the outbox, and so does its log
                close_session(organisation, session.session)


def _last_word(organisation: Organisation, task: MoveTask, root: bytes | None) -> EndTask:
    """Return what came after the copy, sealed, with the receipt of the destruction that is about to be done."""
    network, relation = organisation.network, task.relation
    said = Surrendered(relation, organisation.account, task.successor, root, organisation.ledger.now(), os.urandom(32))
    receipt = sign("receipt", network, said, organisation.gateway)
    reads = tuple(_later_reads(organisation, task))
    tasks, notes = _tasks(organisation, relation), _notes(organisation, relation)
    word = LastWord(relation, organisation.account, root, reads, tasks, notes, receipt)
    letter = sealed_to(organisation, LAST_WORD, relation, None, task.successor, word)
    return EndTask(relation, task.successor, letter, receipt)


def _later_reads(organisation: Organisation, task: MoveTask) -> Iterator[bytes]:
    """Yield the entries of the access log that were not anchored while the relation was here."""
    try:
        size = organisation.vault.anchors.opening(task.relation).opening.access_size
        entries = organisation.vault.access_entries(for_custody(organisation, task.relation, task.successor))
    except (NoSuchRelation, NoSuchOpening):
        return
    yield from (entry for _, entry in entries[size:])


def _tasks(organisation: Organisation, relation: bytes) -> Tasks:
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return tuple((row.kind, row.body) for row in rows if of_relation(row.kind, row.body, relation))


def _notes(organisation: Organisation, relation: bytes) -> Notes:
    shared, scope = organisation.vault.shared, own_shared(organisation)
    names = [name for name in shared.names(scope, DEATHS) if name.startswith(relation.hex() + "/")]
    return tuple((DEATHS, name, shared.get(scope, DEATHS, name)[1]) for name in names)


def _end(organisation: Organisation, task: EndTask) -> None:
    name = f"{task.relation.hex()}/{task.successor.hex()}"
    kept = SharedResource(SURRENDERED, name, task.receipt, "application/cose")
    organisation.vault.shared.put([kept])
    organisation.exchange.post(task.successor, LAST_WORD, task.letter)
