"""Who acts for whom: terms, springs, rules, disputes, delegates, and what becomes of what they granted."""

from typing import Any

import pytest
from msgspec.structs import replace

from contracts.families import (
    AUNT,
    BY_AUNT,
    BY_FATHER,
    BY_MOTHER,
    FATHER,
    OF_AUNT,
    OF_FATHER,
    OF_MOTHER,
    PROTECT,
    at_home,
    delegation,
    family,
    parents,
    put,
    representation,
)
from contracts.precedence import NOW, Scene
from contracts.region import (
    ACTING,
    BY_HOSPITAL,
    BY_PATIENT,
    BY_REGULATOR,
    CLINIC,
    DIRECTIVE,
    HOSPITAL,
    REGULATOR,
    RELATION,
    RESEARCH,
    ROOT,
    STAFF,
    TREAT,
    directive,
    name,
    put_policy,
    region,
    request,
    rule,
    signed,
    then,
    total_deny,
)
from salus.contracts.access import errors as access_errors
from salus.contracts.access.messages import RecordRelease
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Person, PersonState, Staff
from salus.contracts.consent import errors as consent_errors
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.messages import ConfirmGrant, GrantConsent, RevokeConsent, SetPreference
from salus.contracts.context import Signer
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.types import Policies
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records.messages import Petition
from salus.contracts.records.types_life import Closing, Death
from salus.contracts.representation import errors, keeper, queries
from salus.contracts.representation.events import RepresentationDisputed
from salus.contracts.representation.invariants import violations
from salus.contracts.representation.messages import (
    DeclareIncapacity,
    DisputeRepresentation,
    EndIncapacity,
    EndRepresentation,
    NarrowRepresentation,
    RenewRepresentation,
    SettleDispute,
)
from salus.contracts.representation.types import Incapacity, Rule, Springs, Standing
from salus.core.keys import FOREVER
from salus.policy.policies import EmergencyRule, Mode, PolicySet
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Capacity, Effect, GranteeKind, Power, Trigger
from salus.state.overlay import Overlay

ENDED, SUSPENDED = int(Reason.AUTHORITY_ENDED), int(Reason.AUTHORITY_SUSPENDED)
BASIS = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)
HELD = (TREAT,)


def acts(state: Overlay, *signers: Any, power: Power = Power.GRANT, purposes: Any = HELD, **fields: Any) -> Any:
    asked = {"capacity": int(Capacity.REPRESENTATIVE), "time": NOW, "deceased": False} | fields
    purposes = purposes if power == Power.GRANT else ()
    return queries.acts(state, RELATION, signers, asked["capacity"], asked["time"], power, purposes, asked["deceased"])


def holds(state: Overlay, under: bytes = OF_MOTHER, purpose: int = TREAT, time: int = NOW, dead: bool = False) -> int:
    return queries.holds(state, RELATION, under, time, purpose, dead)


def one(**fields: Any) -> Overlay:
    state = family()
    put(state, OF_MOTHER, **fields)
    return state


def test_a_representative_does_what_its_powers_and_purposes_allow() -> None:
    state = one(powers=(1, 2), purposes=(TREAT,))
    assert acts(state, BY_MOTHER) == OF_MOTHER
    assert acts(state, BY_FATHER) is None
    assert acts(state, BY_MOTHER, purposes=(TREAT, RESEARCH)) is None
    assert [acts(state, BY_MOTHER, power=power) for power in Power] == [OF_MOTHER, OF_MOTHER, None, None, None]
    assert acts(state, BY_MOTHER, capacity=int(Capacity.SELF)) is None
    assert acts(state, BY_MOTHER, capacity=int(Capacity.DELEGATE)) is None


@pytest.mark.parametrize(("time", "within"), [(NOW - 11, False), (NOW - 10, True), (NOW + 9, True), (NOW + 10, False)])
def test_a_term_holds_its_start_and_not_its_end(time: int, within: bool) -> None:
    state = one()
    assert acts(state, BY_MOTHER, time=time) == (OF_MOTHER if within else None)
    assert holds(state, time=time) == (0 if within else ENDED if time >= NOW + 10 else SUSPENDED)


