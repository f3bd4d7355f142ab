"""What records needs of other contracts, and no more."""

from typing import Protocol

from salus.contracts.context import Authority, Context, Signer
from salus.policy.types import Power
from salus.state.overlay import Overlay, Reader

MAX_MERGED = 40  # numbers of governed parameters
APPROVAL_WINDOW_MS = 41


class Key(Protocol):
    """A listed key."""

    @property
    def public(self) -> bytes: ...

    @property
    def role(self) -> int: ...


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

    def staff_attested(self, state: Reader, organisation: bytes, commitment: bytes, time: int, /) -> bool:
        """True if the organisation attests the member of staff at `time`."""
        ...

    def account_of_key(self, state: Reader, key: bytes, /) -> bytes | None:
        """Return the one account that lists or listed the key."""
        ...

    def live_key(self, state: Reader, account: bytes, key: bytes, time: int, /) -> Key | None:
        """Return the key if it is in force at `time`."""
        ...

    def barred(self, state: Reader, handle: bytes, time: int, /) -> bool:
        """True while the account is frozen, or a recovery of it is pending."""
        ...


class Governance(Protocol):
    """Answered by the governance contract."""

    def parameter(self, state: Reader, number: int, /) -> int:
        """Return the value in force."""
        ...

    def is_active(self, state: Reader, member: bytes, /) -> bool:
        """True if the organisation votes, submits and opens accounts."""
        ...

    def may_hold(self, state: Reader, member: bytes, time: int, /) -> bool:
        """True if the organisation is an active member and not suspended as custodian."""
        ...


class HandOver(Protocol):
    """The accounts contract's `for_records.hand_over`."""

    def __call__(self, state: Overlay, relation: bytes, custodian: bytes, /) -> None:
        """Make `custodian` the one that holds the relation."""
        ...


class Lapse(Protocol):
    """The consent contract's `lapse.lapse_at_transfer`."""

    def __call__(self, ctx: Context, relation: bytes, /) -> None:
        """End what the former custodian granted of its own; what it acknowledged waits for the new one."""
        ...


class SuccessorOf(Protocol):
    """The governance contract's `queries.successor_of`."""

    def __call__(self, state: Reader, member: bytes, /) -> bytes | None:
        """Return the member that took over by vote, None where the other still answers for what it keeps."""
        ...
