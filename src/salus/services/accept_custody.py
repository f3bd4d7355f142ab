"""Accept custody: become the custodian of relations that were offered, or that the members made this one take over.

A copy is proved to be what the ledger commits to before it is accepted, and taken in after. The letter stays until
that is done, so that a crash between costs nothing. Each relation is accepted, or not, by itself.
"""

from collections.abc import Container, Iterable
from contextlib import suppress
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import AckDirective
from salus.contracts.governance import queries as governance
from salus.contracts.records import queries as records
from salus.contracts.records.messages_life import AcceptCustody, TakeOverCustody
from salus.core.encoding import decode
from salus.core.errors import Kind, Malformed, Refusal
from salus.core.types import Message
from salus.policy.types import Directive, Status, sealed_commitment
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.authorise import for_decision
from salus.services.commit_release import MAX_TASKS
from salus.services.custody_letters import COPY, HandedOver, Notes, Tasks, open_letter, relation_of
from salus.services.death import DeathNote, note_resource
from salus.services.errors import NotOffered
from salus.services.hand_over import hand_over
from salus.services.moved import of_relation
from salus.services.objects import SealedPartOpening
from salus.services.offer_custody import MAX_ENTRIES, Custody, send_each
from salus.services.ports import Letter
from salus.state.overlay import Reader
from salus.vault.custody import RelationCopy
from salus.vault.errors import RelationKept


class OfferView(NamedTuple):
    """A relation that this organisation may take over; its letter is here."""

    relation: bytes
    former: bytes
    by_vote: bool


def list_offers(organisation: Organisation) -> tuple[OfferView, ...]:
    """Return what may be accepted now, sorted by relation."""
    state = organisation.ledger.view()
    found = {}
    for relation, _ in _letters(organisation):
        by_vote = _ground(state, organisation.account, relation)
        if by_vote is not None:
            found[relation] = OfferView(relation, accounts.custodian_of(state, relation) or b"", by_vote)
    return tuple(found[relation] for relation in sorted(found))


def accept_custody(organisation: Organisation, relations: Container[bytes] | None = None) -> Custody:
    """Accept what was offered, all of it or these relations; anchor it anew and acknowledge its directives.

    Raises the contract's refusals of a whole message.
    """
    hand_over(organisation)  # what was given up before and comes back must be gone first
    state = organisation.ledger.view()
    sound: dict[bytes, tuple[bytes | None, bytes, bool]] = {}  # relation -> (root, former, by vote)
    refused: dict[bytes, int] = {}
    for relation, letter in _letters(organisation):
        by_vote = _ground(state, organisation.account, relation)
        if by_vote is None or (relations is not None and relation not in relations):
            continue
        try:
            handed = _handed(organisation, state, relation, letter)
            _take(organisation, handed, keep=False)
        except Refusal as refusal:
            refused[relation] = refusal.code
        else:
            sound[relation] = (handed.root, handed.former, by_vote)
    refused = {relation: code for relation, code in refused.items() if relation not in sound}
    refused |= send_each(organisation, list(_messages(organisation, sound)))
    finish_custody(organisation)
    done = tuple(relation for relation in sorted(sound) if relation not in refused)
    return Custody(done, tuple(sorted(refused.items())))


def finish_custody(organisation: Organisation) -> int:
    """Take in what is this organisation's by the ledger and lies in its inbox; return how many relations.

    A letter goes when its relation is anchored anew, by which the former custodian knows that it can destroy its own.
    """
    state, taken, dealt = organisation.ledger.view(), 0, list[str]()
    for relation, letter in _letters(organisation):
        if accounts.custodian_of(state, relation) != organisation.account:
            if _ground(state, organisation.account, relation) is None:
                dealt.append(letter.name)  # the offer was taken back
            continue
        try:
            _settle(organisation, _handed(organisation, state, relation, letter))
        except Refusal as refusal:
            if refusal.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED) or relation not in organisation.vault.relations():
                continue  # later
        else:
            taken += 1
        dealt.append(letter.name)
    if taken:
        try:
            anchor(organisation)
        except Refusal:  # suspended since: the letters stay, and with them the former custodian's copy
            return taken
    for name in dealt:
        organisation.exchange.done(organisation.account, name)
    return taken


