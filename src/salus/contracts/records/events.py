"""Events of the records contract: leaves of the audit log."""

from typing import ClassVar

from salus.core.types import Count, Digest, Id, Message, Small

Anchored = tuple[Id, Digest, Count, Small]  # (relation, root, its seq or 0, 0 or a code of entry_errors)


class RelationsAnchored(Message, frozen=True):
    """What became of each entry, in the order of the message."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("custodian",)

    custodian: Id
    entries: tuple[Anchored, ...]


EVENTS: dict[int, type[Message]] = {0x0301: RelationsAnchored}
