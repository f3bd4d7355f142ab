"""Scenes of the messages about the life of a relation: death, closing, change of custody."""

from typing import Any

from contracts.precedence import Case, Scene
from contracts.region import (
    BY_CLINIC,
    BY_HOSPITAL,
    CLINIC,
    HOSPITAL,
    RELATION,
    ROOT,
    STAFF,
    SUCCESSION,
    name,
    scene,
)
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import Person, Staff
from salus.contracts.governance.keeper import put_member
from salus.contracts.governance.types import Member, MemberState
from salus.contracts.records import errors, keeper
from salus.contracts.records.messages_life import (
    AcceptCustody,
    CloseRelation,
    OfferCustody,
    RecordDeath,
    ReopenRelation,
    ReverseDeath,
    TakeOverCustody,
    WithdrawOffer,
)
from salus.contracts.records.types_life import Closing, Death, Offer
from salus.core.keys import FOREVER
from salus.core.types import Message

EVIDENCE = name("evidence")


def at_hospital(message: Message) -> Scene:
    """The message of the hospital, which attests the member of staff."""
    s = scene(message, BY_HOSPITAL)
    accounts_keeper.put_staff(s.state, HOSPITAL, STAFF, Staff(0, FOREVER))
    return s


def death() -> Scene:
    return at_hospital(RecordDeath(HOSPITAL, RELATION, STAFF, EVIDENCE))


def reversal() -> Scene:
    s = at_hospital(ReverseDeath(HOSPITAL, RELATION, STAFF, EVIDENCE))
    die(s)
    return s


def closing() -> Scene:
    return scene(CloseRelation(HOSPITAL, RELATION), BY_HOSPITAL)


def reopening() -> Scene:
    s = scene(ReopenRelation(HOSPITAL, RELATION), BY_HOSPITAL)
    close(s)
    return s


def offer() -> Scene:
    return scene(OfferCustody(HOSPITAL, CLINIC, (RELATION,)), BY_HOSPITAL)


def withdrawal() -> Scene:
    s = scene(WithdrawOffer(HOSPITAL, (RELATION,)), BY_HOSPITAL)
    offered(s)
    return s


def acceptance() -> Scene:
    s = scene(AcceptCustody(CLINIC, ((RELATION, ROOT),)), BY_CLINIC)
    offered(s)
    return s


def take_over() -> Scene:
    s = scene(TakeOverCustody(CLINIC, HOSPITAL, ((RELATION, ROOT),)), BY_CLINIC)
    s.state.put(SUCCESSION + HOSPITAL, CLINIC)
    return s


def die(s: Scene) -> None:
    keeper.put_death(s.state, RELATION, Death(STAFF, EVIDENCE, s.time - 1))


def close(s: Scene) -> None:
    keeper.put_closing(s.state, RELATION, Closing(s.time - 1))


def offered(s: Scene, successor: bytes = CLINIC) -> None:
    keeper.put_offer(s.state, RELATION, Offer(successor, s.time - 1))


def unsigned(s: Scene) -> None:
    s.signers.clear()


def remove_person(s: Scene) -> None:
    s.state.delete(person_key(RELATION))


def change_custodian(s: Scene) -> None:
    accounts_keeper.put_person(s.state, RELATION, Person(name("elsewhere"), 1, 0, None, None, False))


def not_attested(s: Scene) -> None:
    accounts_keeper.put_staff(s.state, HOSPITAL, STAFF, Staff(0, s.time))


def suspended(member: bytes) -> Any:
    return lambda s: put_member(s.state, member, Member(int(MemberState.ACTIVE), False, True))


def winds_down(s: Scene) -> None:
    put_member(s.state, CLINIC, Member(int(MemberState.WINDING_DOWN), False, False))


OF_CUSTODIAN: dict[Any, Any] = {
    errors.NotTheGateway: unsigned,
    errors.NoSuchRelation: remove_person,
    errors.NotTheCustodian: change_custodian,
}
NOBODYS = {(errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's"}
SUCCESSOR = (suspended(CLINIC), winds_down)

CASES_OF_LIFE = (
    Case(
        "RecordDeath",
        death,
        OF_CUSTODIAN | {errors.StaffNotAttested: not_attested, errors.AlreadyDeceased: die},
        NOBODYS,
    ),
    Case(
        "ReverseDeath",
        reversal,
        OF_CUSTODIAN
        | {errors.StaffNotAttested: not_attested, errors.NotDeceased: lambda s: keeper.end_death(s.state, RELATION)},
        NOBODYS,
    ),
    Case("CloseRelation", closing, OF_CUSTODIAN | {errors.AlreadyClosed: close}, NOBODYS),
    Case(
        "ReopenRelation",
        reopening,
        {
            errors.NotTheGateway: unsigned,
            errors.MayNotHold: suspended(HOSPITAL),
            errors.NoSuchRelation: remove_person,
            errors.NotTheCustodian: change_custodian,
            errors.NotClosed: lambda s: keeper.end_closing(s.state, RELATION),
        },
        NOBODYS,
    ),
    Case(
        "OfferCustody",
        offer,
        {
            errors.NotTheGateway: unsigned,
            errors.MayNotSucceed: (*SUCCESSOR, lambda s: s.change(successor=HOSPITAL)),
        },
    ),
    Case("WithdrawOffer", withdrawal, {errors.NotTheGateway: unsigned}),
    Case("AcceptCustody", acceptance, {errors.NotTheGateway: unsigned, errors.MayNotSucceed: SUCCESSOR}),
    Case(
        "TakeOverCustody",
        take_over,
        {
            errors.NotTheGateway: unsigned,
            errors.MayNotSucceed: SUCCESSOR,
            errors.NotTheSuccessor: (
                lambda s: s.state.delete(SUCCESSION + HOSPITAL),
                lambda s: s.state.put(SUCCESSION + HOSPITAL, HOSPITAL),
                lambda s: s.change(former=CLINIC),
            ),
        },
    ),
)
