"""What others may ask of the access contract."""

from salus.contracts.access import keeper
from salus.contracts.access.types import Answer, Review
from salus.state.overlay import Reader


def answer(state: Reader, relation: bytes, request: bytes) -> Answer | None:
    """Return what became of a request, None where nobody answered it; of a push by its own id."""
    return keeper.get_answer(state, relation, request)


def answers(state: Reader, relation: bytes) -> list[tuple[bytes, Answer]]:
    """Return (request, answer) of all answered requests and pushes of the relation, sorted by request."""
    return keeper.get_answers(state, relation)


def review(state: Reader, relation: bytes, release: bytes) -> Review | None:
    """Return the review of a break-glass, None where there was none."""
    return keeper.get_review(state, relation, release)


def reviews(state: Reader, relation: bytes) -> list[tuple[bytes, Review]]:
    """Return (release, review) of each break-glass at the relation, sorted by release."""
    return keeper.get_reviews(state, relation)


def broken(state: Reader, requester: bytes, since: int) -> list[tuple[bytes, bytes, int]]:
    """Return (relation, release, when) of each break-glass of the requester from `since` on, sorted by relation."""
    return [row for row in keeper.get_broken(state, requester) if row[2] >= since]
