"""What always holds of a relation's answers; asked by tests and by an offline check of the state."""

from collections.abc import Iterator

from salus.contracts.access import keeper
from salus.contracts.access.types import Outcome
from salus.state.overlay import Reader


def violations(state: Reader, relation: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the relation's answers break."""
    for _, answer in keeper.get_answers(state, relation):
        released = answer.outcome == Outcome.RELEASED
        if released != (answer.leaves is not None) or released != (answer.deliver_by is not None):
            yield "a release, and nothing else, has leaves and a time of delivery"
        if answer.deliver_by is not None and answer.deliver_by <= answer.answered:
            yield "a delivery follows its release"
        if answer.acknowledged is not None and (not released or answer.acknowledged < answer.answered):
            yield "only a release is acknowledged, and never before it"
