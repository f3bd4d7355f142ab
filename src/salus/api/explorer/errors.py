"""Refusals of the explorer, in order of precedence."""

from salus.core.errors import Kind, Refusal


class PortalNotBuilt(Refusal):
    code, kind, text = 0x8060, Kind.NOT_FOUND, "The portal is not built here: `make portal` builds it."


class TooManyWatchers(Refusal):
    code, kind, text = 0x8061, Kind.UNAVAILABLE, "As many watch this ledger as can. Ask for blocks instead."


class StillReading(Refusal):
    code, kind, text = 0x8062, Kind.UNAVAILABLE, "The ledger is still being read for this. Try again after a moment."


class NoSuchBlock(Refusal):
    code, kind, text = 0x8063, Kind.NOT_FOUND, "There is no block of this height."


class NoSuchEnvelope(Refusal):
    code, kind, text = 0x8064, Kind.NOT_FOUND, "No block that is kept here holds an envelope of this id."


class NoSuchMember(Refusal):
    code, kind, text = 0x8065, Kind.NOT_FOUND, "The ledger lists no member of this account."


class NoSuchPolicySet(Refusal):
    code, kind, text = 0x8066, Kind.NOT_FOUND, "The network has no policy set of this id and version."


class BeforeBeginning(Refusal):
    code, kind = 0x8067, Kind.GONE
    text = "The ledger here began with a state from another member, after this block: ask a member that has it."
