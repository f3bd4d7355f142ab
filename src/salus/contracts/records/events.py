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


class RelationsMerged(Message, frozen=True):
    """Two relations are one person's from here on: what one denies holds for both, a permit for its own alone."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "other", "custodian")

    relation: Id
    other: Id
    custodian: Id
    approvals: tuple[Id, ...]  # of the sides that the custodian did not act for, by core.approval's id


class RelationsUnmerged(Message, frozen=True):
    """A merge ended: each relation is decided on as before it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "other", "custodian")

    relation: Id
    other: Id
    custodian: Id
    by: Id


class RecordMoved(Message, frozen=True):
    """A record was filed under the wrong person: it is destroyed here."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    move: Id
    receipt: Digest


EVENTS: dict[int, type[Message]] = {
    0x0301: RelationsAnchored,
    0x0302: PetitionMade,
    0x0303: PetitionAnswered,
    0x0304: HoldPlaced,
    0x0305: HoldLifted,
    0x0306: RelationRestricted,
    **OF_LIFE,
    0x0320: RelationsMerged,
    0x0321: RelationsUnmerged,
    0x0322: RecordMoved,
}
