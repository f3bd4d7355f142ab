"""Policy sets and preferences, attested consents, orders: who says what, and what each leaves alone."""

from typing import Any

import pytest
from msgspec.structs import replace

from contracts.precedence import NETWORK, NOW, Scene
from contracts.region import (
    BY_CLINIC,
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    CUSTODIAL,
    DIRECTIVE,
    GROUP,
    HOSPITAL,
    OTHER,
    PATIENT,
    PAYMENT,
    RELATION,
    RESEARCH,
    STAFF,
    TREAT,
    directive,
    name,
    region,
    scene,
    signer,
    then,
)
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Organisation, Staff
from salus.contracts.consent import errors, events, keeper, queries
from salus.contracts.consent.for_access import ForAccess
from salus.contracts.consent.invariants import violations
from salus.contracts.consent.lapse import lapse_custodial_permits
from salus.contracts.consent.messages import (
    AckDirective,
    AttestConsent,
    GrantConsent,
    NamePolicySet,
    RecordOrder,
    RevokeConsent,
    SetPreference,
    WithdrawOrder,
)
from salus.contracts.consent.types import NOTHING_CHOSEN, Attestation, Chosen, Method
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance import queries as governance
from salus.contracts.governance.types import Group, Policies
from salus.core.hashing import object_id
from salus.core.keys import FOREVER, Role
from salus.policy.policies import NO_SET, STRICT, STRICT_OPT_IN, Choice, Order, PolicyInForce
from salus.policy.types import Capacity, Effect, OrganisationRole, Status

SET, FOREIGN, COURT = name("policy set"), name("foreign set"), name("court")
OUT, IN = int(Choice.OUT), int(Choice.IN)
BY_OTHER = signer(OTHER, "other clinic", Role.GATEWAY)
BY_COURT = signer(COURT, "other clinic", Role.GATEWAY)
BODY = replace(STRICT_OPT_IN, jurisdiction="north")


def state_with_sets() -> Any:
    state = region()
    governance_keeper.put_policies(state, SET, Policies(3, BODY))
    governance_keeper.put_policies(state, FOREIGN, Policies(1, replace(BODY, jurisdiction="south")))
    accounts_keeper.put_staff(state, OTHER, STAFF, Staff(0, FOREVER))
    return state


def attest(**fields: Any) -> AttestConsent:
    sound = AttestConsent(
        OTHER, STAFF, int(Method.ON_PAPER), name("paper"), RELATION, None, (1, CLINIC), 1, (TREAT,), NOW, NOW + 9, 0, 0,
        (False, 0, False), bytes(32),
    )  # fmt: skip
    return replace(sound, **fields)


def order(**fields: Any) -> RecordOrder:
    sound = RecordOrder(HOSPITAL, HOSPITAL, RELATION, CLINIC, TREAT, NOW, NOW + 9, 4, name("writ"))
    return replace(sound, **fields)


# --- policy sets and preferences


def test_a_relation_is_under_strict_opt_in_until_a_set_is_named() -> None:
    s = scene(NamePolicySet(HOSPITAL, RELATION, SET), BY_HOSPITAL, state=state_with_sets())
    assert queries.policy_of(governance, s.state, RELATION) == STRICT
    assert s.commit().events == (events.PolicySetNamed(RELATION, HOSPITAL, SET),)
    assert queries.policy_of(governance, s.state, RELATION) == PolicyInForce(SET, 3, BODY, ())
    assert ForAccess(governance).policy_of(s.state, RELATION) == PolicyInForce(SET, 3, BODY, ())
    then(s, NamePolicySet(HOSPITAL, RELATION, NO_SET), BY_HOSPITAL).commit()
    assert queries.policy_of(governance, s.state, RELATION) == STRICT


def test_a_new_version_of_the_set_is_in_force_at_once() -> None:
    s = scene(NamePolicySet(HOSPITAL, RELATION, SET), BY_HOSPITAL, state=state_with_sets())
    s.commit()
    governance_keeper.put_policies(s.state, SET, Policies(4, BODY))
    assert queries.policy_of(governance, s.state, RELATION).version == 4


def test_naming_a_set_never_touches_the_preference_nor_the_other_way_round() -> None:
    s = scene(SetPreference(RELATION, 1, ((0, OUT), (TREAT, IN))), BY_PATIENT, state=state_with_sets())
    assert s.commit().events == (events.PreferenceSet(RELATION, 1, ((0, OUT), (TREAT, IN))),)
    then(s, NamePolicySet(HOSPITAL, RELATION, SET), BY_HOSPITAL).commit()
    assert queries.policy_of(governance, s.state, RELATION).preference == ((0, OUT), (TREAT, IN))
    then(s, SetPreference(RELATION, 1, ((PAYMENT, OUT),)), BY_PATIENT).commit()
    assert queries.chosen(s.state, RELATION) == Chosen(SET, ((PAYMENT, OUT),), 1)


