"""What always holds of a relation's answers and reviews; asked by tests and by an offline check of the state."""

from collections.abc import Iterator

from salus.contracts.access import keeper
from salus.contracts.access.types import Answer, Outcome, Review
from salus.core.glass import NEEDED
from salus.state.overlay import Reader


def violations(state: Reader, relation: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the relation's answers and reviews break."""
    reviews = dict(keeper.get_reviews(state, relation))
    answers = dict(keeper.get_answers(state, relation))
    for release, answer in answers.items():
        yield from _answer(answer)
        if (answer.outcome in (Outcome.BREAK_GLASS, Outcome.DEFERRED)) != (release in reviews):
            yield "a break-glass, and nothing else, has a review"
    for release, review in reviews.items():
        if release not in answers:
            yield "a break-glass, and nothing else, has a review"
        if (relation, release, review.opened) not in keeper.get_broken(state, review.requester):
            yield "a break-glass is counted for who did it"
        yield from _review(review)


def _answer(answer: Answer) -> Iterator[str]:
    refused, session = answer.outcome == Outcome.REFUSED, answer.outcome == Outcome.SESSION
    if refused != (answer.deliver_by is None) or (not session and refused != (answer.leaves is None)):
        yield "a release, and nothing else, has leaves and a time of delivery"
    if answer.deliver_by is not None and answer.deliver_by <= answer.answered:
        yield "a delivery follows its release"
    if answer.acknowledged is not None and (answer.leaves is None or answer.acknowledged < answer.answered):
        yield "only a release is acknowledged, and never before it"


def _review(review: Review) -> Iterator[str]:
    kinds = dict.fromkeys(word[0] for word in review.words)
    if len(kinds) != len(review.words):
        yield "a reviewer's kind speaks once"
    if any(word[1] == review.requester for word in review.words):
        yield "who broke the glass does not review it"
    if (review.closed is not None) != (len(kinds) >= NEEDED):
        yield "two reviewers of different kinds close a review, and nothing else does"


def sealed_violations(state: Reader, custodian: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that a sealed release of the custodian breaks."""
    for _, entry in keeper.get_sealed_releases(state, custodian):
        order = keeper.get_sealed_order(state, entry.order)
        if order is None or not order.recorded <= entry.recorded < order.end:
            yield "a sealed release rests on an order in force"
        elif entry.notice_until != order.notice_until:
            yield "silence lasts as long as the order says"
        if entry.opened is not None and entry.opened < entry.notice_until:
            yield "nothing is opened before silence is over"
