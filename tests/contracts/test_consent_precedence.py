"""Every refusal of the consent contract, alone and in pairs."""

from typing import Any

import pytest
from msgspec.structs import replace

from contracts.precedence import NOW, Case, Scene, alone, assert_complete, assert_documented, pairs
from contracts.region import (
    BREAK_GLASS,
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    CUSTODIAL,
    DIRECTIVE,
    HOSPITAL,
    OTHER,
    PAYMENT,
    RELATION,
    RESEARCH,
    STAFF,
    TREAT,
    directive,
    name,
    scene,
    signer,
)
from salus.contracts import consent
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts import recovery_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.recovery_types import Frozen
from salus.contracts.accounts.types import Organisation, Person, PersonState, Staff
from salus.contracts.consent import errors, keeper
from salus.contracts.consent.keys import directive_key
from salus.contracts.consent.messages import (
    MESSAGES,
    AckDirective,
    AttestConsent,
    ConfirmGrant,
    DenyTotally,
    GrantConsent,
    NamePolicySet,
    ReaffirmConsent,
    RecordOrder,
    RevokeConsent,
    SetPreference,
    WithdrawOrder,
)
from salus.contracts.consent.types import Method
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Member, MemberState, Policies
from salus.core.hashing import object_id
from salus.core.keys import FOREVER, Role
from salus.policy.policies import STRICT_OPT_IN, Choice, Order
from salus.policy.types import Capacity, Effect, GranteeKind, OrganisationRole, Status

ANYONE = (int(GranteeKind.ANYONE), b"")
BY_NAME = (int(GranteeKind.ORGANISATION), CLINIC)
POLICY_SET, ORDER = name("policy set"), name("order")
STANDING = Order(OTHER, CLINIC, TREAT, NOW, NOW + 9, 4, name("writ"), withdrawn=False)
BY_OTHER = signer(OTHER, "other clinic", Role.GATEWAY)


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


def reaffirm() -> Scene:
    s = scene(ReaffirmConsent(RELATION, Capacity.SELF, DIRECTIVE), BY_PATIENT)
    keeper.put_directive(s.state, directive(status=Status.SUSPENDED))
    return s


def prefer() -> Scene:
    """A custodian's word, so that every refusal of a preference can come about."""
    return scene(
        SetPreference(CUSTODIAL, Capacity.CUSTODIAN, ((TREAT, Choice.IN), (RESEARCH, Choice.OUT))), BY_HOSPITAL
    )


def name_set() -> Scene:
    s = scene(NamePolicySet(HOSPITAL, RELATION, POLICY_SET), BY_HOSPITAL)
    governance_keeper.put_policies(s.state, POLICY_SET, Policies(1, replace(STRICT_OPT_IN, jurisdiction="north")))
    return s


def attest() -> Scene:
    """The other clinic attests a permit for the clinic; it replaces one that the custodian gave."""
    message = AttestConsent(
        OTHER, STAFF, Method.ON_PAPER, name("paper"), CUSTODIAL, DIRECTIVE, BY_NAME, Effect.PERMIT, (TREAT,), NOW,
        NOW + 9, 0, 0, (False, 0, False), bytes(32),
    )  # fmt: skip
    s = scene(message, BY_OTHER)
    accounts_keeper.put_staff(s.state, OTHER, STAFF, Staff(0, FOREVER))
    keeper.put_directive(s.state, directive(relation=CUSTODIAL, capacity=2))
    return s


def order() -> Scene:
    message = RecordOrder(HOSPITAL, OTHER, RELATION, CLINIC, TREAT, NOW, NOW + 9, 4, name("writ"))
    s = scene(message, BY_OTHER)
    regulator = Organisation("court", "north", (int(OrganisationRole.REGULATOR),), 1, bytes(32))
    accounts_keeper.put_organisation(s.state, OTHER, regulator)
    return s


