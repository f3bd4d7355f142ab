"""Who calls: an account of the ledger, by the key that signed the request."""

from typing import NamedTuple

from salus.core.keys import Role


class Caller(NamedTuple):
    """An account whose live key signed this very request. An organisation's has `role` gateway or administration."""

    account: bytes
    key: bytes  # id
    role: Role
    organisation: bool
    member: bool  # an organisation that is an active member
