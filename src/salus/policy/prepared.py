"""The directives of a relation, sorted out once for many decisions: values, without a clock or a recipient."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from salus.policy.question import Held
from salus.policy.types import Effect, Status

_PERMIT = int(Effect.PERMIT)
_IN_FORCE = (int(Status.UNACKNOWLEDGED), int(Status.ACTIVE), int(Status.SUSPENDED))


class Prepared(NamedTuple):
    """Whoever keeps one must see that the ledger still holds the very directives it was made of."""

    relation: bytes
    permits: Sequence[Held]  # of any status, since the reasons name what became of them
    denies: Sequence[Held]  # neither revoked nor replaced


def prepare(relation: bytes, directives: Iterable[Held]) -> Prepared:
    """Sort out the directives of `relation`; those of another are ignored."""
    held = [pair for pair in directives if pair[0].relation == relation]
    return Prepared(
        relation,
        tuple(pair for pair in held if pair[0].effect == _PERMIT),
        tuple(pair for pair in held if pair[0].effect != _PERMIT and pair[0].status in _IN_FORCE),
    )