def withdraw() -> Scene:
    s = scene(WithdrawOrder(OTHER, RELATION, ORDER), BY_OTHER)
    keeper.put_order(s.state, RELATION, ORDER, STANDING)
    return s


def confirm() -> Scene:
    s = scene(ConfirmGrant(RELATION, DIRECTIVE), BY_PATIENT)
    keeper.put_directive(s.state, directive(capacity=int(Capacity.REPRESENTATIVE), under=name("authority")))
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
            keeper.put_directive(s.state, replace(found, **fields))

    return defect


def full(s: Scene) -> None:
    governance_keeper.put_parameter(s.state, Parameter.MAX_ACTIVE_PERMITS, 1)
    keeper.put_directive(s.state, directive(id=name("other permit"), relation=relation_of(s)))


def taken(s: Scene) -> None:
    relation = relation_of(s)
    new = object_id("directive", s.network, relation, s.nonce, s.index, 0)
    keeper.put_directive(s.state, directive(id=new, relation=relation, end=NOW))


def held_by_another(s: Scene) -> None:
    accounts_keeper.put_person(
        s.state, RELATION, Person(name("elsewhere"), PersonState.CLAIMED, 1, 1, bytes(32), False)
    )


def other_realm(s: Scene) -> None:
    foreign = replace(STRICT_OPT_IN, jurisdiction="south")
    governance_keeper.put_policies(s.state, POLICY_SET, Policies(2, foreign))


def inactive(s: Scene) -> None:
    governance_keeper.put_member(s.state, OTHER, Member(MemberState.WINDING_DOWN, False, False))


def barred(s: Scene) -> None:
    recovery_keeper.put_frozen(s.state, RELATION, Frozen(NOW, None))


def persons_own(s: Scene) -> None:
    stored(capacity=int(Capacity.SELF))(s)


def preferring(first: Any = None, last: Any = None, research: int = 1) -> Any:
    """Put a choice before or after those of the message, or change the one for research."""

    def defect(s: Scene) -> None:
        choices = s.message.preference  # type: ignore[attr-defined]
        changed = tuple((p, research if p == RESEARCH and research == 2 else c) for p, c in choices)
        s.change(preference=tuple(x for x in (first, *changed, last) if x is not None))

    return defect


def change_order(s: Scene, **fields: Any) -> None:
    found = keeper.get_order(s.state, RELATION, ORDER)
    assert found is not None
    keeper.put_order(s.state, RELATION, ORDER, replace(found, **fields))


def order_taken(s: Scene) -> None:
    keeper.put_order(s.state, RELATION, object_id("order", s.network, RELATION, s.nonce, s.index, 0), STANDING)


