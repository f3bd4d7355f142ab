"""Every refusal of the representation contract, alone and in pairs."""

from typing import Any

import pytest

from contracts.families import (
    ALL_POWERS,
    AUNT,
    BY_FATHER,
    BY_MOTHER,
    FATHER,
    MOTHER,
    OF_AUNT,
    OF_FATHER,
    OF_MOTHER,
    PROTECT,
    at_home,
    delegation,
    representation,
)
from contracts.precedence import NOW, Case, Scene, alone, assert_complete, assert_documented, pairs
from contracts.region import (
    BY_HOSPITAL,
    BY_PATIENT,
    BY_REGULATOR,
    CLINIC,
    CUSTODIAL,
    HOSPITAL,
    OTHER,
    REGULATOR,
    RELATION,
    RESEARCH,
    STAFF,
    TREAT,
    name,
    signer,
)
from salus.contracts import representation as contract
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import Person, PersonState, Staff
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.representation import errors, keeper
from salus.contracts.representation.keys import delegation_key, representation_key
from salus.contracts.representation.messages import (
    MESSAGES,
    AttestRepresentation,
    DeclareIncapacity,
    DisputeRepresentation,
    EndDelegate,
    EndIncapacity,
    EndRepresentation,
    NameDelegate,
    NameProxy,
    NarrowRepresentation,
    RenewRepresentation,
    SettleDispute,
)
from salus.contracts.representation.types import Incapacity, Rule, Springs, Standing
from salus.core.errors import Refusal
from salus.core.hashing import object_id
from salus.core.keys import FOREVER, Role

TERM = BOUNDS[Parameter.REPRESENTATION_TERM_MS].default
PROXY_TERM = BOUNDS[Parameter.PROXY_TERM_MS].default
BY_CLINIC = signer(CLINIC, "clinic", Role.GATEWAY)
TERMS = (ALL_POWERS, (TREAT, RESEARCH))
UNDER = (int(Rule.ANY), 0, int(Springs.NOTHING))


def put(**fields: Any) -> Any:
    """A defect or a scene's part: what the mother has is another."""

    def change(s: Scene) -> None:
        found = keeper.get_representation(s.state, RELATION, OF_MOTHER)
        base = {} if found is None else {key: getattr(found, key) for key in found.__struct_fields__}
        keeper.put_representation(s.state, RELATION, OF_MOTHER, representation(**(base | fields)))

    return change


def with_mother(s: Scene, **fields: Any) -> Scene:
    put(**fields)(s)
    return s


def attest() -> Scene:
    message = AttestRepresentation(REGULATOR, RELATION, FATHER, *TERMS, *UNDER, NOW, NOW + 9, bytes(32))
    return with_mother(at_home(message, BY_REGULATOR))


def proxy() -> Scene:
    message = NameProxy(RELATION, FATHER, *TERMS, *UNDER, NOW, NOW + 9, bytes(32))
    return with_mother(at_home(message, BY_PATIENT), attester=None)


def renew() -> Scene:
    return with_mother(at_home(RenewRepresentation(HOSPITAL, RELATION, OF_MOTHER, NOW + 50), BY_HOSPITAL))


def narrow() -> Scene:
    return with_mother(at_home(NarrowRepresentation(HOSPITAL, RELATION, OF_MOTHER), BY_HOSPITAL))


def end() -> Scene:
    return with_mother(at_home(EndRepresentation(MOTHER, RELATION, OF_MOTHER), BY_MOTHER))


def dispute() -> Scene:
    s = with_mother(at_home(DisputeRepresentation(FATHER, RELATION, OF_MOTHER), BY_FATHER))
    keeper.put_representation(s.state, RELATION, OF_FATHER, representation(representative=FATHER))
    return s


def settle() -> Scene:
    s = at_home(SettleDispute(REGULATOR, RELATION, OF_MOTHER, int(Standing.SUSPENDED)), BY_REGULATOR)
    return with_mother(s, standing=int(Standing.DISPUTED))


def declare() -> Scene:
    s = at_home(DeclareIncapacity(HOSPITAL, RELATION, CLINIC, None, bytes(32)), BY_HOSPITAL, BY_CLINIC)
    accounts_keeper.put_staff(s.state, HOSPITAL, STAFF, Staff(0, FOREVER))
    return s


def recover() -> Scene:
    s = at_home(EndIncapacity(HOSPITAL, RELATION), BY_HOSPITAL)
    keeper.put_incapacity(s.state, RELATION, Incapacity(NOW - 1, CLINIC, None, bytes(32)))
    return s


def delegate() -> Scene:
    return at_home(NameDelegate(RELATION, AUNT, ALL_POWERS, (TREAT,), NOW, NOW + 9), BY_PATIENT)


def end_delegate() -> Scene:
    s = at_home(EndDelegate(RELATION, RELATION, OF_AUNT), BY_PATIENT)
    keeper.put_delegation(s.state, RELATION, OF_AUNT, delegation())
    return s


