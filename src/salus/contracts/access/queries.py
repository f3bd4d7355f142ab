"""What others may ask of the access contract."""

from salus.contracts.access import keeper
from salus.contracts.access.types import Answer, Review, SealedOrder, SealedRelease
from salus.state.overlay import Reader


def answer(state: Reader, relation: bytes, request: bytes) -> Answer | None:
    """Return what became of a request, None where nobody answered it; of a push by its own id."""
    return keeper.get_answer(state, relation, request)


def answers(state: Reader, relation: bytes) -> list[tuple[bytes, Answer]]:
    """Return (request, answer) of all answered requests and pushes of the relation, sorted by request."""
    return keeper.get_answers(state, relation)


def review(state: Reader, relation: bytes, release: bytes) -> Review | None:
    """Return the review of a break-glass, deferred or not; None where there was none."""
    return keeper.get_review(state, relation, release)


def reviews(state: Reader, relation: bytes) -> list[tuple[bytes, Review]]:
    """Return (release, review) of each break-glass at the relation, sorted by release."""
    return keeper.get_reviews(state, relation)


def broken(state: Reader, requester: bytes, since: int) -> list[tuple[bytes, bytes, int]]:
    """Return (relation, release, when) of each break-glass of the requester from `since` on, sorted by relation."""
    return [row for row in keeper.get_broken(state, requester) if row[2] >= since]


def sealed_order(state: Reader, order: bytes) -> SealedOrder | None:
    """Return an order that forbids notice, None where there is none."""
    return keeper.get_sealed_order(state, order)


def sealed_release(state: Reader, custodian: bytes, release: bytes) -> SealedRelease | None:
    """Return a release under such an order, open or not; None where there is none."""
    return keeper.get_sealed_release(state, custodian, release)


def sealed_releases(state: Reader, custodian: bytes) -> list[tuple[bytes, SealedRelease]]:
    """Return (release, entry) of each of the custodian's, open or not, sorted by release."""
    return keeper.get_sealed_releases(state, custodian)


def overdue(state: Reader, custodian: bytes, time: int) -> list[tuple[bytes, SealedRelease]]:
    """Return (release, entry) of those whose silence is over at `time` and which the custodian has not opened."""
    found = keeper.get_sealed_releases(state, custodian)
    return [(release, entry) for release, entry in found if entry.opened is None and entry.notice_until <= time]
