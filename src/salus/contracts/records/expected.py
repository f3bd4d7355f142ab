"""What records needs of other contracts, and no more."""

from typing import Protocol

from salus.state.overlay import Reader


class Accounts(Protocol):
    """Answered by the accounts contract."""

    def custodian_of(self, state: Reader, handle: bytes, /) -> bytes | None:
        """Return the organisation that holds the relation, None where there is no such relation."""
        ...


class Governance(Protocol):
    """Answered by the governance contract."""

    def may_hold(self, state: Reader, member: bytes, /) -> bool:
        """True if the organisation is an active member and not suspended as custodian."""
        ...
