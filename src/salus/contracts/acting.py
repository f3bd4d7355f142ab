"""Who may act for a person: one answer out of what the contracts know apart.

Contracts do not import one another; the registry gives this to those that ask.
"""

from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.types import Person
from salus.contracts.context import Authority, Signer
from salus.contracts.records import queries as records
from salus.contracts.representation import queries as representation
from salus.policy.reasons import Reason
from salus.policy.types import Capacity, Power
from salus.state.overlay import Reader

_OWN = Authority(None)
_BY_HER_WORD = (int(Capacity.SELF), int(Capacity.CUSTODIAN), int(Capacity.DELEGATE))
_OTHERS = (int(Capacity.REPRESENTATIVE), int(Capacity.DELEGATE))


class Acting:
    """What accounts answers, and who has authority. See `expected.py` of the contracts that ask."""

    account_of_key = staticmethod(accounts.account_of_key)
    barred = staticmethod(accounts.barred)
    custodian_of = staticmethod(accounts.custodian_of)
    live_key = staticmethod(accounts.live_key)
    organisation = staticmethod(accounts.organisation)
    person = staticmethod(accounts.person)
    roles = staticmethod(accounts.roles)
    staff_attested = staticmethod(accounts.staff_attested)

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
        """Return how a signer may do this for the person in this capacity at `time`, None where it may not.

        `signers` were found live by the machine (protective messages: as at the start of the block).
        `purposes` are those of a grant, none where all or none are meant.
        """
        person = accounts.person(state, relation)
        if person is None or _over(state, relation, capacity, power):
            return None
        if power is not Power.PROTECT and accounts.bars(state, relation, person, time):
            return None  # it is frozen or being recovered, and this is not what protects
        if capacity in _OTHERS:
            return self._represented(state, relation, person, signers, capacity, time, power, purposes)
        return _OWN if accounts.may_act(person, relation, signers, capacity) else None

    def holds(self, state: Reader, relation: bytes, under: bytes, time: int, purpose: int, /) -> int:
        """Return 0 while what was granted under this authority holds for the purpose, else the number of a Reason."""
        if not _of_this_generation(state, relation, under):
            return int(Reason.AUTHORITY_ENDED)
        return representation.holds(state, relation, under, time, purpose, self.deceased(state, relation))

    def deceased(self, state: Reader, relation: bytes, /) -> bool:
        """True while the person's death is recorded."""
        return records.deceased(state, relation)

    def _represented(
        self,
        state: Reader,
        relation: bytes,
        person: Person,
        signers: tuple[Signer, ...],
        capacity: int,
        time: int,
        power: Power,
        purposes: tuple[int, ...],
    ) -> Authority | None:
        """Return the authority of a representative or delegate."""
        deceased = self.deceased(state, relation)
        under = representation.acts(
            state, relation, signers, capacity, time, power, purposes, deceased, person.generation
        )
        return None if under is None else Authority(under)


def _of_this_generation(state: Reader, relation: bytes, under: bytes) -> bool:
    """True unless it is a delegate's whom the person named before all her keys changed: a thief may have done it."""
    delegation = representation.delegation(state, relation, under)
    person = accounts.person(state, relation)
    return delegation is None or (person is not None and person.generation == delegation.generation)


def _over(state: Reader, relation: bytes, capacity: int, power: Power) -> bool:
    """True where nobody's word gives anything out any more, by closing; or the person's own is over, by death."""
    deceased, closed = records.over(state, relation)
    if closed and power in (Power.GRANT, Power.PREFER):
        return True
    return deceased and capacity in _BY_HER_WORD
