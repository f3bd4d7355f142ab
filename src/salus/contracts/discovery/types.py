"""What the discovery contract stores."""

from salus.core.types import Count, Digest, Id, Message, Time


class Answered(Message, frozen=True):
    """A look-up that was answered, which consumes it; kept until its ticket is over. The log has the rest."""

    answerer: Id
    time: Time
    not_after: Time  # of the look-up
    relation: Id | None  # that was handed over: the requester compares it with what it got


class Asked(Message, frozen=True):
    """How many look-ups of one requester were answered in one hour."""

    count: Count  # never 0


class LocatorKey(Message, frozen=True):
    """The epoch of a group's locator tokens."""

    epoch: Count  # from 1
    check: Digest
    member: Id  # that announced it
    announced: Time
