"""The only code that touches the access namespace."""

from salus.contracts.access.keys import answer_key, answers_prefix
from salus.contracts.access.types import Answer
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
