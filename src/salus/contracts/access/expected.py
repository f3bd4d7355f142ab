"""What access needs of other contracts, and no more."""

from typing import Protocol

from salus.contracts.context import Authority, Signer
from salus.core.genesis import Purpose
from salus.policy.policies import Order, PolicyInForce
from salus.policy.types import Directive, Power
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

    def barred(self, state: Reader, handle: bytes, time: int, /) -> bool:
        """True if the person's account is frozen or being recovered."""
        ...

    def custodian_of(self, state: Reader, handle: bytes, /) -> bytes | None:
        """Return the organisation that holds the relation, None where there is no such relation."""
        ...

    def roles(self, state: Reader, organisation: bytes, /) -> tuple[int, ...]: ...

    def staff_attested(self, state: Reader, organisation: bytes, commitment: bytes, time: int, /) -> bool: ...

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

    def holds(self, state: Reader, relation: bytes, under: bytes, time: int, purpose: int, /) -> int:
        """Return 0 while what was granted under this authority holds, else the number of a policy.reasons.Reason."""
        ...


class Governance(Protocol):
    """Answered by the governance contract."""

    def is_active(self, state: Reader, member: bytes, /) -> bool: ...

    def may_receive(self, state: Reader, member: bytes, time: int, /) -> bool: ...

    def may_hold(self, state: Reader, member: bytes, time: int, /) -> bool: ...

    def parameter(self, state: Reader, number: int, /) -> int: ...

    def purpose(self, state: Reader, number: int, /) -> Purpose | None: ...

    def purpose_implied_by(self, state: Reader, permitted: int, asked: int, /) -> bool: ...

    def in_group(self, state: Reader, group: bytes, organisation: bytes, /) -> bool: ...


class Records(Protocol):
    """Answered by the records contract."""

    def root_valid(self, state: Reader, relation: bytes, root: bytes, time: int, grace_ms: int, /) -> bool: ...

    def merged(self, state: Reader, relation: bytes, /) -> tuple[bytes, ...]:
        """Return the other relations that it is merged with: what they deny holds for it."""
        ...

    def restricted(self, state: Reader, relation: bytes, /) -> bool:
        """True if the relation is kept and not used."""
        ...

    def deceased(self, state: Reader, relation: bytes, /) -> bool:
        """True if the death of the person is recorded."""
        ...

    def closed(self, state: Reader, relation: bytes, /) -> bool:
        """True if the relation is kept and takes in nothing new."""
        ...

    def kept_until(self, state: Reader, relation: bytes, organisation: bytes, /) -> int | None:
        """Return when the organisation gave up the custody, None where it never did."""
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