def put_moved(organisation: Organisation, relation: bytes, tasks: Tasks, notes: Notes) -> None:
    """Take over what waits for the custodian of the relation; again it changes nothing."""
    known = {(row.kind, row.body) for row in organisation.vault.outbox.next(MAX_TASKS)}
    fresh = [task for task in tasks if of_relation(*task, relation) and task not in known]
    organisation.vault.outbox.put(fresh)
    found = [decode(octets, DeathNote) for _, _, octets in notes]
    organisation.vault.shared.put(
        note_resource(organisation.network, note) for note in found if note.relation == relation
    )


def _letters(organisation: Organisation) -> list[tuple[bytes, Letter]]:
    """Return (relation, letter) of the copies in the inbox, oldest first; one that is none is removed."""
    found = []
    for letter in organisation.exchange.inbox(organisation.account):
        if letter.kind == COPY:
            try:
                found.append((relation_of(letter.body), letter))
            except Malformed:
                organisation.exchange.done(organisation.account, letter.name)
    return found


def _ground(state: Reader, account: bytes, relation: bytes) -> bool | None:
    """Return False where it is offered to the account, True where a vote made it the successor, None for neither."""
    offer, custodian = records.offer(state, relation), accounts.custodian_of(state, relation)
    if offer is not None and offer.successor == account:
        return False
    return True if custodian is not None and governance.successor_of(state, custodian) == account else None


def _handed(organisation: Organisation, state: Reader, relation: bytes, letter: Letter) -> HandedOver:
    """Return what a letter hands over, as of the root that the ledger holds. Raises as `open_letter`."""
    held = records.relation(state, relation)
    root = None if held is None else held.root
    opened = open_letter(organisation, COPY, root, letter.body)
    handed = decode(opened.octets, HandedOver)
    said = (handed.relation, handed.former, handed.successor, handed.root)
    if said != (relation, opened.sender, organisation.account, root) or (handed.copy is None) != (root is None):
        raise NotOffered
    return handed


def _take(organisation: Organisation, handed: HandedOver, *, keep: bool) -> None:
    """Prove the copy, and store it. Raises Malformed, NotOffered, RelationKept, CopyDamaged."""
    if handed.copy is None or handed.root is None:
        return
    copy = decode(handed.copy, RelationCopy)
    if copy.relation != handed.relation:
        raise NotOffered
    organisation.vault.take_in(copy, handed.root, keep=keep)


def _messages(organisation: Organisation, sound: dict[bytes, tuple[bytes | None, bytes, bool]]) -> Iterable[Message]:
    """Yield the messages that accept what was proved, as few as may be."""
    groups: dict[tuple[bool, bytes], list[tuple[bytes, bytes | None]]] = {}
    for relation, (root, former, by_vote) in sorted(sound.items()):
        groups.setdefault((by_vote, former if by_vote else b""), []).append((relation, root))
    for (by_vote, former), entries in groups.items():
        for at in range(0, len(entries), MAX_ENTRIES):
            part = tuple(entries[at : at + MAX_ENTRIES])
            if by_vote:
                yield TakeOverCustody(organisation.account, former, part)
            else:
                yield AcceptCustody(organisation.account, part)


def _settle(organisation: Organisation, handed: HandedOver) -> None:
    """Store the copy unless it is here, what waits, and acknowledge what the person said to the custodian before."""
    with suppress(RelationKept):  # a crash came after it
        _take(organisation, handed, keep=True)
    put_moved(organisation, handed.relation, handed.tasks, handed.notes)
    _acknowledge(organisation, handed.relation)
    if handed.copy is not None:
        organisation.vault.anchors.decoy(handed.relation)


def _acknowledge(organisation: Organisation, relation: bytes) -> None:
    """Acknowledge each directive whose sealed part is here and opens."""
    parts = organisation.vault.directives.of(for_decision(organisation, relation))
    for directive in consent.directives(organisation.ledger.view(), relation):
        if directive.status == Status.UNACKNOWLEDGED and _opens(organisation.network, directive, parts):
            try:
                organisation.send(AckDirective(organisation.account, relation, directive.id))
            except Refusal:
                continue  # it ended, or is revoked by now


def _opens(network: bytes, directive: Directive, parts: dict[bytes, bytes]) -> bool:
    raw = parts.get(directive.id)
    if raw is None:
        return False
    try:
        opening = decode(raw, SealedPartOpening)
    except Malformed:
        return False
    named = (network, directive.relation, directive.id, directive.version)
    return sealed_commitment(*named, opening.salt, opening.body) == directive.sealed
