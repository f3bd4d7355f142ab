"""What others may ask of the access contract."""

from salus.contracts.access import keeper
from salus.contracts.access.types import Answer
from salus.state.overlay import Reader


def answer(state: Reader, relation: bytes, request: bytes) -> Answer | None:
    """Return what became of a request, None where nobody answered it."""
    return keeper.get_answer(state, relation, request)


def answers(state: Reader, relation: bytes) -> list[tuple[bytes, Answer]]:
    """Return (request, answer) of all answered requests of the relation, sorted by request."""
    return keeper.get_answers(state, relation)
