"""Events of the discovery contract: leaves of the audit log, from which accounting is made."""

from typing import ClassVar

from salus.core.types import Count, Digest, Id, Message, Small


class RelationLocated(Message, frozen=True):
    """Somebody was told that the relation's person is a patient there; who was looked for, stands nowhere."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "requester", "answerer")

    relation: Id
    requester: Id
    answerer: Id  # the relation's custodian, or a locator
    lookup: Id
    query: Digest
    purpose: Small
    staff: Digest
    seal_key: Digest
    group: Id | None  # of a locator


class NothingLocated(Message, frozen=True):
    """A look-up was answered by nothing; it counts all the same."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("requester", "answerer")

    requester: Id
    answerer: Id
    lookup: Id
    query: Digest
    purpose: Small
    staff: Digest
    group: Id | None


class LocatorKeyAnnounced(Message, frozen=True):
    """A group began an epoch of its locator tokens."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    group: Id
    epoch: Count
    check: Digest


EVENTS: dict[int, type[Message]] = {
    0x0701: RelationLocated,
    0x0702: NothingLocated,
    0x0703: LocatorKeyAnnounced,
}
