"""Refusals of one entry about custody, after those of `entry_errors`. They are never raised: see the event."""

from salus.core.errors import Kind, Refusal


class NotOffered(Refusal):
    code, kind, text = 0x03B0, Kind.FORBIDDEN, "The custody of the relation is not offered, or not to this member."


class AlreadyOffered(Refusal):
    code, kind, text = 0x03B1, Kind.CONFLICT, "The custody of the relation is offered; withdraw the offer first."


class OtherRoot(Refusal):
    code, kind, text = 0x03B2, Kind.CONFLICT, "The relation has another root: something was anchored since."


class StillMerged(Refusal):
    code, kind, text = 0x03B3, Kind.CONFLICT, "The relation is merged with another of this custodian: unmerge it first."
