"""Every refusal of the records contract: of the message, and the codes of its entries in order."""

from typing import Any

import msgspec
import pytest

from contracts.merge_scenes import MERGE_CASES
from contracts.precedence import Case, Defect, Scene, alone, assert_complete, assert_documented, pairs, refusals
from contracts.records_of_life import CASES_OF_LIFE, offered
from contracts.region import BY_HOSPITAL, BY_PATIENT, HOSPITAL, RELATION, ROOT, change_member, name, scene
from salus.contracts import records
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import Person
from salus.contracts.records import entry_errors, errors, keeper
from salus.contracts.records.events import RelationsAnchored
from salus.contracts.records.messages import (
    MESSAGES,
    AnchorRelations,
    AnswerPetition,
    LiftHold,
    Petition,
    PlaceHold,
    RestrictRelation,
)
from salus.contracts.records.petitions import MAX_HOLDS, MAX_OPEN
from salus.contracts.records.types import Asked, Ground, Hold, Outcome, PetitionKind, Relation, Restriction
from salus.core.errors import Refusal
from salus.core.hashing import object_id
from salus.policy.types import Capacity

NEXT = name("next root")


def anchor() -> Scene:
    return scene(AnchorRelations(HOSPITAL, ((RELATION, ROOT, NEXT),)), BY_HOSPITAL)


PETITION, HOLD = name("petition"), name("hold")


def petition() -> Scene:
    return scene(Petition(RELATION, int(Capacity.SELF), int(PetitionKind.ERASE), name("wish")), BY_PATIENT)


def asked(s: Scene, **fields: Any) -> None:
    sound = Asked(int(PetitionKind.ERASE), int(Capacity.SELF), name("wish"), s.time - 1, None, 0, None, None)
    keeper.put_petition(s.state, RELATION, PETITION, msgspec.structs.replace(sound, **fields))


def answer() -> Scene:
    s = scene(AnswerPetition(HOSPITAL, RELATION, PETITION, int(Outcome.DONE), 0, name("receipt")), BY_HOSPITAL)
    asked(s)
    return s


def hold() -> Scene:
    return scene(PlaceHold(HOSPITAL, RELATION, name("reason")), BY_HOSPITAL)


def lift() -> Scene:
    s = scene(LiftHold(HOSPITAL, RELATION, HOLD), BY_HOSPITAL)
    stand(s)
    return s


def restrict() -> Scene:
    return scene(RestrictRelation(HOSPITAL, RELATION, True), BY_HOSPITAL)


def unsigned(s: Scene) -> None:
    s.signers.clear()


def stand(s: Scene) -> None:
    keeper.put_hold(s.state, RELATION, HOLD, Hold(name("reason"), s.time - 1))


def many_petitions(s: Scene) -> None:
    for n in range(MAX_OPEN):
        entry = Asked(int(PetitionKind.AMEND), 1, name("wish"), s.time, None, 0, None, None)
        keeper.put_petition(s.state, RELATION, name(f"petition {n}"), entry)


def many_holds(s: Scene) -> None:
    for n in range(MAX_HOLDS):
        keeper.put_hold(s.state, RELATION, name(f"hold {n}"), Hold(name("reason"), s.time))


def same_petition(s: Scene) -> None:
    entry = Asked(int(PetitionKind.AMEND), 1, name("wish"), s.time, int(Outcome.DONE), 0, name("r"), s.time)
    keeper.put_petition(s.state, RELATION, object_id("petition", s.network, RELATION, s.nonce, s.index, 0), entry)


def same_hold(s: Scene) -> None:
    new = object_id("hold", s.network, HOSPITAL, s.nonce, s.index, 0)
    keeper.put_hold(s.state, RELATION, new, Hold(name("reason"), s.time))


def answered(outcome: Outcome, ground: Ground) -> Defect:
    """The petition is answered so, if there is one."""

    def defect(s: Scene) -> None:
        found = keeper.get_petition(s.state, RELATION, PETITION)
        if found is not None:
            asked(s, kind=found.kind, outcome=int(outcome), ground=int(ground), receipt=name("r"), answered=s.time)

    return defect


def saying(**fields: int) -> Defect:
    return lambda s: s.change(**fields)


