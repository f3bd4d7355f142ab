"""What the access contract stores."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.types import Digest, Id, Message, Time


class Outcome(IntEnum):
    """What became of a request."""

    RELEASED = 1
    REFUSED = 2


class Answer(Message, frozen=True):
    """The one answer to a request, which consumes it; its id is the request's. The log has the rest."""

    outcome: Annotated[int, Meta(ge=1, le=2)]
    recipient: Id
    answered: Time
    leaves: Digest | None  # of a release
    deliver_by: Time | None  # of a release
    acknowledged: Time | None
