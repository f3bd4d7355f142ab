"""What consent answers to access: its queries, with the policy sets that governance keeps."""

from salus.contracts.consent import queries
from salus.contracts.consent.expected import PolicySets
from salus.policy.policies import PolicyInForce
from salus.state.overlay import Reader


class ForAccess:
    """See `salus.contracts.access.expected.Consent`."""

    directive = staticmethod(queries.directive)
    directives = staticmethod(queries.directives)
    used = staticmethod(queries.used)
    attestation = staticmethod(queries.attestation)
    order = staticmethod(queries.order)
    orders = staticmethod(queries.orders)

    def __init__(self, sets: PolicySets) -> None:
        self._sets = sets

    def policy_of(self, state: Reader, relation: bytes, /) -> PolicyInForce:
        """Return the policy set that the relation is under, with the person's preference."""
        return queries.policy_of(self._sets, state, relation)
