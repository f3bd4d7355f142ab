"""Every refusal of the consent contract, alone and in pairs."""

from typing import Any

import msgspec
import pytest

from contracts.precedence import NOW, Case, Scene, alone, assert_complete, assert_documented, pairs
from contracts.region import (
    BREAK_GLASS,
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    CUSTODIAL,
    DIRECTIVE,
    HOSPITAL,
    PAYMENT,
    RELATION,
    RESEARCH,
    TREAT,
    directive,
    name,
    scene,
)
from salus.contracts import consent
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.consent import errors, keeper
from salus.contracts.consent.keys import directive_key
from salus.contracts.consent.messages import MESSAGES, AckDirective, DenyTotally, GrantConsent, RevokeConsent
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import Parameter
from salus.core.hashing import object_id
from salus.policy.types import Capacity, Effect, GranteeKind, Status

ANYONE = (int(GranteeKind.ANYONE), b"")
BY_NAME = (int(GranteeKind.ORGANISATION), CLINIC)


def grant() -> Scene:
    """A custodian's permit, so that every refusal of a grant can come about; it replaces one."""
    message = GrantConsent(
        CUSTODIAL, Capacity.CUSTODIAN, DIRECTIVE, BY_NAME, Effect.PERMIT, (TREAT,), NOW, NOW + 9, 0, 0,
        (False, 0, False), bytes(32),
    )  # fmt: skip
    s = scene(message, BY_HOSPITAL)
    keeper.put_directive(s.state, directive(relation=CUSTODIAL, capacity=2))
    return s


def deny() -> Scene:
    return scene(DenyTotally(RELATION, Capacity.SELF, ANYONE, (TREAT,), NOW, NOW + 9), BY_PATIENT)


def revoke() -> Scene:
    s = scene(RevokeConsent(RELATION, Capacity.SELF, DIRECTIVE), BY_PATIENT)
    keeper.put_directive(s.state, directive())
    return s


def acknowledge() -> Scene:
    s = scene(AckDirective(HOSPITAL, RELATION, DIRECTIVE), BY_HOSPITAL)
    keeper.put_directive(s.state, directive(status=Status.UNACKNOWLEDGED))
    return s


def relation_of(s: Scene) -> bytes:
    return s.message.relation  # type: ignore[attr-defined, no-any-return]


def no_relation(s: Scene) -> None:
    s.state.delete(person_key(relation_of(s)))


def unsigned(s: Scene) -> None:
    s.signers.clear()


def over(s: Scene) -> None:
    s.change(end=NOW)


def empty(s: Scene) -> None:
    s.change(start=NOW + 9)


def add_purposes(*first: int) -> Any:
    """Put further purposes before those of the message, whatever their order."""

    def defect(s: Scene) -> None:
        s.change(purposes=(*first, *s.message.purposes))  # type: ignore[attr-defined]

    return defect


def with_purpose(number: int) -> Any:
    """Add a purpose in its place."""

    def defect(s: Scene) -> None:
        s.change(purposes=(*s.message.purposes, number))  # type: ignore[attr-defined]

    return defect


def to(kind: GranteeKind, who: bytes) -> Any:
    return lambda s: s.change(grantee=(int(kind), who))


def no_directive(s: Scene) -> None:
    """The id names nothing: the message looks for another one."""
    s.state.delete(directive_key(relation_of(s), DIRECTIVE))


def stored(**fields: Any) -> Any:
    def defect(s: Scene) -> None:
        found = keeper.get_directive(s.state, relation_of(s), DIRECTIVE)
        if found is not None:
            keeper.put_directive(s.state, msgspec.structs.replace(found, **fields))

    return defect


def full(s: Scene) -> None:
    governance_keeper.put_parameter(s.state, Parameter.MAX_ACTIVE_PERMITS, 1)
    keeper.put_directive(s.state, directive(id=name("other permit"), relation=relation_of(s)))


def taken(s: Scene) -> None:
    relation = relation_of(s)
    new = object_id("directive", s.network, relation, s.nonce, s.index, 0)
    keeper.put_directive(s.state, directive(id=new, relation=relation, end=NOW))


