"""Refusals of the whole message, in order of precedence; those of an entry are in `entry_errors`."""

from salus.core.errors import Kind, Refusal


class NotTheGateway(Refusal):
    code, kind, text = 0x0301, Kind.FORBIDDEN, "No gateway key of the custodian signed."


class MayNotHold(Refusal):
    code, kind, text = 0x0302, Kind.FORBIDDEN, "The organisation is no active member, or is suspended as custodian."