def for_hold_that_ended(s: Scene) -> None:
    """Defer for a hold, of which none stands."""
    for held, _ in keeper.get_holds(s.state, RELATION):
        keeper.end_hold(s.state, RELATION, held)
    s.change(outcome=int(Outcome.DEFERRED), ground=int(Ground.LEGAL_HOLD))


def defer_amendment(s: Scene) -> None:
    found = keeper.get_petition(s.state, RELATION, PETITION)
    if found is not None:
        changed = msgspec.structs.replace(found, kind=int(PetitionKind.AMEND))
        keeper.put_petition(s.state, RELATION, PETITION, changed)
    s.change(outcome=int(Outcome.DEFERRED))


def refuse_deferred(s: Scene) -> None:
    found = keeper.get_petition(s.state, RELATION, PETITION)
    if found is not None and found.open:
        asked(s, outcome=int(Outcome.DEFERRED), ground=int(Ground.RETENTION), receipt=name("r"), answered=s.time)
    s.change(outcome=int(Outcome.REFUSED))


def remove_person(s: Scene) -> None:
    s.state.delete(person_key(RELATION))


def change_custodian(s: Scene) -> None:
    accounts_keeper.put_person(s.state, RELATION, Person(name("elsewhere"), 1, 0, None, None, False))


OF_CUSTODIAN: dict[Any, Any] = {
    errors.NotTheGateway: unsigned,
    errors.NoSuchRelation: remove_person,
    errors.NotTheCustodian: change_custodian,
}
NOBODYS = {(errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's"}
ONE_ANSWER = "an answer has one outcome and one ground"
CASES = (
    Case(
        "AnchorRelations",
        anchor,
        {
            errors.NotTheGateway: unsigned,
            errors.MayNotHold: lambda s: change_member(s.state, HOSPITAL, suspended_custodian=True),
        },
    ),
    Case(
        "Petition",
        petition,
        {
            errors.NoSuchRelation: remove_person,
            errors.NotAuthorised: (unsigned, saying(capacity=int(Capacity.CUSTODIAN))),
            errors.TooManyPetitions: many_petitions,
            errors.IdInUse: same_petition,
        },
    ),
    Case(
        "AnswerPetition",
        answer,
        OF_CUSTODIAN
        | {
            errors.NoSuchPetition: lambda s: s.change(petition=name("other petition")),
            errors.AlreadyAnswered: (
                answered(Outcome.DONE, Ground.NONE),
                answered(Outcome.REFUSED, Ground.LAW),
            ),
            errors.OutcomeNotPossible: (defer_amendment, refuse_deferred),
            errors.WrongGround: (saying(ground=int(Ground.LAW)), saying(ground=99)),
            errors.HoldStands: stand,
            errors.NoHoldStands: for_hold_that_ended,
        },
        NOBODYS
        | {
            (errors.WrongGround, errors.NoHoldStands): ONE_ANSWER,
            (errors.OutcomeNotPossible, errors.NoHoldStands): ONE_ANSWER,
            (errors.HoldStands, errors.NoHoldStands): "a hold stands or none does",
        },
    ),
    Case(
        "PlaceHold",
        hold,
        OF_CUSTODIAN | {errors.TooManyHolds: many_holds, errors.IdInUse: same_hold},
        NOBODYS,
    ),
    Case(
        "LiftHold",
        lift,
        OF_CUSTODIAN | {errors.NoSuchHold: lambda s: s.change(hold=name("other hold"))},
        NOBODYS,
    ),
    Case(
        "RestrictRelation",
        restrict,
        OF_CUSTODIAN
        | {
            errors.AlreadySo: (
                lambda s: keeper.put_restriction(s.state, RELATION, Restriction(s.time)),
                lambda s: s.change(restricted=False),
            )
        },
        NOBODYS,
    ),
    *CASES_OF_LIFE,
    *MERGE_CASES,
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sound(case: Case) -> None:
    case.accepts()


@pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
def test_refused_alone(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


@pytest.mark.parametrize(("case", "refusal", "later"), pairs(CASES))
def test_first_defined_wins(case: Case, refusal: Any, later: Any) -> None:
    case.wins(refusal, later)


def test_every_refusal_has_a_case() -> None:
    assert_complete(errors, MESSAGES, CASES)


def test_readme_names_the_order() -> None:
    assert_documented(records, CASES)


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
    entry_errors.UnderOffer: offered,
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
