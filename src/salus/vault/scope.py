"""Scope: what an authorised read may touch. Every read of the vault requires one.

Only `services/authorise.py` constructs it (a rule test holds that), so that no read can be written
that no decision stands behind.
"""

from collections.abc import Callable
from dataclasses import dataclass

from salus.core.record import LeafHeader
from salus.vault.errors import OutOfScope


@dataclass(frozen=True, slots=True)
class Scope:
    """One decision's outcome: the records of `relation` that `allows` accepts, for one actor and purpose.

    `relation` is a 32-byte handle, or None for what belongs to no relation (organisations,
    practitioners, locations). `predicate` is the 32-byte id of what was decided (a release, a
    directive, or the rule of self-access) and stands in the access log.
    """

    relation: bytes | None
    purpose: str
    actor: bytes
    predicate: bytes
    allows: Callable[[LeafHeader], bool]

    def handle(self) -> bytes:
        """Return the relation; raise OutOfScope if the scope covers shared resources only."""
        if self.relation is None:
            raise OutOfScope
        return self.relation

    def require(self, header: LeafHeader) -> None:
        """Raise OutOfScope unless the decision covers the record version of `header`."""
        if not self.allows(header):
            raise OutOfScope