@pytest.mark.parametrize(
    ("springs", "incapable", "dead", "does"),
    [
        (Springs.NOTHING, False, False, True),
        (Springs.NOTHING, True, False, True),
        (Springs.NOTHING, False, True, False),
        (Springs.DATE, False, False, True),
        (Springs.DATE, True, True, False),
        (Springs.INCAPACITY, False, False, False),
        (Springs.INCAPACITY, True, False, True),
        (Springs.INCAPACITY, True, True, False),
        (Springs.DEATH, True, False, False),
        (Springs.DEATH, False, True, True),
    ],
)
def test_what_it_springs_on(springs: Springs, incapable: bool, dead: bool, does: bool) -> None:
    state = one(springs=int(springs))
    if incapable:
        keeper.put_incapacity(state, RELATION, Incapacity(NOW, CLINIC, None, bytes(32)))
    assert acts(state, BY_MOTHER, deceased=dead) == (OF_MOTHER if does else None)
    assert acts(state, BY_MOTHER, power=Power.PROTECT, deceased=dead) == (OF_MOTHER if does else None)
    assert holds(state, dead=dead) == (0 if does else SUSPENDED)


def test_any_of_them_all_of_them_or_the_first() -> None:
    free, joint, ordered = (parents(rule) for rule in Rule)
    assert (acts(free, BY_MOTHER), acts(free, BY_FATHER)) == (OF_MOTHER, OF_FATHER)
    assert (acts(joint, BY_MOTHER), acts(joint, BY_FATHER)) == (None, None)
    assert acts(joint, BY_FATHER, BY_MOTHER) in (OF_MOTHER, OF_FATHER)
    assert (acts(ordered, BY_MOTHER), acts(ordered, BY_FATHER)) == (OF_MOTHER, None)
    for state in (free, joint, ordered):
        assert acts(state, BY_FATHER, power=Power.PROTECT) == OF_FATHER
    assert acts(joint, BY_FATHER, power=Power.ACCESS) == OF_FATHER
    assert acts(ordered, BY_FATHER, power=Power.ACCESS) is None


@pytest.mark.parametrize(
    "fields",
    [{"standing": 3}, {"standing": 4}, {"end": NOW}, {"start": NOW + 1}, {"powers": PROTECT}],
    ids=["suspended", "ended", "over", "to come", "narrow"],
)
def test_the_next_in_order_when_the_first_is_out(fields: Any) -> None:
    state = parents(Rule.ORDERED)
    put(state, OF_MOTHER, rule=int(Rule.ORDERED), place=1, **fields)
    assert acts(state, BY_FATHER) == OF_FATHER
    assert acts(state, BY_MOTHER) is None
    joint = parents(Rule.ALL)
    put(joint, OF_MOTHER, rule=int(Rule.ALL), **fields)
    assert acts(joint, BY_FATHER) == OF_FATHER  # all who may


def disputed(rule: Rule, *, honoured: tuple[int, ...] = (TREAT,)) -> Scene:
    """The father disputes what the mother has, under a set that honours another's word for some purposes."""
    state = parents(rule)
    put_policy(state)
    body = PolicySet("", (), EmergencyRule(None, 0, 0), 5, honoured)
    governance_keeper.put_policies(state, name("policy set"), Policies(1, body))
    s = at_home(DisputeRepresentation(FATHER, RELATION, OF_MOTHER), BY_FATHER, state=state)
    s.commit()
    assert list(violations(s.state, RELATION)) == []
    return s


def test_a_dispute_under_any_leaves_treatment_and_takes_the_rest_from_both() -> None:
    state = disputed(Rule.ANY).state
    for by, of in ((BY_MOTHER, OF_MOTHER), (BY_FATHER, OF_FATHER)):
        assert acts(state, by) == of
        assert acts(state, by, purposes=(RESEARCH,)) is None
        assert acts(state, by, purposes=(TREAT, RESEARCH)) is None
        assert acts(state, by, power=Power.PROTECT) == of
        assert [acts(state, by, power=power) for power in (Power.PREFER, Power.PETITION, Power.ACCESS)] == [None] * 3
        assert (holds(state, of), holds(state, of, RESEARCH)) == (0, SUSPENDED)


