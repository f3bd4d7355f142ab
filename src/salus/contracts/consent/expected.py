"""What consent needs of other contracts, and no more."""

from typing import Protocol

from salus.contracts.context import Authority, Signer
from salus.core.genesis import Purpose
from salus.policy.policies import PolicySet
from salus.policy.types import Power
from salus.state.overlay import Reader

MAX_ACTIVE_PERMITS = 5  # number of the governed parameter


class Profile(Protocol):
    """An organisation's public profile."""

    @property
    def realm(self) -> str: ...

    @property
    def roles(self) -> tuple[int, ...]: ...


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

    def roles(self, state: Reader, organisation: bytes, /) -> tuple[int, ...]:
        """Return the roles of an organisation; empty where there is no such organisation."""
        ...

    def organisation(self, state: Reader, account: bytes, /) -> Profile | None:
        """Return the profile, None where there is no such organisation."""
        ...

    def staff_attested(self, state: Reader, organisation: bytes, commitment: bytes, time: int, /) -> bool:
        """True if the organisation attests the member of staff at `time`."""
        ...


class PolicySets(Protocol):
    """Answered by the governance contract."""

    def policy_set(self, state: Reader, policy_set: bytes, /) -> tuple[int, PolicySet] | None:
        """Return (version, body), None where there is no such set."""
        ...


class Governance(PolicySets, Protocol):
    """Answered by the governance contract."""

    def parameter(self, state: Reader, number: int, /) -> int:
        """Return the value in force."""
        ...

    def purpose(self, state: Reader, number: int, /) -> Purpose | None:
        """Return the row of the governed table."""
        ...

    def group(self, state: Reader, group: bytes, /) -> object | None:
        """Return the group, None where there is no such group."""
        ...

    def in_group(self, state: Reader, group: bytes, organisation: bytes, /) -> bool:
        """True if the organisation is in the group now."""
        ...

    def is_active(self, state: Reader, organisation: bytes, /) -> bool:
        """True if the organisation is an active member."""
        ...
