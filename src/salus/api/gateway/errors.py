"""Refusals of the gateway's own operations."""

from salus.core.errors import Kind, Refusal


class NoSuchLine(Refusal):
    code, kind, text = 0x8041, Kind.NOT_FOUND, "The account of this relation has no such line."


class NoSuchAnswer(Refusal):
    code, kind, text = 0x8043, Kind.NOT_FOUND, "The ledger has no answer to such a request of this relation."