def held_by_another(s: Scene) -> None:
    accounts_keeper.put_person(s.state, RELATION, Person(name("elsewhere"), PersonState.CLAIMED, 1, 1, bytes(32)))


ONE_GRANTEE = "a message names one grantee"
ONE_STATUS = "a directive has one status"
GRANTEES_APART = {(errors.MalformedGrantee, errors.NoSuchGrantee): ONE_GRANTEE}
STATUS_APART = {(errors.DirectiveRevoked, errors.DirectiveReplaced): ONE_STATUS}
GRANTEES = {
    errors.MalformedGrantee: (
        to(GranteeKind.ORGANISATION, CLINIC[:-1]),
        to(GranteeKind.ROLE, b"\x01"),
        to(GranteeKind.GROUP, b""),
        to(GranteeKind.ANYONE, b"x"),
    ),
    errors.NoSuchGrantee: (
        to(GranteeKind.ORGANISATION, name("nobody")),
        to(GranteeKind.ORGANISATION, RELATION),
        to(GranteeKind.ROLE, b"\x00\x63"),
        to(GranteeKind.GROUP, name("no group")),
    ),
}
CASES = (
    Case(
        "GrantConsent",
        grant,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: unsigned,
            errors.InvalidPeriod: (over, empty),
            errors.UnsortedPurposes: (add_purposes(PAYMENT), add_purposes(TREAT)),
            errors.NoSuchPurpose: add_purposes(0),
            errors.BreakGlassByPermit: with_purpose(BREAK_GLASS),
            errors.BarredForCustodian: with_purpose(RESEARCH),
            errors.ContradictoryEmergency: lambda s: s.change(emergency=(True, 0, True)),
            errors.MalformedGrantee: GRANTEES[errors.MalformedGrantee],
            errors.PermitToAnyone: to(GranteeKind.ANYONE, b""),
            errors.NoSuchGrantee: GRANTEES[errors.NoSuchGrantee],
            errors.NoSuchDirective: no_directive,
            errors.DirectiveRevoked: stored(status=int(Status.REVOKED)),
            errors.DirectiveReplaced: stored(status=int(Status.REPLACED)),
            errors.DirectiveExpired: stored(end=NOW),
            errors.OtherEffect: stored(effect=int(Effect.DENY)),
            errors.TooManyPermits: full,
            errors.DirectiveExists: taken,
        },
        GRANTEES_APART
        | STATUS_APART
        | {
            (errors.MalformedGrantee, errors.PermitToAnyone): ONE_GRANTEE,
            (errors.PermitToAnyone, errors.NoSuchGrantee): ONE_GRANTEE,
        },
    ),
    Case(
        "DenyTotally",
        deny,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: unsigned,
            errors.InvalidPeriod: (over, empty),
            errors.UnsortedPurposes: (add_purposes(PAYMENT), add_purposes(TREAT)),
            errors.NoSuchPurpose: add_purposes(0),
            errors.MalformedGrantee: GRANTEES[errors.MalformedGrantee],
            errors.NoSuchGrantee: GRANTEES[errors.NoSuchGrantee],
            errors.DirectiveExists: taken,
        },
        GRANTEES_APART,
    ),
    Case(
        "RevokeConsent",
        revoke,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: unsigned,
            errors.NoSuchDirective: no_directive,
            errors.DirectiveRevoked: stored(status=int(Status.REVOKED)),
            errors.DirectiveReplaced: stored(status=int(Status.REPLACED)),
        },
        STATUS_APART,
    ),
    Case(
        "AckDirective",
        acknowledge,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotTheCustodian: held_by_another,
            errors.NoSuchDirective: no_directive,
            errors.DirectiveRevoked: stored(status=int(Status.REVOKED)),
            errors.DirectiveReplaced: stored(status=int(Status.REPLACED)),
            errors.DirectiveExpired: stored(end=NOW),
            errors.AlreadyAcknowledged: stored(status=int(Status.ACTIVE)),
        },
        STATUS_APART
        | {
            (errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's",
            (errors.DirectiveRevoked, errors.AlreadyAcknowledged): ONE_STATUS,
            (errors.DirectiveReplaced, errors.AlreadyAcknowledged): ONE_STATUS,
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
    assert_documented(consent, CASES)
