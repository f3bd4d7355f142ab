"""Messages of the records contract."""

from typing import Annotated

from msgspec import Meta

from salus.contracts.records.messages_life import MESSAGES as OF_LIFE
from salus.contracts.records.types import Kind
from salus.core.types import Digest, Id, Message, Small

Entry = tuple[Id, Digest | None, Digest]  # (relation, root it replaces or null for the first, new root)


class AnchorRelations(Message, frozen=True):
    """Replace the roots of many relations; by the custodian's gateway key.

    The one message whose entries succeed or fail apart: a stale entry is refused by itself, and the
    code of each stands in the event.
    """

    custodian: Id
    entries: Annotated[tuple[Entry, ...], Meta(min_length=1, max_length=1000)]  # relations distinct


class Petition(Message, frozen=True):
    """A person's wish about its records, signed for `relation` in `capacity`.

    The petition is T("petition", relation, nonce, index, 0). What it says goes to the custodian, sealed.
    """

    relation: Id
    capacity: Small
    kind: Kind
    commitment: Digest


class AnswerPetition(Message, frozen=True):
    """What the custodian did about a petition; by its gateway key. A deferred erasure is answered again."""

    custodian: Id
    relation: Id
    petition: Id
    outcome: Annotated[int, Meta(ge=1, le=3)]
    ground: Small
    receipt: Digest  # T("receipt", what the custodian signed), which holds a fresh salt


class PlaceHold(Message, frozen=True):
    """Bar destruction for a legal reason; by the custodian's gateway key. Reading goes on.

    The hold is T("hold", custodian, nonce, index, 0). Several may stand.
    """

    custodian: Id
    relation: Id
    commitment: Digest  # T("hold-reason", salt, reason)


class LiftHold(Message, frozen=True):
    """End a hold; by the custodian's gateway key."""

    custodian: Id
    relation: Id
    hold: Id


class RestrictRelation(Message, frozen=True):
    """Keep the relation and do not use it, or use it again; by the custodian's gateway key."""

    custodian: Id
    relation: Id
    restricted: bool


class MergeRelations(Message, frozen=True):
    """Note that two relations of the custodian are one person's; by its gateway key.

    With an approval of every side that the custodian does not act for itself: of the two, and of those that either
    is merged with already, since the denies of each hold for all.
    """

    custodian: Id
    one: Id  # the lower handle
    other: Id
    approvals: Annotated[tuple[Annotated[bytes, Meta(max_length=1024)], ...], Meta(max_length=64)]  # core.approval


class UnmergeRelations(Message, frozen=True):
    """End one merge; by either side in `capacity`, or by the custodian's gateway key."""

    by: Id  # one of the two relations, or their custodian
    capacity: Small
    one: Id
    other: Id


class MoveRecord(Message, frozen=True):
    """Note that a record of the relation was another person's, and let it be destroyed there; by the gateway key.

    The move is T("move", custodian, nonce, index, 0). Which record, and to whom it went, the ledger does not hold.
    """

    custodian: Id
    relation: Id
    receipt: Digest


MESSAGES: dict[int, type[Message]] = {
    0x0301: AnchorRelations,
    0x0302: Petition,
    0x0303: AnswerPetition,
    0x0304: PlaceHold,
    0x0305: LiftHold,
    0x0306: RestrictRelation,
    **OF_LIFE,
    0x0320: MergeRelations,
    0x0321: UnmergeRelations,
    0x0322: MoveRecord,
}
