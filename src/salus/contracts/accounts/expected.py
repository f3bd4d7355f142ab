"""What accounts needs of other contracts, and no more."""

from typing import Protocol

from salus.contracts.context import Context
from salus.state.overlay import Reader

# Numbers of governance's parameters.
CLAIM_DELAY_MS = 3
MAX_KEYS = 8
RECOVERY_DELAY_MS = 20
CONTESTED_DELAY_MS = 21
RECENT_CHANGE_MS = 22
VETO_PERIOD_MS = 23


class Governance(Protocol):
    """Answered by the governance contract."""

    def is_active(self, state: Reader, organisation: bytes, /) -> bool: ...

    def is_serving(self, state: Reader, organisation: bytes, /) -> bool:
        """True if the member acts for the patients it has: active or winding down, suspended or not."""
        ...

    def may_hold(self, state: Reader, organisation: bytes, time: int, /) -> bool:
        """True if it may take in what is new as a custodian."""
        ...

    def parameter(self, state: Reader, number: int, /) -> int: ...


class Consents(Protocol):
    """Answered by the consent contract."""

    def lapse_custodial_permits(self, ctx: Context, relation: bytes, /) -> None:
        """End the permits that the custodian granted for the relation; denies stay."""
        ...

    def suspend_since(self, ctx: Context, relation: bytes, since: int, /) -> None:
        """Suspend the permits granted at `since` or later; denies stay."""
        ...
