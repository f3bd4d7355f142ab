"""What always holds of who acts for a person; asked by tests and by an offline check of the state."""

from collections.abc import Iterator
from itertools import pairwise

from salus.contracts.representation import keeper
from salus.contracts.representation.types import Delegation, Representation, Rule, Standing
from salus.policy.types import Power
from salus.state.overlay import Reader


def violations(state: Reader, relation: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the relation's entries break."""
    for _, entry in keeper.get_representations(state, relation):
        yield from _both(relation, entry.representative, entry)
        if (entry.rule == Rule.ORDERED) != (entry.place > 0):
            yield "those in order, and no others, have a place"
        if entry.goes_on and entry.standing != Standing.DISPUTED:
            yield "something goes on only in a dispute"
        if any(purpose not in entry.purposes for purpose in entry.goes_on):
            yield "what goes on was allowed before"
    for _, helper in keeper.get_delegations(state, relation):
        yield from _both(relation, helper.delegate, helper)


def _both(relation: bytes, account: bytes, entry: Representation | Delegation) -> Iterator[str]:
    if account == relation:
        yield "nobody represents herself"
    if entry.start >= entry.end:
        yield "an authority has a term"
    for row in (entry.powers, entry.purposes):
        if any(a >= b for a, b in pairwise(row)):
            yield "powers and purposes are sorted and distinct"
    if (Power.GRANT in entry.powers) != bool(entry.purposes):
        yield "who may grant, and nobody else, has purposes"
