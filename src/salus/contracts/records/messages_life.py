"""Messages about the life of a relation: death and its reversal, closing, change of custody."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Digest, Id, Message

Relations = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1000)]
Held = tuple[Id, Digest | None]  # (relation, its current root, or null where nothing is anchored)
AllHeld = Annotated[tuple[Held, ...], Meta(min_length=1, max_length=1000)]


class RecordDeath(Message, frozen=True):
    """The person has died; by the custodian's gateway key. The time of death stays off the ledger."""

    custodian: Id
    relation: Id
    staff: Digest  # commitment of the member of staff who answers for it
    evidence: Digest  # T("death", salt, what the custodian keeps of it)


class ReverseDeath(Message, frozen=True):
    """The person lives: the death was recorded in error; by the custodian's gateway key."""

    custodian: Id
    relation: Id
    staff: Digest
    evidence: Digest  # T("death-reversed", salt, why)


class CloseRelation(Message, frozen=True):
    """Keep the relation and take in nothing new; by the custodian's gateway key."""

    custodian: Id
    relation: Id


class ReopenRelation(Message, frozen=True):
    """End the closing; by the custodian's gateway key."""

    custodian: Id
    relation: Id


class OfferCustody(Message, frozen=True):
    """Offer relations to another member; by the custodian's gateway key. Entries succeed or fail apart."""

    custodian: Id
    successor: Id
    relations: Relations


class WithdrawOffer(Message, frozen=True):
    """Take offers back that were not accepted; by the custodian's gateway key. Entries succeed or fail apart."""

    custodian: Id
    relations: Relations


class AcceptCustody(Message, frozen=True):
    """Become the custodian of relations offered; by the successor's gateway key. Entries succeed or fail apart.

    Who accepts names the root up to which it was handed everything.
    """

    successor: Id
    entries: AllHeld


class TakeOverCustody(Message, frozen=True):
    """Become the custodian of relations of a member whose successor the members made; by its gateway key.

    For a member that can no longer sign. Entries succeed or fail apart.
    """

    successor: Id
    former: Id
    entries: AllHeld


MESSAGES: dict[int, type[Message]] = {
    0x0310: RecordDeath,
    0x0311: ReverseDeath,
    0x0312: CloseRelation,
    0x0313: ReopenRelation,
    0x0314: OfferCustody,
    0x0315: WithdrawOffer,
    0x0316: AcceptCustody,
    0x0317: TakeOverCustody,
}
