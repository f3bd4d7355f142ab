"""What the access contract stores."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.types import Digest, Id, Message, Small, Time


class Outcome(IntEnum):
    """What became of a request; a push has an outcome and no request."""

    RELEASED = 1
    REFUSED = 2
    SESSION = 3
    BREAK_GLASS = 4
    PUSHED = 5
    DEFERRED = 6  # in an emergency, while the ledger could not commit
    SEALED = 7  # under an order that forbade notice; stands here once it is open
    BULK = 8  # one relation's part


class Answer(Message, frozen=True):
    """The one answer to a request, which consumes it; its id is the request's. The log has the rest."""

    outcome: Annotated[int, Meta(ge=1, le=8)]
    recipient: Id
    answered: Time
    leaves: Digest | None  # of a release; of a session its root, once it is closed
    deliver_by: Time | None  # of a release; of a session its end
    acknowledged: Time | None


Word = tuple[Small, Id, Small, Time]  # (core.glass.ReviewerKind, reviewer, Verdict, when)


class SealedOrder(Message, frozen=True):
    """An order that forbids notice. Whom it is about, only its opening tells."""

    issuer: Id
    commitment: Digest
    recorded: Time
    end: Time
    notice_until: Time


class SealedRelease(Message, frozen=True):
    """A release under such an order. Where `opened` is null after `notice_until`, everybody sees that it is due."""

    order: Id
    commitment: Digest
    recorded: Time
    notice_until: Time
    opened: Time | None


class Review(Message, frozen=True):
    """The review of a break-glass, deferred or not: open until two reviewers of different kinds have spoken."""

    requester: Id
    custodian: Id
    reason: Small  # core.glass
    opened: Time
    words: Annotated[tuple[Word, ...], Meta(max_length=2)]  # in the order they were said
    closed: Time | None


class Broken(Message, frozen=True):
    """An entry by requester, so that rates can be watched."""

    time: Time
