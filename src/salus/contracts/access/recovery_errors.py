"""Refusals that a recovery brings about; the README has their order among the others."""

from salus.core.errors import Kind, Refusal


class PermitSuspended(Refusal):
    code, kind, text = 0x053B, Kind.CONFLICT, "The directive is suspended until the person reaffirms it."


class AccountBarred(Refusal):
    code, kind, text = 0x053C, Kind.FORBIDDEN, "The person's account is frozen or being recovered."
