"""The deed of an emergency in an outage, as it waits in the outbox."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Digest, Height, Id, Message, Small, Time

DEFERRED = "deferred"  # kind of the outbox
MAX_TASKS = 1 << 20


class DeferredTask(Message, frozen=True):
    """A deed that the ledger does not hold yet."""

    relation: Id
    task: Annotated[bytes, Meta(max_length=4 * 1024 * 1024)]  # encoded commit_release.ReleaseTask
    occurred: Time
    outage: tuple[Height, Time]  # the last verified state: height, and up to when it was known to be the newest
    recipient: Id
    root: Digest  # of the relation
    posted: bool  # it is certain that the data has left
    refused: Small  # code with which the ledger refused it last; 0: it has not
