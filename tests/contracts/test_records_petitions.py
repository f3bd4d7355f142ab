"""Petitions, holds, restriction: what may follow what, in whose name, and what it leaves."""

import pytest

from contracts.precedence import NOW, Scene
from contracts.region import (
    BY_CLINIC,
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    CUSTODIAL,
    HOSPITAL,
    RELATION,
    ROOT,
    change_member,
    directive,
    name,
    request,
    scene,
    signed,
    then,
)
from salus.contracts.access import errors as access_errors
from salus.contracts.access.messages import RecordRelease
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.records import errors, keeper, queries
from salus.contracts.records.events import HoldLifted, PetitionAnswered, PetitionMade, RelationRestricted
from salus.contracts.records.invariants import violations
from salus.contracts.records.messages import (
    AnchorRelations,
    AnswerPetition,
    LiftHold,
    Petition,
    PlaceHold,
    RestrictRelation,
)
from salus.contracts.records.petitions import MAX_OPEN
from salus.contracts.records.types import Asked, Ground, Outcome, PetitionKind
from salus.core.types import Message
from salus.policy.types import BasisKind, Capacity, Trigger

RECEIPT = name("receipt")


def asked(kind: PetitionKind = PetitionKind.ERASE, before: Scene | None = None, nonce: bytes = b"n" * 16) -> Scene:
    message = Petition(RELATION, int(Capacity.SELF), int(kind), name("wish"))
    return scene(message, BY_PATIENT) if before is None else then(before, message, BY_PATIENT, nonce=nonce)


def made(s: Scene) -> bytes:
    (event,) = s.commit().events
    assert isinstance(event, PetitionMade)
    return event.petition


def answer(petition: bytes, outcome: Outcome, ground: Ground = Ground.NONE) -> Message:
    return AnswerPetition(HOSPITAL, RELATION, petition, int(outcome), int(ground), RECEIPT)


def test_a_petition_is_unanswered_until_the_custodian_answers_it() -> None:
    s = asked(PetitionKind.AMEND)
    petition = made(s)
    entry = Asked(int(PetitionKind.AMEND), int(Capacity.SELF), name("wish"), NOW, None, 0, None, None)
    assert queries.unanswered(s.state, RELATION) == [(petition, entry)]
    s = then(s, answer(petition, Outcome.REFUSED, Ground.ACCURATE), BY_HOSPITAL)
    (event,) = s.commit().events
    assert event == PetitionAnswered(RELATION, HOSPITAL, petition, 1, 2, int(Ground.ACCURATE), RECEIPT)
    assert queries.unanswered(s.state, RELATION) == []
    assert queries.petition(s.state, RELATION, petition) == Asked(
        1, int(Capacity.SELF), name("wish"), NOW, 2, int(Ground.ACCURATE), RECEIPT, NOW
    )
    assert list(violations(s.state, RELATION)) == []


def test_a_deferred_erasure_stays_open_and_runs_when_the_hold_is_lifted() -> None:
    s = asked()
    petition = made(s)
    s = then(s, PlaceHold(HOSPITAL, RELATION, name("reason")), BY_HOSPITAL)
    hold = s.commit().events[0].hold
    assert then(s, answer(petition, Outcome.DONE), BY_HOSPITAL).run().code == errors.HoldStands.code
    s = then(s, answer(petition, Outcome.DEFERRED, Ground.LEGAL_HOLD), BY_HOSPITAL)
    s.commit()
    assert [key for key, _ in queries.unanswered(s.state, RELATION)] == [petition]
    again = then(s, answer(petition, Outcome.DEFERRED, Ground.LEGAL_HOLD), BY_HOSPITAL)
    assert again.run().code == errors.AlreadyAnswered.code
    refused = then(s, answer(petition, Outcome.REFUSED, Ground.LAW), BY_HOSPITAL)
    assert refused.run().code == errors.OutcomeNotPossible.code
    s = then(s, LiftHold(HOSPITAL, RELATION, hold), BY_HOSPITAL)
    assert s.commit().events == (HoldLifted(RELATION, HOSPITAL, hold),)
    s = then(s, answer(petition, Outcome.DEFERRED, Ground.RETENTION), BY_HOSPITAL)
    s.commit()
    s = then(s, answer(petition, Outcome.DONE), BY_HOSPITAL)
    s.commit()
    assert queries.unanswered(s.state, RELATION) == []
    assert list(violations(s.state, RELATION)) == []


def test_every_one_of_several_holds_bars_an_erasure() -> None:
    s = asked()
    petition = made(s)
    holds = []
    for nonce in (b"1" * 16, b"2" * 16):
        s = then(s, PlaceHold(HOSPITAL, RELATION, name("reason")), BY_HOSPITAL, nonce=nonce)
        holds.append(s.commit().events[0].hold)
    for hold in holds:
        assert then(s, answer(petition, Outcome.DONE), BY_HOSPITAL).run().code == errors.HoldStands.code
        s = then(s, LiftHold(HOSPITAL, RELATION, hold), BY_HOSPITAL)
        s.commit()
    then(s, answer(petition, Outcome.DONE), BY_HOSPITAL).commit()


