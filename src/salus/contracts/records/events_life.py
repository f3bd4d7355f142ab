"""Events about the life of a relation."""

from typing import ClassVar

from salus.core.types import Digest, Id, Message, Small


class DeathRecorded(Message, frozen=True):
    """From here on the person's own word and keys do nothing."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    staff: Digest
    evidence: Digest


class DeathReversed(Message, frozen=True):
    """It had been recorded in error; everything is as it was."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id
    staff: Digest
    evidence: Digest


class RelationClosed(Message, frozen=True):
    """The relation is kept; nothing new is taken in."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id


class RelationReopened(Message, frozen=True):
    """The closing ended."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id


class CustodyOffered(Message, frozen=True):
    """Another member may become the custodian."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian", "successor")

    relation: Id
    custodian: Id
    successor: Id


class OfferWithdrawn(Message, frozen=True):
    """It may no longer."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian", "successor")

    relation: Id
    custodian: Id
    successor: Id


class CustodyTransferred(Message, frozen=True):
    """Another member is the custodian.

    What was a custodian's own grant has ended; each directive with a sealed part waits for the new custodian.
    """

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian", "former")

    relation: Id
    custodian: Id  # from here on
    former: Id
    root: Digest | None  # up to which it was handed everything
    by_vote: bool  # the members made it the successor of one that could not sign


class CustodyRefused(Message, frozen=True):
    """Entries of a message about custody that were refused, in its order."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id  # whose message it was
    entries: tuple[tuple[Id, Small], ...]  # (relation, code of entry_errors or custody_errors)


EVENTS: dict[int, type[Message]] = {
    0x0310: DeathRecorded,
    0x0311: DeathReversed,
    0x0312: RelationClosed,
    0x0313: RelationReopened,
    0x0314: CustodyOffered,
    0x0315: OfferWithdrawn,
    0x0316: CustodyTransferred,
    0x0317: CustodyRefused,
}