def terms(**fields: Any) -> Any:
    return lambda s: s.change(**fields)


def no_relation(s: Scene) -> None:
    s.state.delete(person_key(RELATION))


def unsigned(s: Scene) -> None:
    s.signers.clear()


def held_by_another(s: Scene) -> None:
    found = accounts_keeper.get_person(s.state, RELATION)
    if found is not None:
        accounts_keeper.put_person(s.state, RELATION, Person(OTHER, found.state, 1, 1, bytes(32), False))


def by_clinic(s: Scene) -> None:
    """A member that is neither custodian nor regulator."""
    s.signers.append(BY_CLINIC)
    s.change(**({"attester": CLINIC} if hasattr(s.message, "attester") else {"by": CLINIC}))


def nothing(s: Scene) -> None:
    s.state.delete(representation_key(RELATION, OF_MOTHER))


def full(s: Scene) -> None:
    governance_keeper.put_parameter(s.state, int(Parameter.MAX_REPRESENTATIVES), 1)


def full_of_delegates(s: Scene) -> None:
    full(s)
    keeper.put_delegation(s.state, RELATION, name("of the father"), delegation(delegate=FATHER))


def taken(s: Scene) -> None:
    new = object_id("representation", s.network, RELATION, s.nonce, s.index, 0)
    ended = representation(representative=AUNT, standing=int(Standing.ENDED))
    keeper.put_representation(s.state, RELATION, new, ended)


def delegation_taken(s: Scene) -> None:
    new = object_id("delegation", s.network, RELATION, s.nonce, s.index, 0)
    keeper.put_delegation(s.state, RELATION, new, delegation(delegate=MOTHER, ended=True))


def elsewhere(s: Scene) -> None:
    """The account is at another custodian."""
    accounts_keeper.put_person(s.state, FATHER, Person(OTHER, PersonState.CLAIMED, 1, 1, bytes(32), False))


