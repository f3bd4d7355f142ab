"""What access needs of other contracts, and no more."""

from typing import Protocol

from salus.core.genesis import Purpose
from salus.policy.policies import Order, PolicyInForce
from salus.policy.types import Directive
from salus.state.overlay import Overlay, Reader

ANCHOR_GRACE_MS = 2  # numbers of governed parameters
REQUEST_WINDOW_MS = 6
SESSION_MS = 9
OUTAGE_MS = 45
DEFERRED_MS = 46
SILENCE_MS = 47
BULK_ENTRIES = 48


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

    def may_receive(self, state: Reader, member: bytes, /) -> bool: ...

    def may_hold(self, state: Reader, member: bytes, /) -> bool: ...

    def parameter(self, state: Reader, number: int, /) -> int: ...

    def purpose(self, state: Reader, number: int, /) -> Purpose | None: ...

    def purpose_implied_by(self, state: Reader, permitted: int, asked: int, /) -> bool: ...

    def in_group(self, state: Reader, group: bytes, organisation: bytes, /) -> bool: ...


class Records(Protocol):
    """Answered by the records contract."""

    def root_valid(self, state: Reader, relation: bytes, root: bytes, time: int, grace_ms: int, /) -> bool: ...

    def restricted(self, state: Reader, relation: bytes, /) -> bool:
        """True if the relation is kept and not used."""
        ...


class Consent(Protocol):
    """Answered by the consent contract."""

    def directive(self, state: Reader, relation: bytes, directive: bytes, /) -> Directive | None: ...

    def directives(self, state: Reader, relation: bytes, /) -> list[Directive]: ...

    def used(self, state: Reader, relation: bytes, chain: bytes, /) -> int: ...

    def policy_of(self, state: Reader, relation: bytes, /) -> PolicyInForce: ...

    def order(self, state: Reader, relation: bytes, order: bytes, /) -> Order | None: ...


class CountUse(Protocol):
    """The consent contract's `uses.count_use`."""

    def __call__(self, state: Overlay, directive: Directive, /) -> int: ...
