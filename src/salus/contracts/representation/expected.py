"""What representation needs of other contracts, and no more."""

from typing import Protocol

from salus.contracts.context import Authority, Signer
from salus.core.genesis import Purpose
from salus.policy.policies import PolicyInForce
from salus.policy.types import Power
from salus.state.overlay import Reader

# Numbers of governance's parameters.
REPRESENTATION_TERM_MS = 30
PROXY_TERM_MS = 31
MAX_REPRESENTATIVES = 32


class Person(Protocol):
    """A person's account."""

    @property
    def custodian(self) -> bytes: ...

    @property
    def state(self) -> int: ...

    @property
    def generation(self) -> int: ...


class Accounts(Protocol):
    """Answered by the accounts contract."""

    def custodian_of(self, state: Reader, handle: bytes, /) -> bytes | None:
        """Return the organisation that holds the relation, None where there is no such relation."""
        ...

    def person(self, state: Reader, handle: bytes, /) -> Person | None: ...

    def roles(self, state: Reader, organisation: bytes, /) -> tuple[int, ...]:
        """Return the roles of an organisation; empty where there is no such organisation."""
        ...

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


class Governance(Protocol):
    """Answered by the governance contract."""

    def is_active(self, state: Reader, organisation: bytes, /) -> bool: ...

    def parameter(self, state: Reader, number: int, /) -> int: ...

    def purpose(self, state: Reader, number: int, /) -> Purpose | None: ...

    def purpose_implied_by(self, state: Reader, permitted: int, asked: int, /) -> bool: ...


class Consent(Protocol):
    """Answered by the consent contract."""

    def policy_of(self, state: Reader, relation: bytes, /) -> PolicyInForce: ...


class Life(Protocol):
    """Answered by the records contract; whoever asks `queries.acts` or `queries.holds` hands the answer over."""

    def deceased(self, state: Reader, relation: bytes, /) -> bool:
        """True while the death of the relation's person is recorded and not reversed."""
        ...