@pytest.mark.parametrize("kind", [PetitionKind.AMEND, PetitionKind.RESTRICT, PetitionKind.UNRESTRICT])
def test_a_hold_bars_nothing_but_destruction(kind: PetitionKind) -> None:
    s = asked(kind)
    petition = made(s)
    s = then(s, PlaceHold(HOSPITAL, RELATION, name("reason")), BY_HOSPITAL)
    s.commit()
    s = then(s, AnchorRelations(HOSPITAL, ((RELATION, ROOT, name("next")),)), BY_HOSPITAL)
    s.commit()
    then(s, answer(petition, Outcome.DONE), BY_HOSPITAL).commit()


def test_as_many_petitions_are_open_as_may_be_and_an_answer_makes_room() -> None:
    s = asked()
    first = made(s)
    for n in range(1, MAX_OPEN):
        s = asked(PetitionKind.AMEND, s, nonce=n.to_bytes(16, "big"))
        made(s)
    assert asked(PetitionKind.AMEND, s, nonce=b"x" * 16).run().code == errors.TooManyPetitions.code
    s = then(s, answer(first, Outcome.DONE), BY_HOSPITAL)
    s.commit()
    made(asked(PetitionKind.AMEND, s, nonce=b"x" * 16))


def test_another_member_answers_and_holds_nothing() -> None:
    s = asked()
    petition = made(s)
    for message in (
        AnswerPetition(CLINIC, RELATION, petition, int(Outcome.DONE), 0, RECEIPT),
        PlaceHold(CLINIC, RELATION, name("reason")),
        RestrictRelation(CLINIC, RELATION, True),
    ):
        assert then(s, message, BY_CLINIC).run().code == errors.NotTheCustodian.code
    assert then(s, answer(petition, Outcome.DONE), BY_CLINIC).run().code == errors.NotTheGateway.code


def test_the_custodian_asks_for_a_person_without_a_wallet_and_for_no_other() -> None:
    message = Petition(CUSTODIAL, int(Capacity.CUSTODIAN), int(PetitionKind.AMEND), name("wish"))
    assert scene(message, BY_HOSPITAL).run().code == 0
    assert scene(message, BY_CLINIC).run().code == errors.NotAuthorised.code
    claimed = Petition(RELATION, int(Capacity.CUSTODIAN), int(PetitionKind.ERASE), name("wish"))
    assert scene(claimed, BY_HOSPITAL).run().code == errors.NotAuthorised.code


def test_a_suspended_custodian_still_answers_and_lifts() -> None:
    s = asked()
    petition = made(s)
    s = then(s, PlaceHold(HOSPITAL, RELATION, name("reason")), BY_HOSPITAL)
    hold = s.commit().events[0].hold
    change_member(s.state, HOSPITAL, suspended_custodian=True)
    s = then(s, LiftHold(HOSPITAL, RELATION, hold), BY_HOSPITAL)
    s.commit()
    then(s, answer(petition, Outcome.DONE), BY_HOSPITAL).commit()


def release(before: Scene, signer: str, basis: tuple[int, bytes | None, int], **fields: object) -> Scene:
    payload = request(**fields)
    message = RecordRelease(
        HOSPITAL, signed(payload, signer), basis, ROOT, name("leaves"), int(Trigger.REQUEST), NOW + 5
    )
    return then(before, message, BY_HOSPITAL)


def test_a_restricted_relation_goes_to_the_person_alone_until_it_is_used_again() -> None:
    s = scene(RestrictRelation(HOSPITAL, RELATION, True), BY_HOSPITAL)
    assert s.commit().events == (RelationRestricted(RELATION, HOSPITAL, True),)
    assert queries.restricted(s.state, RELATION)
    permit = directive()
    consent_keeper.put_directive(s.state, permit)
    to_clinic = (int(BasisKind.DIRECTIVE), permit.id, 1)
    refused = access_errors.RelationRestricted.code
    assert release(s, "clinic", to_clinic).run().code == refused
    own = release(s, "patient", (int(BasisKind.SELF), None, 0), staff=None)
    assert own.run().code == 0
    s = then(s, RestrictRelation(HOSPITAL, RELATION, False), BY_HOSPITAL)
    s.commit()
    assert release(s, "clinic", to_clinic).run().code == 0


@pytest.mark.parametrize(
    ("entry", "texts"),
    [
        (
            Asked(1, 1, bytes(32), NOW, None, 0, RECEIPT, None),
            ["an unanswered petition has no receipt, time or ground"],
        ),
        (Asked(1, 1, bytes(32), NOW, 1, 0, None, NOW), ["an answer has a receipt, and comes after its petition"]),
        (
            Asked(1, 1, bytes(32), NOW, 1, 0, RECEIPT, NOW - 1),
            ["an answer has a receipt, and comes after its petition"],
        ),
        (Asked(1, 1, bytes(32), NOW, 1, 3, RECEIPT, NOW), ["a ground is one of its outcome's"]),
        (Asked(1, 1, bytes(32), NOW, 3, 1, RECEIPT, NOW), ["only an erasure is deferred"]),
    ],
)
def test_invariants_of_petitions_find_each_breach(entry: Asked, texts: list[str]) -> None:
    s = scene(RestrictRelation(HOSPITAL, RELATION, True), BY_HOSPITAL)
    keeper.put_petition(s.state, RELATION, name("petition"), entry)
    assert list(violations(s.state, RELATION)) == texts
