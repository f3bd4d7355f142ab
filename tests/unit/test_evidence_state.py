"""Evidence states keys and values of the state a second time: they are those of the contracts and the machine."""

import msgspec
import pytest

from salus.contracts.access import keys as access_keys
from salus.contracts.access.events import EVENTS, RecordsReleased, RequestRefused
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.accounts import keys as accounts_keys
from salus.contracts.records import keys as records_keys
from salus.contracts.records.types import Relation
from salus.core.encoding import encode
from salus.evidence import state
from salus.machine.execution import event_body
from salus.machine.machine import LOG_KEY, LogHead
from salus.policy.types import BasisKind
from vectors.fixed import fixed

A, B = fixed("a"), fixed("b")


def test_keys_are_the_same() -> None:
    assert state.LOG_KEY == LOG_KEY
    assert state.relation_key(A) == records_keys.relation_key(A)
    assert state.answer_key(A, B) == access_keys.answer_key(A, B)
    assert state.owner_key(A) == accounts_keys.owner_key(A)
    assert {outcome.name: int(outcome) for outcome in state.Outcome} == {
        outcome.name: int(outcome) for outcome in Outcome if outcome is not Outcome.REFUSED
    }
    assert {ground.name: int(ground) for ground in state.Ground} == {kind.name: int(kind) for kind in BasisKind}
    assert list(state.EVENTS) == [number for number in EVENTS if number in state.EVENTS]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (state.LogValue, LogHead),
        (state.RelationValue, Relation),
        (state.AnswerValue, Answer),
        *((state.EVENTS[number], EVENTS[number]) for number in state.EVENTS),
    ],
)
def test_fields_are_the_same(ours: type[msgspec.Struct], theirs: type[msgspec.Struct]) -> None:
    assert ours.__struct_fields__ == theirs.__struct_fields__


def test_values_of_the_one_are_read_by_the_other() -> None:
    relation = Relation(A, 2, 3, B, 3)
    assert state.read(encode(relation), state.RelationValue) == state.RelationValue(A, 2, 3, B, 3)
    answer = Answer(1, A, 2, B, 3, None)
    assert encode(state.read(encode(answer), state.AnswerValue) or answer) == encode(answer)
    answered = RequestRefused(A, B, A, B, A, 1, None, 1)
    event = RecordsReleased(A, B, A, B, A, 1, None, B, (2, A, 1), 1, A, B, 1, 9)
    found = state.read_event(event_body(bytes(16), 3, event), state.Released)
    assert found is not None
    assert encode(found) == encode(event)
    for body in (event_body(bytes(16), 3, answered), b"\x80", b"\x84\x00\x00\x00\x00", b"", b"\xff"):
        assert state.read_event(body, state.Released) is None
    assert state.read(None, state.LogValue) is None and state.read(b"\x80", state.LogValue) is None
