"""The counted, salted root of a relation: what each entry does, and what a release may still name."""

import msgspec
import pytest

from contracts.precedence import NOW, Nothing, Scene
from contracts.region import BY_CLINIC, BY_HOSPITAL, CLINIC, CUSTODIAL, HOSPITAL, RELATION, ROOT, name, scene, then
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.records import entry_errors, keeper, queries
from salus.contracts.records.events import RelationsAnchored
from salus.contracts.records.invariants import violations
from salus.contracts.records.messages import AnchorRelations
from salus.contracts.records.types import Relation
from salus.contracts.records.types_life import Former, Offer
from salus.state.overlay import Overlay

A, B, C = name("a"), name("b"), name("c")
GRACE_MS = BOUNDS[Parameter.ANCHOR_GRACE_MS].default


def anchor(*entries: tuple[bytes, bytes | None, bytes]) -> AnchorRelations:
    return AnchorRelations(HOSPITAL, entries)


def sent(entries: list[tuple[bytes, bytes | None, bytes]], before: Scene | None = None) -> tuple[Scene, list[int]]:
    message = anchor(*entries)
    s = scene(message, BY_HOSPITAL) if before is None else then(before, message, BY_HOSPITAL)
    (event,) = s.commit().events
    assert isinstance(event, RelationsAnchored)
    return s, [code for *_, code in event.entries]


def test_the_first_root_replaces_none_and_has_seq_1() -> None:
    s, codes = sent([(CUSTODIAL, None, A)])
    assert codes == [0]
    assert queries.relation(s.state, CUSTODIAL) == Relation(A, 1, NOW, None, None)
    assert list(violations(s.state, CUSTODIAL)) == []


def test_a_first_root_cannot_replace_one() -> None:
    s, codes = sent([(CUSTODIAL, B, A)])
    assert codes == [entry_errors.StaleRoot.code]
    assert queries.relation(s.state, CUSTODIAL) is None


def test_the_next_root_counts_on_and_remembers_the_one_before() -> None:
    s, _ = sent([(RELATION, ROOT, A)])
    assert queries.relation(s.state, RELATION) == Relation(A, 2, NOW, ROOT, NOW)
    assert list(violations(s.state, RELATION)) == []


def test_entries_succeed_or_fail_apart() -> None:
    s, codes = sent([(name("nobody"), None, A), (CUSTODIAL, None, B), (RELATION, B, C), (CUSTODIAL, B, C)])
    assert codes == [
        entry_errors.NoSuchRelation.code,
        0,
        entry_errors.StaleRoot.code,
        entry_errors.DuplicateEntry.code,
    ]
    assert keeper.get_relation(s.state, CUSTODIAL) == Relation(B, 1, NOW, None, None)


def test_another_member_cannot_anchor_what_it_does_not_hold() -> None:
    s = scene(AnchorRelations(CLINIC, ((RELATION, ROOT, A),)), BY_CLINIC)
    (event,) = s.commit().events
    assert event.entries == ((RELATION, A, 0, entry_errors.NotTheCustodian.code),)  # type: ignore[attr-defined]


def test_an_old_root_cannot_come_back_a_b_a() -> None:
    s, _ = sent([(RELATION, ROOT, A)])
    _, codes = sent([(RELATION, A, ROOT)], s)
    assert codes == [entry_errors.RootReused.code]


def test_an_older_root_gets_a_seq_that_its_old_opening_does_not_have() -> None:
    s, _ = sent([(RELATION, ROOT, A)])
    s, _ = sent([(RELATION, A, B)], s)
    s, codes = sent([(RELATION, B, ROOT)], s)
    assert codes == [0]
    held = queries.relation(s.state, RELATION)
    assert held is not None and held.seq == 4  # ROOT was committed to with seq 1


@pytest.mark.parametrize(
    ("root", "after_ms", "valid"),
    [
        (A, 0, True),
        (A, GRACE_MS + 1, True),
        (ROOT, 0, True),
        (ROOT, GRACE_MS, True),
        (ROOT, GRACE_MS + 1, False),
        (B, 0, False),
    ],
)
def test_a_root_is_valid_while_current_and_for_the_grace_after(root: bytes, after_ms: int, valid: bool) -> None:
    s, _ = sent([(RELATION, ROOT, A)])
    assert queries.root_valid(s.state, RELATION, root, NOW + after_ms, GRACE_MS) is valid


def test_no_root_is_valid_where_none_is_anchored() -> None:
    s = scene(anchor((CUSTODIAL, None, A)))
    assert not queries.root_valid(s.state, CUSTODIAL, A, NOW, GRACE_MS)
    assert queries.root_valid(s.state, RELATION, ROOT, NOW, GRACE_MS)
    assert not queries.root_valid(s.state, RELATION, A, NOW, GRACE_MS)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"seq": 0}, "only the first root has none before it"),
        ({"seq": 2}, "only the first root has none before it"),
        ({"seq": 2, "previous": ROOT, "replaced": NOW}, "a root replaces another one"),
        ({"replaced": NOW}, "a root is replaced when the next is anchored"),
    ],
)
def test_invariants_find_each_breach(fields: dict[str, object], text: str) -> None:
    state = Overlay(Nothing())
    keeper.put_relation(state, RELATION, msgspec.structs.replace(Relation(ROOT, 1, NOW, None, None), **fields))
    assert list(violations(state, RELATION)) == [text]
    assert list(violations(state, CUSTODIAL)) == []


def test_an_offer_that_outlived_a_change_of_custody_is_found() -> None:
    state = Overlay(Nothing())
    keeper.put_offer(state, RELATION, Offer(CLINIC, NOW))
    keeper.put_former(state, RELATION, HOSPITAL, Former(NOW))
    assert list(violations(state, RELATION)) == []
    keeper.put_former(state, RELATION, HOSPITAL, Former(NOW + 1))
    assert list(violations(state, RELATION)) == ["an offer was made after the last change of custody"]