def test_a_custodian_cannot_name_the_set_of_a_foreign_jurisdiction() -> None:
    s = scene(NamePolicySet(HOSPITAL, RELATION, FOREIGN), BY_HOSPITAL, state=state_with_sets())
    assert s.run().code == errors.ForeignPolicySet.code


def test_nobody_but_the_custodian_names_a_set_not_even_the_person() -> None:
    for custodian, by in ((HOSPITAL, BY_PATIENT), (CLINIC, BY_CLINIC), (HOSPITAL, BY_CLINIC)):
        assert scene(NamePolicySet(custodian, RELATION, SET), by, state=state_with_sets()).run().code in (
            errors.NotTheGateway.code,
            errors.NotTheCustodian.code,
        )


def test_a_preference_without_the_persons_signature_is_refused() -> None:
    for signers in ((), (BY_CLINIC,), (BY_HOSPITAL,)):
        for capacity in Capacity:
            s = scene(SetPreference(RELATION, int(capacity), ((0, IN),)), *signers)
            assert s.run().code == errors.NotAuthorised.code


def test_a_custodian_opts_nobody_in_to_research_nor_to_everything() -> None:
    for choices, code in (
        (((RESEARCH, IN),), errors.BarredForCustodian.code),
        (((0, IN),), errors.BarredForCustodian.code),
        (((0, OUT), (TREAT, IN), (RESEARCH, OUT)), 0),
    ):
        assert scene(SetPreference(CUSTODIAL, Capacity.CUSTODIAN, choices), BY_HOSPITAL).run().code == code
    assert scene(SetPreference(RELATION, Capacity.SELF, ((0, IN), (RESEARCH, IN))), BY_PATIENT).run().code == 0


def test_what_a_custodian_opted_in_to_does_not_survive_the_claim_and_where_it_opted_out_does() -> None:
    s = scene(SetPreference(CUSTODIAL, Capacity.CUSTODIAN, ((TREAT, IN), (PAYMENT, OUT))), BY_HOSPITAL)
    s.commit()
    ctx = s.context()
    lapse_custodial_permits(ctx, CUSTODIAL)
    assert ctx.events == [events.CustodialPreferenceLapsed(CUSTODIAL, ((PAYMENT, OUT),))]
    assert queries.chosen(ctx.state, CUSTODIAL).preference == ((PAYMENT, OUT),)
    again = scene(SetPreference(RELATION, 1, ((TREAT, IN),)), BY_PATIENT)
    again.commit()
    ctx = again.context()
    lapse_custodial_permits(ctx, RELATION)  # what the person said herself stays, should she claim again
    assert ctx.events == [] and queries.chosen(ctx.state, RELATION).preference == ((TREAT, IN),)
    assert queries.chosen(region(), RELATION) == NOTHING_CHOSEN


# --- attested consents


def test_an_attested_consent_stands_unacknowledged_and_says_for_ever_who_answers_for_it() -> None:
    s = scene(attest(), BY_OTHER, state=state_with_sets())
    (event,) = s.commit().events
    assert isinstance(event, events.ConsentAttested) and event.attester == OTHER
    found = queries.directive(s.state, RELATION, event.directive)
    assert found is not None
    assert (found.capacity, found.status, found.version) == (Capacity.ATTESTED, Status.UNACKNOWLEDGED, 1)
    assert queries.attestation(s.state, RELATION, event.directive) == Attestation(OTHER, STAFF, 1, name("paper"))
    then(s, AckDirective(HOSPITAL, RELATION, event.directive), BY_HOSPITAL).commit()
    assert list(violations(s.state, RELATION)) == []
    then(s, RevokeConsent(RELATION, 1, event.directive), BY_PATIENT).commit()
    assert list(violations(s.state, RELATION)) == []


def test_an_attested_consent_does_not_claim_to_be_signed() -> None:
    message = GrantConsent(
        RELATION, int(Capacity.ATTESTED), None, (1, CLINIC), 1, (TREAT,), NOW, NOW + 9, 0, 0, (False, 0, False),
        bytes(32),
    )  # fmt: skip
    for by in (BY_PATIENT, BY_HOSPITAL, BY_OTHER):
        assert scene(message, by, state=state_with_sets()).run().code == errors.NotAuthorised.code


def test_the_grantee_cannot_attest_its_own_permit_neither_by_name_role_nor_group() -> None:
    state = state_with_sets()
    governance_keeper.put_group(state, GROUP, Group("care network", 1, (OTHER,)))
    role = int(OrganisationRole.CLINIC).to_bytes(2, "big")
    for grantee in ((1, OTHER), (2, role), (3, GROUP)):
        s = scene(attest(grantee=grantee), BY_OTHER, state=state)
        assert s.run().code == errors.AttestedByGrantee.code
        deny = scene(attest(grantee=grantee, effect=int(Effect.DENY)), BY_OTHER, state=state)
        assert deny.run().code == 0, "a deny gains its attester nothing"


