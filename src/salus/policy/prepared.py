"""The directives of a relation, sorted out once for many decisions: values, without a clock or a recipient."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from salus.policy.question import Held
from salus.policy.types import Effect

_PERMIT = int(Effect.PERMIT)


class Prepared(NamedTuple):
    """Whoever keeps one must see that the ledger still holds the very directives it was made of."""

    relation: bytes
    permits: Sequence[Held]
    denies: Sequence[Held]


def prepare(relation: bytes, directives: Iterable[Held]) -> Prepared:
    """Sort out the directives of `relation`; those of another are ignored."""
    held = [pair for pair in directives if pair[0].relation == relation]
    return Prepared(
        relation,
        tuple(pair for pair in held if pair[0].effect == _PERMIT),
        tuple(pair for pair in held if pair[0].effect != _PERMIT),
    )
