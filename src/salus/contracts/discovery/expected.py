"""What discovery needs of other contracts, and no more."""

from typing import NamedTuple, Protocol

from salus.core.genesis import Purpose
from salus.policy.policies import PolicyInForce
from salus.state.overlay import Reader

LOOKUPS_PER_HOUR = 50  # numbers of governed parameters
LOOKUPS_PER_DAY = 51
LOOKUP_WINDOW_MS = 52
LOCATOR_EPOCH_MS = 53
TICKET_MS = 54


class Key(Protocol):
    """A listed key."""

    @property
    def public(self) -> bytes: ...

    @property
    def role(self) -> int: ...


class Accounts(Protocol):
    """Answered by the accounts contract."""

    def account_of_key(self, state: Reader, key: bytes, /) -> bytes | None:
        """Return the one account that lists or listed the key."""
        ...

    def live_key(self, state: Reader, account: bytes, key: bytes, time: int, /) -> Key | None:
        """Return the key if it is in force at `time`."""
        ...

    def custodian_of(self, state: Reader, handle: bytes, /) -> bytes | None:
        """Return the organisation that holds the relation, None where there is no such relation."""
        ...

    def roles(self, state: Reader, organisation: bytes, /) -> tuple[int, ...]: ...

    def staff_attested(self, state: Reader, organisation: bytes, commitment: bytes, time: int, /) -> bool: ...


class Governance(Protocol):
    """Answered by the governance contract."""

    def is_active(self, state: Reader, member: bytes, /) -> bool: ...

    def is_serving(self, state: Reader, member: bytes, /) -> bool: ...

    def may_receive(self, state: Reader, member: bytes, time: int, /) -> bool: ...

    def parameter(self, state: Reader, number: int, /) -> int: ...

    def purpose(self, state: Reader, number: int, /) -> Purpose | None: ...

    def in_group(self, state: Reader, group: bytes, organisation: bytes, /) -> bool: ...


class Records(Protocol):
    """Answered by the records contract."""

    def in_use(self, state: Reader, relation: bytes, /) -> bool:
        """True unless the relation is restricted or closed, or the person has died."""
        ...


class Consent(Protocol):
    """Answered by the consent contract."""

    def policy_of(self, state: Reader, relation: bytes, /) -> PolicyInForce: ...


class Sources(NamedTuple):
    """Whom the handlers ask."""

    accounts: Accounts
    governance: Governance
    records: Records
    consent: Consent
