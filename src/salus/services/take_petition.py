"""Take a petition in: what the letter holds must be what the ledger binds; it waits in the outbox for its answer."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from salus.contracts.records import queries as records
from salus.contracts.records.messages import Petition
from salus.contracts.records.types import PetitionKind
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, Refusal
from salus.core.types import Id, Message
from salus.policy.types import Capacity
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NoSuchPetition, NotCustodian, WrongOpening
from salus.services.petition import Petitioned, PetitionView, views
from salus.services.petition_letters import PetitionLetter, Wish, petition_info
from salus.services.typed import encode_typed

TASK = "petition"


class PetitionTask(Message, frozen=True):
    """A petition that waits for its answer."""

    relation: Id
    petition: Id
    wish: bytes  # encoded Wish


class Waiting(NamedTuple):
    """A petition in the outbox, by its row."""

    row: int
    relation: bytes
    petition: bytes
    wish: Wish

    def __repr__(self) -> str:
        return f"Waiting({self.petition.hex()})"


def take_petition(organisation: Organisation, raw: bytes) -> bytes:
    """Verify the petition in a letter and keep what it says; return its id. Doing it again changes nothing.

    In this order: form, custodian (now, or when it was made), a petition that is open on the ledger, seal, commitment,
    key for the answer. Raises Malformed, UnknownRelation, NotCustodian, NoSuchPetition, WrongSeal,
    WrongOpening.
    """
    network, state = organisation.network, organisation.ledger.view()
    letter = decode(raw, PetitionLetter)
    person = lookup.person(state, letter.relation)
    entry = records.petition(state, letter.relation, letter.petition)
    when = organisation.ledger.now() if entry is None else entry.made
    if not lookup.answered_for(state, letter.relation, organisation.account, when):
        raise NotCustodian
    if entry is None or not entry.open:
        raise NoSuchPetition
    wish = _opened(organisation.seal_key.open(petition_info(network, letter.petition), letter.sealed))
    if wish.commitment(network) != entry.commitment:
        raise WrongOpening
    key = wish.answer_key
    if key is None or person.seal_key is None or not lookup.names_seal_key(network, person.seal_key, key):
        raise WrongOpening
    if all(waiting.petition != letter.petition for waiting in waiting_petitions(organisation)):
        organisation.vault.outbox.put([task(letter.relation, letter.petition, wish)])
    return letter.petition


def petition_for(
    organisation: Organisation,
    relation: bytes,
    kind: PetitionKind,
    wanted: Sequence[bytes] = (),
    text: str = "",
    proposed: bytes | None = None,
) -> Petitioned:
    """Note the wish of a patient who has no wallet, on paper or at the desk; shown as the custodian's own act.

    What it says is in the outbox before the ledger knows of it. Raises Malformed, the contract's refusals: for a
    relation that its person has claimed, NotAuthorised.
    """
    wish = Wish(os.urandom(32), tuple(sorted(wanted)), text, proposed, None)
    encode_typed(wish)
    message = Petition(relation, int(Capacity.CUSTODIAN), int(kind), wish.commitment(organisation.network))
    built = organisation.build(message)
    made = built.created[0][0]
    organisation.vault.outbox.put([task(relation, made, wish)])
    try:
        landed = organisation.carrier.submit_now(built.raw)
    except Refusal:
        forget_settled(organisation)
        raise
    return Petitioned(made, relation, kind, landed.height)


def forget_settled(organisation: Organisation) -> None:
    """Remove what was said in petitions that the ledger does not have, or that are done or refused."""
    state, gone = organisation.ledger.view(), list[int]()
    for waiting in waiting_petitions(organisation):
        entry = records.petition(state, waiting.relation, waiting.petition)
        if entry is None or not entry.open:
            gone.append(waiting.row)
    organisation.vault.outbox.done(gone)


def _opened(raw: bytes) -> Wish:
    try:
        return decode(raw, Wish)
    except Malformed:
        raise WrongOpening from None


def task(relation: bytes, petition: bytes, wish: Wish) -> tuple[str, bytes]:
    """Return the outbox task of a petition that waits."""
    return TASK, encode(PetitionTask(relation, petition, encode(wish)))


def waiting_petitions(organisation: Organisation) -> list[Waiting]:
    """Return the petitions that wait for their answer or its ground to end, oldest first."""
    rows = [row for row in organisation.vault.outbox.next(MAX_TASKS) if row.kind == TASK]
    decoded = [(row.id, decode(row.body, PetitionTask)) for row in rows]
    return [Waiting(row, one.relation, one.petition, decode(one.wish, Wish)) for row, one in decoded]


def find_waiting(organisation: Organisation, petition: bytes) -> Waiting:
    """Return a petition that waits; raise NoSuchPetition."""
    for waiting in waiting_petitions(organisation):
        if waiting.petition == petition:
            return waiting
    raise NoSuchPetition


def list_open(organisation: Organisation) -> tuple[PetitionView, ...]:
    """Return every open petition to the custodian, oldest first, also those whose words have not come."""
    words = {waiting.petition: waiting.wish for waiting in waiting_petitions(organisation)}
    found = [
        view
        for relation in organisation.vault.relations()
        for view in views(organisation.ledger, relation, words)
        if view.entry.open
    ]
    return tuple(sorted(found, key=lambda view: (view.entry.made, view.petition)))