ENDED = put(standing=int(Standing.ENDED))
WHO = "one account is named"
RELATION_APART = {(errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's"}
POWERS = {
    errors.InvalidPowers: (terms(powers=(2, 1)), terms(powers=(1, 99)), terms(powers=(2, 2))),
    errors.UnsortedPurposes: (terms(purposes=(RESEARCH, TREAT)), terms(purposes=(TREAT, TREAT))),
    errors.PurposesDoNotFit: (terms(purposes=()), terms(powers=PROTECT, purposes=(TREAT,))),
    errors.NoSuchPurpose: terms(purposes=(99,)),
}
POWERS_APART = {
    (errors.InvalidPowers, errors.PurposesDoNotFit): "the powers are one list",
    (errors.UnsortedPurposes, errors.PurposesDoNotFit): "the purposes are one list",
    (errors.UnsortedPurposes, errors.NoSuchPurpose): "the purposes are one list",
    (errors.PurposesDoNotFit, errors.NoSuchPurpose): "the purposes are one list",
}


def of_term(longest: int) -> Any:
    return terms(end=NOW, start=NOW - 1), terms(start=NOW + 9), terms(end=NOW + longest + 1)


def of_making(longest: int, represents: Any) -> Any:
    return POWERS | {
        errors.InvalidTerm: (*of_term(longest), terms(springs=int(Springs.DATE))),
        errors.NoSuchRepresentative: (
            terms(representative=name("nobody")),
            terms(representative=CUSTODIAL),
            elsewhere,
        ),
        errors.MayNotRepresent: represents,
        errors.AlreadyRepresents: terms(representative=MOTHER),
        errors.OtherRule: terms(rule=int(Rule.ALL)),
        errors.WrongPlace: terms(place=1),
        errors.TooMany: full,
        errors.IdInUse: taken,
    }


MAKING_APART = POWERS_APART | {
    (errors.NoSuchRepresentative, errors.MayNotRepresent): WHO,
    (errors.NoSuchRepresentative, errors.AlreadyRepresents): WHO,
    (errors.MayNotRepresent, errors.AlreadyRepresents): WHO,
    (errors.InvalidTerm, errors.OtherRule): "what springs on a date is beside what springs on nothing",
}
HELD = {errors.NoSuchRelation: no_relation, errors.NoSuchRepresentation: nothing}


def held_apart(*others: type[Refusal]) -> Any:
    refusals = (errors.RepresentationEnded, *others)
    return {(errors.NoSuchRepresentation, two): "what is not there has no standing" for two in refusals}


ONE = "a representation has one standing"
CASES = (
    Case(
        "AttestRepresentation",
        attest,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotAnAttester: by_clinic,
            **of_making(TERM, (terms(representative=RELATION), terms(representative=HOSPITAL))),
        },
        MAKING_APART | {(errors.NotTheGateway, errors.NotAnAttester): "who is no attester signed"},
    ),
    Case(
        "NameProxy",
        proxy,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: unsigned,
            **of_making(PROXY_TERM, (terms(representative=RELATION), terms(representative=HOSPITAL))),
        },
        MAKING_APART,
    ),
    Case(
        "RenewRepresentation",
        renew,
        HELD
        | {
            errors.NotAuthorised: (unsigned, by_clinic, terms(by=MOTHER)),
            errors.RepresentationEnded: ENDED,
            errors.InvalidTerm: (terms(end=NOW), terms(end=NOW + TERM + 1), put(start=NOW + 50, end=NOW + 60)),
        },
        held_apart(errors.InvalidTerm),
    ),
    Case(
        "NarrowRepresentation",
        narrow,
        HELD
        | {
            errors.NotAuthorised: (unsigned, by_clinic, terms(by=MOTHER)),
            errors.RepresentationEnded: ENDED,
            errors.AlreadyNarrow: put(powers=PROTECT, purposes=()),
        },
        held_apart(errors.AlreadyNarrow),
    ),
    Case(
        "EndRepresentation",
        end,
        HELD
        | {
            errors.NotAuthorised: (unsigned, by_clinic, terms(by=RELATION), terms(by=FATHER)),
            errors.RepresentationEnded: ENDED,
        },
        held_apart(),
    ),
    Case(
        "DisputeRepresentation",
        dispute,
        HELD
        | {
            errors.NotAuthorised: (unsigned, by_clinic, terms(by=MOTHER), terms(by=AUNT)),
            errors.RepresentationEnded: ENDED,
            errors.AlreadyDisputed: (
                put(standing=int(Standing.DISPUTED)),
                put(standing=int(Standing.SUSPENDED)),
            ),
        },
        held_apart(errors.AlreadyDisputed) | {(errors.RepresentationEnded, errors.AlreadyDisputed): ONE},
    ),
    Case(
        "SettleDispute",
        settle,
        HELD
        | {
            errors.NotAuthorised: (unsigned, by_clinic, terms(by=MOTHER), terms(by=RELATION)),
            errors.RepresentationEnded: ENDED,
            errors.NothingToSettle: put(standing=int(Standing.ACTIVE)),
            errors.NotASettlement: (
                terms(standing=int(Standing.DISPUTED)),
                put(standing=int(Standing.SUSPENDED)),
            ),
        },
        held_apart(errors.NothingToSettle, errors.NotASettlement)
        | {
            (errors.RepresentationEnded, errors.NothingToSettle): ONE,
            (errors.RepresentationEnded, errors.NotASettlement): ONE,
            (errors.NothingToSettle, errors.NotASettlement): ONE,
        },
    ),
    Case(
        "DeclareIncapacity",
        declare,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotTheCustodian: held_by_another,
            errors.WitnessMissing: (
                terms(witness=OTHER),
                terms(witness=HOSPITAL),
                terms(witness=HOSPITAL, staff=name("nobody")),
                terms(staff=STAFF),
                lambda s: s.signers.pop(),
            ),
            errors.AlreadyIncapable: lambda s: keeper.put_incapacity(
                s.state, RELATION, Incapacity(NOW - 1, CLINIC, None, bytes(32))
            ),
        },
        RELATION_APART | {(errors.NotTheGateway, errors.WitnessMissing): "without signers there is none to take away"},
    ),
    Case(
        "EndIncapacity",
        recover,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotTheCustodian: held_by_another,
            errors.NotIncapable: lambda s: keeper.end_incapacity(s.state, RELATION),
        },
        RELATION_APART,
    ),
    Case(
        "NameDelegate",
        delegate,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: unsigned,
            **POWERS,
            errors.InvalidTerm: of_term(PROXY_TERM),
            errors.NoSuchRepresentative: (terms(delegate=name("nobody")), terms(delegate=CUSTODIAL)),
            errors.MayNotRepresent: (terms(delegate=RELATION), terms(delegate=HOSPITAL)),
            errors.AlreadyRepresents: lambda s: keeper.put_delegation(s.state, RELATION, OF_AUNT, delegation()),
            errors.TooMany: full_of_delegates,
            errors.IdInUse: delegation_taken,
        },
        POWERS_APART
        | {(errors.NoSuchRepresentative, errors.MayNotRepresent): WHO}
        | {(one, errors.AlreadyRepresents): WHO for one in (errors.NoSuchRepresentative, errors.MayNotRepresent)},
    ),
    Case(
        "EndDelegate",
        end_delegate,
        {
            errors.NoSuchRelation: no_relation,
            errors.NoSuchDelegation: lambda s: s.state.delete(delegation_key(RELATION, OF_AUNT)),
            errors.NotAuthorised: (unsigned, terms(by=MOTHER), terms(by=HOSPITAL)),
            errors.DelegationEnded: lambda s: keeper.put_delegation(s.state, RELATION, OF_AUNT, delegation(ended=True)),
        },
        {(errors.NoSuchDelegation, errors.DelegationEnded): "what is not there has not ended"},
    ),
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
    assert_documented(contract, CASES)
