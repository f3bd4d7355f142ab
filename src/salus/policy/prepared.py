"""The directives of a relation, sorted out once for many decisions: values, without a clock or a recipient."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from salus.policy.question import Held
from salus.policy.types import Effect, Status

_PERMIT = int(Effect.PERMIT)
_IN_FORCE = (int(Status.UNACKNOWLEDGED), int(Status.ACTIVE), int(Status.SUSPENDED))


class Prepared(NamedTuple):
    """Whoever keeps one must see that the ledger still holds the very directives it was made of."""

    relation: bytes
    permits: Sequence[Held]  # of any status, since the reasons name what became of them
    denies: Sequence[Held]  # neither revoked nor replaced; those of merged relations too


def prepare(relation: bytes, directives: Iterable[Held], merged: Collection[bytes] = ()) -> Prepared:
    """Sort out the directives of `relation`; of those it is merged with the denies count, any other's are ignored.

    A permit stays with its own relation, so a merge never widens what anybody said.
    """
    held = [pair for pair in directives if pair[0].relation == relation or pair[0].relation in merged]
    return Prepared(
        relation,
        tuple(pair for pair in held if pair[0].effect == _PERMIT and pair[0].relation == relation),
        tuple(pair for pair in held if pair[0].effect != _PERMIT and pair[0].status in _IN_FORCE),
    )
