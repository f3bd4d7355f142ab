"""Events of the records contract: leaves of the audit log."""

from typing import ClassVar

from salus.contracts.records.events_life import EVENTS as OF_LIFE
from salus.core.types import Count, Digest, Id, Message, Small

Anchored = tuple[Id, Digest, Count, Small]  # (relation, root, its seq or 0, 0 or a code of entry_errors)


class RelationsAnchored(Message, frozen=True):
    """What became of each entry, in the order of the message."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("custodian",)

    custodian: Id
    entries: tuple[Anchored, ...]


class PetitionMade(Message, frozen=True):
    """A person wishes something of the custodian."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    petition: Id
    capacity: Small
    kind: Small
    commitment: Digest


class PetitionAnswered(Message, frozen=True):
    """The custodian did, refused or deferred it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    petition: Id
    kind: Small
    outcome: Small
    ground: Small
    receipt: Digest


class HoldPlaced(Message, frozen=True):
    """From here on nothing of the relation may be destroyed."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    hold: Id
    commitment: Digest


class HoldLifted(Message, frozen=True):
    """A hold ended; others may stand."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    hold: Id


class RelationRestricted(Message, frozen=True):
    """The relation is kept and not used, or used again."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    restricted: bool


EVENTS: dict[int, type[Message]] = {
    0x0301: RelationsAnchored,
    0x0302: PetitionMade,
    0x0303: PetitionAnswered,
    0x0304: HoldPlaced,
    0x0305: HoldLifted,
    0x0306: RelationRestricted,
    **OF_LIFE,
}