def test_a_dispute_where_no_set_honours_anothers_word_stops_treatment_too() -> None:
    state = disputed(Rule.ANY, honoured=(RESEARCH,)).state
    assert (acts(state, BY_MOTHER), acts(state, BY_MOTHER, purposes=(RESEARCH,))) == (None, None)
    assert (holds(state), holds(state, purpose=RESEARCH)) == (SUSPENDED, SUSPENDED)


@pytest.mark.parametrize("rule", [Rule.ALL, Rule.ORDERED])
def test_a_dispute_under_the_other_rules_stops_all_and_lets_nobody_in(rule: Rule) -> None:
    state = disputed(rule).state
    assert acts(state, BY_MOTHER, BY_FATHER) is None
    assert acts(state, BY_FATHER) is None
    assert (holds(state), holds(state, OF_FATHER)) == (SUSPENDED, SUSPENDED)
    assert acts(state, BY_FATHER, power=Power.PROTECT) == OF_FATHER


def test_the_person_disputes_one_and_the_other_goes_on() -> None:
    state = parents()
    s = at_home(DisputeRepresentation(RELATION, RELATION, OF_MOTHER), BY_PATIENT, state=state)
    (event,) = s.commit().events
    assert isinstance(event, RepresentationDisputed) and event.goes_on == ()
    assert (acts(state, BY_MOTHER), acts(state, BY_FATHER)) == (None, OF_FATHER)
    joint = parents(Rule.ALL)
    at_home(DisputeRepresentation(RELATION, RELATION, OF_MOTHER), BY_PATIENT, state=joint).commit()
    assert acts(joint, BY_FATHER) is None  # a dispute lets nobody decide alone
    assert holds(joint, OF_FATHER) == SUSPENDED


def test_a_settlement_restores_suspends_or_ends() -> None:
    s = disputed(Rule.ANY)
    then(s, SettleDispute(HOSPITAL, RELATION, OF_MOTHER, int(Standing.ACTIVE)), BY_HOSPITAL).commit()
    then(s, SettleDispute(REGULATOR, RELATION, OF_FATHER, int(Standing.SUSPENDED)), BY_REGULATOR).commit()
    assert acts(s.state, BY_MOTHER, purposes=(RESEARCH,)) == OF_MOTHER
    assert acts(s.state, BY_FATHER, power=Power.PROTECT) is None
    assert holds(s.state, OF_FATHER) == SUSPENDED
    then(s, SettleDispute(REGULATOR, RELATION, OF_FATHER, int(Standing.ACTIVE)), BY_REGULATOR).commit()
    assert holds(s.state, OF_FATHER) == 0
    then(s, EndRepresentation(FATHER, RELATION, OF_FATHER), BY_FATHER).commit()
    assert holds(s.state, OF_FATHER) == ENDED
    assert list(violations(s.state, RELATION)) == []


def grant(**fields: Any) -> GrantConsent:
    terms: dict[str, Any] = {
        "relation": RELATION,
        "capacity": int(Capacity.REPRESENTATIVE),
        "replaces": None,
        "grantee": (int(GranteeKind.ORGANISATION), CLINIC),
        "effect": int(Effect.PERMIT),
        "purposes": (TREAT,),
        "start": NOW,
        "end": NOW + 9,
        "uses": 0,
        "redisclosure": 0,
        "emergency": (False, 0, False),
        "sealed": bytes(32),
    }
    return GrantConsent(**(terms | fields))


def test_a_grant_names_the_authority_it_rests_on() -> None:
    s = at_home(grant(), BY_MOTHER, state=parents())
    (event,) = s.commit().events
    found = consent_keeper.get_directive(s.state, RELATION, event.directive)  # type: ignore[attr-defined]
    assert found is not None and (found.capacity, found.under) == (Capacity.REPRESENTATIVE, OF_MOTHER)


