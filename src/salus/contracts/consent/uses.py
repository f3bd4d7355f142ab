"""The count of uses: what the access contract may change here, and nothing else."""

from salus.contracts.consent import keeper
from salus.policy.types import Directive
from salus.state.overlay import Overlay


def count_use(state: Overlay, directive: Directive) -> int:
    """Count one release under the directive's chain; return how many there are now."""
    count = keeper.get_uses(state, directive.relation, directive.chain) + 1
    keeper.put_uses(state, directive.relation, directive.chain, count)
    return count
