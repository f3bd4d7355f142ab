"""The engine of whoever runs no node: a replica of the ledger that follows one, and believes it nothing.

Every block is checked and executed here, so that the whole state is at hand, nobody learns what is looked at, and a
node that rewrites, forks or goes back is found out. What it cannot find out is a node that shows everybody the same
wrong history from the start, or withholds blocks: the second shows as a state that grows old.
"""

from salus.ledger.followed.ledger import FollowedLedger
from salus.ledger.followed.upstream import Upstream

__all__ = ["FollowedLedger", "Upstream"]
