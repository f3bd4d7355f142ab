"""Refusals of one entry, in order of precedence. They are never raised: their codes stand in the event."""

from salus.core.errors import Kind, Refusal


class DuplicateEntry(Refusal):
    code, kind, text = 0x0381, Kind.INVALID, "An earlier entry of the message names the same relation."


class NoSuchRelation(Refusal):
    code, kind, text = 0x0382, Kind.NOT_FOUND, "There is no such relation."


class NotTheCustodian(Refusal):
    code, kind, text = 0x0383, Kind.FORBIDDEN, "Another organisation holds the relation."


class StaleRoot(Refusal):
    code, kind, text = 0x0384, Kind.CONFLICT, "The entry replaces another root than the current one."


class RootReused(Refusal):
    code, kind, text = 0x0385, Kind.CONFLICT, "The root is the current one or the one before; a salt was used twice."


class UnderOffer(Refusal):
    code, kind, text = 0x03B8, Kind.CONFLICT, "The custody of the relation is offered: what was handed over must stay."