def no_regulator(s: Scene) -> None:
    accounts_keeper.put_organisation(s.state, OTHER, Organisation("clinic", "north", (2,), 1, bytes(32)))


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
TERMS = {
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
}
TERMS_APART = (
    GRANTEES_APART
    | STATUS_APART
    | {
        (errors.MalformedGrantee, errors.PermitToAnyone): ONE_GRANTEE,
        (errors.PermitToAnyone, errors.NoSuchGrantee): ONE_GRANTEE,
    }
)
CASES = (
    Case(
        "GrantConsent",
        grant,
        {errors.NoSuchRelation: no_relation, errors.NotAuthorised: unsigned, **TERMS},
        TERMS_APART,
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
            errors.AlreadyAcknowledged: (stored(status=int(Status.ACTIVE)), stored(status=int(Status.SUSPENDED))),
        },
        STATUS_APART
        | {
            (errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's",
            (errors.DirectiveRevoked, errors.AlreadyAcknowledged): ONE_STATUS,
            (errors.DirectiveReplaced, errors.AlreadyAcknowledged): ONE_STATUS,
        },
    ),
    Case(
        "SetPreference",
        prefer,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: unsigned,
            errors.UnsortedPurposes: (preferring(first=(PAYMENT, 1)), preferring(last=(RESEARCH, 1))),
            errors.NoSuchPurpose: preferring(last=(99, 1)),
            errors.BarredForCustodian: (preferring(first=(0, 2)), preferring(research=2)),
        },
    ),
    Case(
        "NamePolicySet",
        name_set,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotTheCustodian: held_by_another,
            errors.NoSuchPolicySet: lambda s: s.change(set=name("no set")),
            errors.ForeignPolicySet: other_realm,
        },
        {(errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's"},
    ),
    Case(
        "AttestConsent",
        attest,
        {
            errors.NotTheGateway: (unsigned, lambda s: s.signers.__setitem__(0, BY_HOSPITAL)),
            errors.NoSuchRelation: no_relation,
            **TERMS,
            errors.AttesterNotActive: inactive,
            errors.StaffNotAttested: lambda s: s.change(staff=name("nobody")),
            errors.UnknownMethod: (lambda s: s.change(method=0), lambda s: s.change(method=4)),
            errors.AttestedByGrantee: (
                to(GranteeKind.ORGANISATION, OTHER),
                to(GranteeKind.ROLE, int(OrganisationRole.CLINIC).to_bytes(2, "big")),
            ),
            errors.SignedByPerson: persons_own,
        },
        TERMS_APART
        | {
            (errors.MalformedGrantee, errors.AttestedByGrantee): ONE_GRANTEE,
            (errors.PermitToAnyone, errors.AttestedByGrantee): ONE_GRANTEE,
            (errors.NoSuchGrantee, errors.AttestedByGrantee): ONE_GRANTEE,
        },
    ),
    Case(
        "RecordOrder",
        order,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotTheCustodian: (held_by_another, lambda s: s.change(custodian=CLINIC)),
            errors.InvalidPeriod: (over, empty),
            errors.NoSuchPurpose: lambda s: s.change(purpose=0),
            errors.BreakGlassByPermit: lambda s: s.change(purpose=BREAK_GLASS),
            errors.NotAnIssuer: (inactive, no_regulator),
            errors.NoSuchRecipient: (
                lambda s: s.change(recipient=RELATION),
                lambda s: s.change(recipient=name("nobody")),
            ),
            errors.OrderExists: order_taken,
        },
        {
            (errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's",
            (errors.NoSuchPurpose, errors.BreakGlassByPermit): "an order names one purpose",
        },
    ),
    Case(
        "WithdrawOrder",
        withdraw,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchOrder: lambda s: s.change(order=name("no order")),
            errors.NotTheIssuer: lambda s: keeper.put_order(s.state, RELATION, ORDER, replace(STANDING, issuer=CLINIC)),
            errors.OrderWithdrawn: lambda s: change_order(s, withdrawn=True),
        },
    ),
    Case(
        "ReaffirmConsent",
        reaffirm,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: (unsigned, barred),
            errors.NoSuchDirective: no_directive,
            errors.DirectiveRevoked: stored(status=int(Status.REVOKED)),
            errors.DirectiveReplaced: stored(status=int(Status.REPLACED)),
            errors.DirectiveExpired: stored(end=NOW),
            errors.TooManyPermits: full,
            errors.NotSuspended: (stored(status=int(Status.ACTIVE)), stored(status=int(Status.UNACKNOWLEDGED))),
        },
        STATUS_APART
        | {
            (errors.DirectiveRevoked, errors.NotSuspended): ONE_STATUS,
            (errors.DirectiveReplaced, errors.NotSuspended): ONE_STATUS,
        },
    ),
    Case(
        "ConfirmGrant",
        confirm,
        {
            errors.NoSuchRelation: no_relation,
            errors.NotAuthorised: unsigned,
            errors.NoSuchDirective: no_directive,
            errors.DirectiveRevoked: stored(status=int(Status.REVOKED)),
            errors.DirectiveReplaced: stored(status=int(Status.REPLACED)),
            errors.DirectiveExpired: stored(end=NOW),
            errors.NotUnderAuthority: stored(under=None),
        },
        STATUS_APART,
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
    assert_documented(consent, CASES)
