"""Messages of the records contract."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Digest, Id, Message

Entry = tuple[Id, Digest | None, Digest]  # (relation, root it replaces or null for the first, new root)


class AnchorRelations(Message, frozen=True):
    """Replace the roots of many relations; by the custodian's gateway key.

    The one message whose entries succeed or fail apart: a stale entry is refused by itself, and the
    code of each stands in the event.
    """

    custodian: Id
    entries: Annotated[tuple[Entry, ...], Meta(min_length=1, max_length=1000)]  # relations distinct


MESSAGES: dict[int, type[Message]] = {0x0301: AnchorRelations}
