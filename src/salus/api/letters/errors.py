"""Refusals of letters."""

from salus.core.errors import Kind, Refusal


class NoInboxes(Refusal):
    code, kind, text = 0x8038, Kind.NOT_FOUND, "No letters are kept here."


class StillBehind(Refusal):
    code, kind = 0x8039, Kind.UNAVAILABLE
    text = "This server has not seen the ledger as far as the sender has. Try again after a moment."


class OthersInbox(Refusal):
    code, kind, text = 0x803A, Kind.FORBIDDEN, "An inbox is its owner's alone."
