"""Messages of the discovery contract."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Id, Message

SignedBytes = Annotated[bytes, Meta(max_length=1024)]


class RecordLocate(Message, frozen=True):
    """Commit to the answer of a look-up before it leaves; by the gateway key of who was asked.

    One look-up hands over one relation at most: two in one entry would link them for ever.
    """

    answerer: Id
    lookup: SignedBytes  # COSE_Sign, kind look-up
    relation: Id | None  # that is handed over; null: nothing was found, or nothing that may be told


class AnnounceLocatorKey(Message, frozen=True):
    """Begin an epoch: from now on a group makes its locator tokens under another key; by a member's gateway key."""

    member: Id
    group: Id
    epoch: Count  # the one after the last; the first is 1
    check: Digest  # comes of the key one way, so that a false key is noticed


MESSAGES: dict[int, type[Message]] = {
    0x0701: RecordLocate,
    0x0702: AnnounceLocatorKey,
}