def test_an_attested_consent_does_not_replace_what_the_person_signed() -> None:
    s = scene(attest(replaces=DIRECTIVE), BY_OTHER, state=state_with_sets())
    keeper.put_directive(s.state, directive())
    assert s.run().code == errors.SignedByPerson.code
    own = then(s, GrantConsent(
        RELATION, 1, DIRECTIVE, (1, CLINIC), 1, (TREAT,), NOW, NOW + 9, 0, 0, (False, 0, False), bytes(32)
    ), BY_PATIENT)  # fmt: skip
    assert own.run().code == 0


def test_the_person_replaces_an_attested_consent_by_one_she_signs() -> None:
    s = scene(attest(), BY_OTHER, state=state_with_sets())
    attested = s.commit().events[0].directive  # type: ignore[attr-defined]
    own = then(s, GrantConsent(
        RELATION, 1, attested, (1, CLINIC), 1, (TREAT,), NOW, NOW + 9, 0, 0, (False, 0, False), bytes(32)
    ), BY_PATIENT)  # fmt: skip
    own.commit()
    assert list(violations(own.state, RELATION)) == []


@pytest.mark.parametrize("method", Method)
def test_methods_of_attestation(method: Method) -> None:
    assert scene(attest(method=int(method)), BY_OTHER, state=state_with_sets()).run().code == 0


def test_invariants_find_an_attested_directive_nobody_answers_for_and_an_answer_for_none() -> None:
    text = "somebody answers for a directive that the person did not sign, and for no other"
    state = region()
    keeper.put_directive(state, directive(capacity=int(Capacity.ATTESTED)))
    assert list(violations(state, RELATION)) == [text]
    state = region()
    keeper.put_attestation(state, RELATION, DIRECTIVE, Attestation(OTHER, STAFF, 1, bytes(32)))
    assert list(violations(state, RELATION)) == [text]


# --- orders


def test_an_order_stands_with_its_terms_and_is_withdrawn_once_by_its_issuer() -> None:
    s = scene(order(), BY_HOSPITAL)
    new = object_id("order", NETWORK, RELATION, s.nonce, 0, 0)
    (event,) = s.commit().events
    assert event == events.OrderRecorded(
        RELATION, HOSPITAL, HOSPITAL, CLINIC, new, TREAT, NOW, NOW + 9, 4, name("writ")
    )
    stands = Order(HOSPITAL, CLINIC, TREAT, NOW, NOW + 9, 4, name("writ"), withdrawn=False)
    assert queries.order(s.state, RELATION, new) == stands
    assert queries.orders(s.state, RELATION) == [(new, stands)]
    assert then(s, WithdrawOrder(CLINIC, RELATION, new), BY_CLINIC).run().code == errors.NotTheIssuer.code
    done = then(s, WithdrawOrder(HOSPITAL, RELATION, new), BY_HOSPITAL)
    assert done.commit().events == (events.OrderEnded(RELATION, HOSPITAL, new),)
    assert queries.order(s.state, RELATION, new) == replace(stands, withdrawn=True)
    assert done.run().code == errors.OrderWithdrawn.code
    assert list(violations(s.state, RELATION)) == []


def test_only_a_regulator_or_the_custodian_issues_an_order() -> None:
    assert scene(order(issuer=CLINIC), BY_CLINIC).run().code == errors.NotAnIssuer.code
    assert scene(order(custodian=CLINIC, issuer=CLINIC), BY_CLINIC).run().code == errors.NotTheCustodian.code
    state = region()
    court = Organisation("court", "north", (int(OrganisationRole.REGULATOR),), 1, bytes(32))
    accounts_keeper.put_organisation(state, COURT, court)
    outsider: Scene = scene(order(issuer=COURT), BY_COURT, state=state)
    assert outsider.run().code == errors.NotAnIssuer.code, "a regulator that is no member"


def test_an_order_is_never_for_break_glass_nor_to_a_person() -> None:
    assert scene(order(purpose=4), BY_HOSPITAL).run().code == errors.BreakGlassByPermit.code
    assert scene(order(recipient=RELATION, purpose=PATIENT), BY_HOSPITAL).run().code == errors.NoSuchRecipient.code


def test_invariants_find_an_order_without_a_period_and_an_unsorted_preference() -> None:
    state = region()
    keeper.put_order(state, RELATION, name("o"), Order(HOSPITAL, CLINIC, TREAT, NOW, NOW, 4, bytes(32), False))
    keeper.put_chosen(state, RELATION, Chosen(NO_SET, ((TREAT, IN), (0, OUT)), 1))
    assert list(violations(state, RELATION)) == ["an order has a period", "a preference is sorted by purpose"]
