"""The only code that touches the access namespace."""

from salus.contracts.access.keys import (
    answer_key,
    answers_prefix,
    broken_key,
    broken_prefix,
    review_key,
    reviews_prefix,
    sealed_order_key,
    sealed_release_key,
    sealed_releases_prefix,
)
from salus.contracts.access.types import Answer, Broken, Review, SealedOrder, SealedRelease
from salus.core.encoding import decode_stored, encode
from salus.state.overlay import Overlay, Reader


def get_answer(state: Reader, relation: bytes, request: bytes) -> Answer | None:
    raw = state.get(answer_key(relation, request))
    return None if raw is None else decode_stored(raw, Answer)


def get_answers(state: Reader, relation: bytes) -> list[tuple[bytes, Answer]]:
    """Return (request, answer) of the relation, sorted by request."""
    return [(key[34:], decode_stored(raw, Answer)) for key, raw in state.scan(answers_prefix(relation))]


def put_answer(state: Overlay, relation: bytes, request: bytes, answer: Answer) -> None:
    state.put(answer_key(relation, request), encode(answer))


def get_review(state: Reader, relation: bytes, request: bytes) -> Review | None:
    raw = state.get(review_key(relation, request))
    return None if raw is None else decode_stored(raw, Review)


def get_reviews(state: Reader, relation: bytes) -> list[tuple[bytes, Review]]:
    """Return (request, review) of the relation, sorted by request."""
    return [(key[34:], decode_stored(raw, Review)) for key, raw in state.scan(reviews_prefix(relation))]


def put_review(state: Overlay, relation: bytes, request: bytes, review: Review) -> None:
    state.put(review_key(relation, request), encode(review))


def get_broken(state: Reader, requester: bytes) -> list[tuple[bytes, bytes, int]]:
    """Return (relation, request, when) of what the requester broke, sorted by relation and request."""
    rows = state.scan(broken_prefix(requester))
    return [(key[34:66], key[66:], decode_stored(raw, Broken).time) for key, raw in rows]


def put_broken(state: Overlay, requester: bytes, relation: bytes, request: bytes, time: int) -> None:
    state.put(broken_key(requester, relation, request), encode(Broken(time)))


def get_sealed_order(state: Reader, order: bytes) -> SealedOrder | None:
    raw = state.get(sealed_order_key(order))
    return None if raw is None else decode_stored(raw, SealedOrder)


def put_sealed_order(state: Overlay, order: bytes, entry: SealedOrder) -> None:
    state.put(sealed_order_key(order), encode(entry))


def get_sealed_release(state: Reader, custodian: bytes, release: bytes) -> SealedRelease | None:
    raw = state.get(sealed_release_key(custodian, release))
    return None if raw is None else decode_stored(raw, SealedRelease)


def get_sealed_releases(state: Reader, custodian: bytes) -> list[tuple[bytes, SealedRelease]]:
    """Return (release, entry) of the custodian's, sorted by release."""
    rows = state.scan(sealed_releases_prefix(custodian))
    return [(key[34:], decode_stored(raw, SealedRelease)) for key, raw in rows]


def put_sealed_release(state: Overlay, custodian: bytes, release: bytes, entry: SealedRelease) -> None:
    state.put(sealed_release_key(custodian, release), encode(entry))
