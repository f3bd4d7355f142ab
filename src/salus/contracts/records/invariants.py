"""What always holds of a relation's entry; asked by tests and by an offline check of the state."""

from collections.abc import Iterator

from salus.contracts.records import keeper
from salus.state.overlay import Reader


def violations(state: Reader, relation: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the relation's entry breaks."""
    held = keeper.get_relation(state, relation)
    if held is None:
        return
    if (held.seq == 1) != (held.previous is None) or held.seq < 1:
        yield "only the first root has none before it"
    if held.previous == held.root:
        yield "a root replaces another one"
    if held.replaced != (None if held.previous is None else held.anchored):
        yield "a root is replaced when the next is anchored"
