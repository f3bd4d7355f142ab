"""Every refusal of the records contract: of the message, and the codes of its entries in order."""

from typing import Any

import pytest

from contracts.precedence import Case, Defect, Scene, alone, assert_complete, assert_documented, pairs, refusals
from contracts.region import BY_HOSPITAL, HOSPITAL, RELATION, ROOT, change_member, name, scene
from salus.contracts import records
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import Person
from salus.contracts.records import entry_errors, errors, keeper
from salus.contracts.records.events import RelationsAnchored
from salus.contracts.records.messages import MESSAGES, AnchorRelations
from salus.contracts.records.types import Relation
from salus.core.errors import Refusal

NEXT = name("next root")


def anchor() -> Scene:
    return scene(AnchorRelations(HOSPITAL, ((RELATION, ROOT, NEXT),)), BY_HOSPITAL)


CASES = (
    Case(
        "AnchorRelations",
        anchor,
        {
            errors.NotTheGateway: lambda s: s.signers.clear(),
            errors.MayNotHold: lambda s: change_member(s.state, HOSPITAL, suspended_custodian=True),
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sound(case: Case) -> None:
    case.accepts()


@pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
def test_refused_alone(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


@pytest.mark.parametrize(("case", "refusal", "defects"), pairs(CASES))
def test_first_defined_wins(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


def test_every_refusal_has_a_case() -> None:
    assert_complete(errors, MESSAGES, CASES)


def test_readme_names_the_order() -> None:
    assert_documented(records, CASES)


def remove_person(s: Scene) -> None:
    s.state.delete(person_key(RELATION))


def change_custodian(s: Scene) -> None:
    accounts_keeper.put_person(s.state, RELATION, Person(name("elsewhere"), 1, 0, None, None))


def change_last(s: Scene, replaces: bytes | None, root: bytes) -> None:
    assert isinstance(s.message, AnchorRelations)
    s.change(entries=(*s.message.entries[:-1], (RELATION, replaces, root)))


def repeat(s: Scene) -> None:
    assert isinstance(s.message, AnchorRelations)
    s.change(entries=((RELATION, ROOT, name("first")), *s.message.entries))


def stale(s: Scene) -> None:
    assert isinstance(s.message, AnchorRelations)
    change_last(s, NEXT, s.message.entries[-1][2])


def reuse(s: Scene) -> None:
    assert isinstance(s.message, AnchorRelations)
    change_last(s, s.message.entries[-1][1], ROOT)


ENTRY_DEFECTS: dict[type[Refusal], Defect] = {
    entry_errors.DuplicateEntry: repeat,
    entry_errors.NoSuchRelation: remove_person,
    entry_errors.NotTheCustodian: change_custodian,
    entry_errors.StaleRoot: stale,
    entry_errors.RootReused: reuse,
}
ORDER = list(ENTRY_DEFECTS)


def last_code(s: Scene) -> int:
    outcome = s.run()
    assert outcome.code == 0
    (event,) = outcome.events
    assert isinstance(event, RelationsAnchored)
    relation, _, seq, code = event.entries[-1]
    assert relation == RELATION and (seq == 0) == (code != 0)
    return code


@pytest.mark.parametrize("refusal", ORDER, ids=lambda r: r.__name__)
def test_an_entry_refused_alone(refusal: type[Refusal]) -> None:
    s = anchor()
    ENTRY_DEFECTS[refusal](s)
    assert last_code(s) == refusal.code
    assert keeper.get_relation(s.state, RELATION) == Relation(ROOT, 1, s.time - 1, None, None)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a, b)
        for n, a in enumerate(ORDER)
        for b in ORDER[n + 1 :]
        # a relation that is nobody's is not another's
        if (a, b) != (entry_errors.NoSuchRelation, entry_errors.NotTheCustodian)
    ],
    ids=lambda r: r.__name__,
)
def test_the_first_defined_of_an_entry_wins(first: type[Refusal], second: type[Refusal]) -> None:
    s = anchor()
    ENTRY_DEFECTS[second](s)
    ENTRY_DEFECTS[first](s)
    assert last_code(s) == first.code


def test_codes_of_entries_are_distinct_and_rise() -> None:
    codes = [r.code for r in refusals(entry_errors)]
    assert refusals(entry_errors) == ORDER and codes == sorted(set(codes))
    assert not set(codes) & {r.code for r in refusals(errors)}
    assert all(r.text.endswith(".") for r in ORDER)
