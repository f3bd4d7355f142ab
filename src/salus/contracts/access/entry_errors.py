"""Refusals of one entry of a bulk release that no other message has. Never raised: their codes stand in the event."""

from salus.core.errors import Kind, Refusal


class RelationRepeated(Refusal):
    code, kind, text = 0x0578, Kind.INVALID, "An earlier entry of the message names the same relation."