def released(state: Overlay, **asked: Any) -> int:
    message = RecordRelease(HOSPITAL, signed(request(**asked)), BASIS, ROOT, bytes(32), int(Trigger.REQUEST), NOW + 5)
    return at_home(message, BY_HOSPITAL, state=state).run().code


def under_mother(**fields: Any) -> Overlay:
    state = parents()
    consent_keeper.put_directive(state, directive(capacity=4, under=OF_MOTHER, **fields))
    return state


def test_a_minor_comes_of_age_in_the_middle_of_a_grant() -> None:
    state = under_mother()
    assert released(state) == 0
    at_home(NarrowRepresentation(HOSPITAL, RELATION, OF_MOTHER), BY_HOSPITAL, state=state).commit()
    assert released(state) == access_errors.AuthorityEnded.code
    # A parent acting past majority.
    assert at_home(grant(), BY_MOTHER, state=state).run().code == consent_errors.NotAuthorised.code
    assert at_home(grant(), BY_FATHER, state=state).run().code == 0  # his is another representation
    confirmed = at_home(ConfirmGrant(RELATION, DIRECTIVE), BY_PATIENT, state=state)
    confirmed.commit()
    assert released(state) == 0
    again = at_home(ConfirmGrant(RELATION, DIRECTIVE), BY_PATIENT, state=state).run()
    assert again.code == consent_errors.NotUnderAuthority.code


def test_an_implied_purpose_is_asked_by_the_permits_own() -> None:
    state = under_mother()
    assert released(state, purpose=3) == 0  # emergency treatment, by a permit for treatment
    put(state, OF_MOTHER, purposes=(RESEARCH,))
    assert released(state, purpose=3) == access_errors.AuthorityEnded.code


def test_what_a_representative_denied_stays_and_what_the_person_denied_only_she_lifts() -> None:
    state = parents()
    hers, theirs = total_deny(id=name("hers")), total_deny(id=name("theirs"), capacity=4, under=OF_MOTHER)
    for deny in (hers, theirs):
        consent_keeper.put_directive(state, deny)

    def revoked(directive_id: bytes, by: Any, capacity: Capacity = Capacity.REPRESENTATIVE) -> int:
        return at_home(RevokeConsent(RELATION, int(capacity), directive_id), by, state=state).run().code

    refused = consent_errors.NotAuthorised.code
    assert revoked(hers.id, BY_FATHER) == refused
    assert revoked(theirs.id, BY_FATHER) == 0
    assert at_home(grant(replaces=hers.id, effect=2), BY_FATHER, state=state).run().code == refused
    put(state, OF_FATHER, representative=FATHER, powers=PROTECT)
    assert revoked(theirs.id, BY_FATHER) == refused  # to lift a deny protects nobody
    consent_keeper.put_directive(state, directive())
    assert revoked(DIRECTIVE, BY_FATHER) == 0  # to end a permit does
    assert revoked(hers.id, BY_PATIENT, Capacity.SELF) == 0


def test_a_representative_opts_out_and_never_in() -> None:
    state = parents()
    for choice, code in ((1, 0), (2, consent_errors.NotAuthorised.code)):
        message = SetPreference(RELATION, int(Capacity.REPRESENTATIVE), ((TREAT, choice),))
        assert at_home(message, BY_MOTHER, state=state).run().code == code


def own(state: Overlay, under: bytes | None, by: str = "mother", **asked: Any) -> int:
    payload = request(purpose=6, staff=None, **asked)
    basis = (int(BasisKind.SELF), under, 0)
    message = RecordRelease(HOSPITAL, signed(payload, by), basis, ROOT, bytes(32), int(Trigger.REQUEST), NOW + 5)
    return at_home(message, BY_HOSPITAL, state=state).run().code


def test_the_access_of_who_acts_for_the_person_names_the_authority() -> None:
    state = parents()
    assert own(state, OF_MOTHER) == 0
    for basis in (None, OF_FATHER, name("nothing")):
        assert own(state, basis) == access_errors.NotOwnAccess.code
    assert own(state, OF_MOTHER, "father") == access_errors.NotOwnAccess.code
    assert own(state, None, "patient") == 0
    assert own(state, OF_MOTHER, "patient") == access_errors.NotOwnAccess.code
    put(state, OF_MOTHER, powers=PROTECT)
    assert own(state, OF_MOTHER) == access_errors.NotARequester.code
    assert own(family(), OF_MOTHER) == access_errors.NotARequester.code


