"""Evidence states keys and values of the state a second time: they are those of the contracts and the machine."""

import msgspec
import pytest

from salus.contracts.access import keys as access_keys
from salus.contracts.access.events import EVENTS, RecordsReleased
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.accounts import keys as accounts_keys
from salus.contracts.records import keys as records_keys
from salus.contracts.records.types import Relation
from salus.core.encoding import decode, encode
from salus.evidence import state
from salus.machine.execution import event_body
from salus.machine.machine import LOG_KEY, LogHead
from vectors.fixed import fixed

A, B = fixed("a"), fixed("b")


def test_keys_are_the_same() -> None:
    assert state.LOG_KEY == LOG_KEY
    assert state.relation_key(A) == records_keys.relation_key(A)
    assert state.answer_key(A, B) == access_keys.answer_key(A, B)
    assert state.owner_key(A) == accounts_keys.owner_key(A)
    assert state.RELEASED == Outcome.RELEASED
    assert EVENTS[state.RECORDS_RELEASED] is RecordsReleased


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (state.LogValue, LogHead),
        (state.RelationValue, Relation),
        (state.AnswerValue, Answer),
        (state.Released, RecordsReleased),
    ],
)
def test_fields_are_the_same(ours: type[msgspec.Struct], theirs: type[msgspec.Struct]) -> None:
    assert ours.__struct_fields__ == theirs.__struct_fields__


def test_values_of_the_one_are_read_by_the_other() -> None:
    relation = Relation(A, 2, 3, B, 3)
    assert state.read(encode(relation), state.RelationValue) == state.RelationValue(A, 2, 3, B, 3)
    answer = Answer(1, A, 2, B, 3, None)
    assert encode(state.read(encode(answer), state.AnswerValue) or answer) == encode(answer)
    event = RecordsReleased(A, B, A, B, A, 1, None, B, (2, A, 1), 1, A, B, 1, 9)
    body = decode(event_body(bytes(16), 3, event), state.ReleasedBody)
    assert (body.number, body.index, encode(body.event)) == (state.RECORDS_RELEASED, 3, encode(event))
    assert state.read(None, state.LogValue) is None and state.read(b"\x80", state.LogValue) is None
