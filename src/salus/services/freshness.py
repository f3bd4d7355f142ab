"""How old the state may be that a gateway decides on: a node that lags would not see a revocation."""

from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.policy.purposes import ACT_REASON, BREAK_GLASS
from salus.services.actors import Organisation
from salus.services.errors import StateTooOld

_EMERGENCIES = ("ETREAT", BREAK_GLASS)


def check_fresh(organisation: Organisation, purpose: int) -> None:
    """Raise StateTooOld unless the view is newer than the limit for this purpose; trying again may help."""
    ledger = organisation.ledger
    state = ledger.view()
    row = governance.purpose(state, purpose)
    emergency = row is not None and row.system == ACT_REASON and row.code in _EMERGENCIES
    limit = Parameter.STALE_EMERGENCY_MS if emergency else Parameter.STALE_MS
    if ledger.now() - ledger.as_of() > governance.parameter(state, limit):
        raise StateTooOld