def test_who_acts_for_a_person_is_no_recipient_of_its_own() -> None:
    """A rule for any role would else serve somebody who is no member."""
    state = parents()
    put_policy(state, rule(Mode.PERMITTED, 6, 0))
    message = RecordRelease(
        HOSPITAL,
        signed(request(purpose=6, staff=None), "mother"),
        (int(BasisKind.POLICY), name("policy set"), 1),
        ROOT,
        bytes(32),
        int(Trigger.REQUEST),
        NOW + 5,
    )
    assert at_home(message, BY_HOSPITAL, state=state).run().code == access_errors.NotOwnAccess.code


def test_a_clinic_that_represents_somebody_must_be_able_to_receive() -> None:
    state = parents()
    put(state, OF_AUNT, representative=CLINIC)
    assert own(state, OF_AUNT, "clinic") == 0
    entry = governance_keeper.get_member(state, CLINIC)
    assert entry is not None
    governance_keeper.put_member(state, CLINIC, type(entry)(entry.state, True, False))
    assert own(state, OF_AUNT, "clinic") == access_errors.MayNotReceive.code


def test_incapacity_springs_proxies_and_its_end_stops_them() -> None:
    state = one(springs=int(Springs.INCAPACITY), attester=None)
    accounts_keeper.put_staff(state, HOSPITAL, STAFF, Staff(0, FOREVER))
    declared = at_home(DeclareIncapacity(HOSPITAL, RELATION, HOSPITAL, STAFF, bytes(32)), BY_HOSPITAL, state=state)
    declared.commit()
    assert acts(state, BY_MOTHER) == OF_MOTHER
    assert queries.incapacity(state, RELATION) == Incapacity(NOW, HOSPITAL, STAFF, bytes(32))
    at_home(EndIncapacity(HOSPITAL, RELATION), BY_HOSPITAL, state=state).commit()
    assert acts(state, BY_MOTHER) is None
    assert holds(state) == SUSPENDED


def test_a_custodian_narrows_nobody_whom_the_person_named() -> None:
    state = one(attester=None)
    narrow = at_home(NarrowRepresentation(HOSPITAL, RELATION, OF_MOTHER), BY_HOSPITAL, state=state)
    assert narrow.run().code == errors.NotAuthorised.code
    assert at_home(NarrowRepresentation(REGULATOR, RELATION, OF_MOTHER), BY_REGULATOR, state=state).run().code == 0


def test_a_renewal_after_a_gap_brings_back_what_was_granted() -> None:
    state = one(end=NOW)
    assert holds(state) == ENDED
    at_home(RenewRepresentation(HOSPITAL, RELATION, OF_MOTHER, NOW + 5), BY_HOSPITAL, state=state).commit()
    assert holds(state) == 0


def test_a_delegate_is_void_under_another_generation() -> None:
    state = family()
    keeper.put_delegation(state, RELATION, OF_AUNT, delegation())
    capacity = int(Capacity.DELEGATE)
    asked = (state, RELATION, (BY_AUNT,), capacity, NOW, Power.PETITION, ())
    found = ACTING.authority(*asked)
    assert found is not None and found.under == OF_AUNT
    assert ACTING.holds(state, RELATION, OF_AUNT, NOW, TREAT) == 0
    petition = Petition(RELATION, capacity, 1, bytes(32))
    assert at_home(petition, BY_AUNT, state=state).run().code == 0
    accounts_keeper.put_person(state, RELATION, Person(HOSPITAL, PersonState.CLAIMED, 2, 1, bytes(32), False))
    assert ACTING.authority(*asked) is None
    assert ACTING.holds(state, RELATION, OF_AUNT, NOW, TREAT) == ENDED
    keeper.put_delegation(state, RELATION, name("anew"), delegation(generation=2))  # named anew, it acts again
    found = ACTING.authority(*asked)
    assert found is not None and found.under == name("anew")


