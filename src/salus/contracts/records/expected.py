"""What records needs of other contracts, and no more."""

from typing import Protocol

from salus.contracts.context import Authority, Signer
from salus.policy.types import Power
from salus.state.overlay import Reader


class Accounts(Protocol):
    """Answered by the accounts contract."""

    def custodian_of(self, state: Reader, handle: bytes, /) -> bytes | None:
        """Return the organisation that holds the relation, None where there is no such relation."""
        ...

    def authority(
        self,
        state: Reader,
        relation: bytes,
        signers: tuple[Signer, ...],
        capacity: int,
        time: int,
        power: Power,
        purposes: tuple[int, ...],
        /,
    ) -> Authority | None:
        """Return how a signer may do this for the person in this capacity at `time`, None where it may not."""
        ...


class Governance(Protocol):
    """Answered by the governance contract."""

    def may_hold(self, state: Reader, member: bytes, time: int, /) -> bool:
        """True if the organisation is an active member and not suspended as custodian."""
        ...
