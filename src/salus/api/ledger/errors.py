"""Refusals of the ledger's endpoints."""

from salus.core.errors import Kind, Refusal


class NoSuchBlock(Refusal):
    code, kind, text = 0x8020, Kind.NOT_FOUND, "The ledger has no block of that height."


class NoSuchEntry(Refusal):
    code, kind, text = 0x8021, Kind.NOT_FOUND, "The log has no such entry, or never had that size."


class NoSuchBatch(Refusal):
    code, kind, text = 0x8022, Kind.NOT_FOUND, "No batch of that id came here lately."


class NothingPruned(Refusal):
    code, kind, text = 0x8023, Kind.NOT_FOUND, "Nothing is pruned here: the ledger begins with its genesis."


class NoSuchSnapshot(Refusal):
    code, kind, text = 0x8029, Kind.NOT_FOUND, "No such snapshot, or no such chunk of it, can be had here."


class NotReady(Refusal):
    code, kind, text = 0x8024, Kind.UNAVAILABLE, "The ledger follows its node no longer: see the log of the process."


class CatchingUp(Refusal):
    code, kind, text = 0x8025, Kind.UNAVAILABLE, "This node is catching up with the others. Try again later."


class StateOld(Refusal):
    code, kind = 0x8026, Kind.UNAVAILABLE
    text = "No block has come for so long that nothing is decided on the state here; it can still be read."
