"""What accounts answers to governance: see `salus.contracts.governance.expected.Accounts`."""

from salus.contracts.accounts.keeper import reserve_key
from salus.contracts.accounts.queries import account_of_key, administered, is_organisation

__all__ = ["account_of_key", "administered", "is_organisation", "reserve_key"]