def test_a_delegate_has_no_more_than_was_given() -> None:
    state = family()
    keeper.put_delegation(state, RELATION, OF_AUNT, delegation(powers=(1, 4), purposes=()))
    capacity = int(Capacity.DELEGATE)
    does = {power: acts(state, BY_AUNT, power=power, capacity=capacity) for power in Power}
    assert does == {power: OF_AUNT if power in (1, 4) else None for power in Power}
    assert acts(state, BY_AUNT, power=Power.PROTECT, capacity=capacity, deceased=True) is None
    assert acts(state, BY_AUNT, power=Power.PROTECT) is None
    assert holds(state, OF_AUNT, dead=True) == SUSPENDED


def test_nobody_grants_in_a_closed_relation_and_the_estate_acts_after_a_death() -> None:
    state = family()
    keeper.put_representation(state, RELATION, OF_MOTHER, representation())
    keeper.put_representation(state, RELATION, OF_AUNT, representation(representative=AUNT, springs=int(Springs.DEATH)))

    def may(by: Signer) -> set[Power]:
        asked = {power: (TREAT,) if power == Power.GRANT else () for power in Power}
        capacity = int(Capacity.REPRESENTATIVE)
        found = {p: ACTING.authority(state, RELATION, (by,), capacity, NOW, p, asked[p]) for p in Power}
        return {power for power, one in found.items() if one is not None}

    everything = may(BY_MOTHER)
    assert Power.GRANT in everything and may(BY_AUNT) == set()
    records_keeper.put_closing(state, RELATION, Closing(NOW))
    assert may(BY_MOTHER) == everything - {Power.GRANT, Power.PREFER}
    records_keeper.end_closing(state, RELATION)
    records_keeper.put_death(state, RELATION, Death(bytes(32), bytes(32), NOW))
    assert may(BY_AUNT) == everything


def test_where_there_is_no_relation_nobody_acts() -> None:
    state = region()
    asked = (state, name("nowhere"), (BY_MOTHER,), int(Capacity.REPRESENTATIVE), NOW, Power.PROTECT, ())
    assert ACTING.authority(*asked) is None


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ({"representative": RELATION}, "nobody represents herself"),
        ({"end": NOW - 10}, "an authority has a term"),
        ({"powers": (2, 1, 3, 4, 5)}, "powers and purposes are sorted and distinct"),
        ({"purposes": (TREAT, TREAT)}, "powers and purposes are sorted and distinct"),
        ({"purposes": ()}, "who may grant, and nobody else, has purposes"),
        ({"place": 1}, "those in order, and no others, have a place"),
        ({"rule": int(Rule.ORDERED)}, "those in order, and no others, have a place"),
        ({"goes_on": (TREAT,)}, "something goes on only in a dispute"),
        (
            {"purposes": (RESEARCH,), "standing": int(Standing.DISPUTED), "goes_on": (TREAT,)},
            "what goes on was allowed before",
        ),
    ],
)
def test_invariants_notice(damage: dict[str, Any], found: str) -> None:
    state = one()
    assert list(violations(state, RELATION)) == []
    sound = keeper.get_representation(state, RELATION, OF_MOTHER)
    assert sound is not None
    keeper.put_representation(state, RELATION, OF_MOTHER, replace(sound, **damage))
    assert list(violations(state, RELATION)) == [found]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ({"delegate": RELATION}, "nobody represents herself"),
        ({"end": NOW - 10}, "an authority has a term"),
        ({"purposes": (TREAT, TREAT)}, "powers and purposes are sorted and distinct"),
        ({"purposes": ()}, "who may grant, and nobody else, has purposes"),
    ],
)
def test_invariants_notice_in_helpers_too(damage: dict[str, Any], found: str) -> None:
    state = family()
    keeper.put_delegation(state, RELATION, OF_AUNT, delegation())
    assert list(violations(state, RELATION)) == []
    keeper.put_delegation(state, RELATION, OF_AUNT, delegation(**damage))
    assert list(violations(state, RELATION)) == [found]
