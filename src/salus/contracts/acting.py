"""Who may act for a person: one answer out of what the contracts know apart.

Contracts do not import one another; the registry gives this to those that ask.
"""

from salus.contracts.accounts import queries as accounts
from salus.contracts.context import Authority, Signer
from salus.policy.types import Power
from salus.state.overlay import Reader

_OWN = Authority(None)


class Acting:
    """What accounts answers, and who has authority. See `expected.py` of the contracts that ask."""

    account_of_key = staticmethod(accounts.account_of_key)
    custodian_of = staticmethod(accounts.custodian_of)
    live_key = staticmethod(accounts.live_key)
    organisation = staticmethod(accounts.organisation)
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
        return _OWN if accounts.may_act(state, relation, signers, capacity, time) else None

    def barred(self, state: Reader, handle: bytes, time: int, /) -> bool:
        """True while the account is frozen or its recovery is pending; accounts knows neither yet."""
        return False
