"""What directives become: chains of replacements, acknowledgement, the limit, claims, custodians."""

from typing import Any

import msgspec
import pytest

from contracts.precedence import NOW, Nothing, Scene
from contracts.region import (
    BREAK_GLASS,
    BY_CLINIC,
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    CONSENT,
    CUSTODIAL,
    DIRECTIVE,
    GROUP,
    HOSPITAL,
    RELATION,
    RESEARCH,
    TREAT,
    directive,
    name,
    scene,
    then,
    total_deny,
)
from salus.contracts.consent import errors, keeper, queries
from salus.contracts.consent.events import ConsentGranted, CustodialPermitLapsed
from salus.contracts.consent.expected import MAX_ACTIVE_PERMITS
from salus.contracts.consent.invariants import violations
from salus.contracts.consent.lapse import lapse_custodial_permits
from salus.contracts.consent.messages import AckDirective, DenyTotally, GrantConsent, RevokeConsent, WithdrawOrder
from salus.contracts.consent.uses import count_use
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.core.encoding import encode
from salus.policy.types import Capacity, Directive, Effect, GranteeKind, OrganisationRole, Status
from salus.state.overlay import Overlay

ANYONE = (int(GranteeKind.ANYONE), b"")


def grant(**fields: Any) -> GrantConsent:
    sound = GrantConsent(
        relation=RELATION,
        capacity=Capacity.SELF,
        replaces=None,
        grantee=(int(GranteeKind.ORGANISATION), CLINIC),
        effect=Effect.PERMIT,
        purposes=(TREAT,),
        start=NOW,
        end=NOW + 100,
        uses=3,
        redisclosure=0,
        emergency=(True, 2, False),
        sealed=name("sealed"),
    )
    return msgspec.structs.replace(sound, **fields)


def granted(s: Scene) -> bytes:
    (event,) = s.commit().events
    assert isinstance(event, ConsentGranted)
    return event.directive


def held(s: Scene, directive_id: bytes) -> Directive:
    found = queries.directive(s.state, RELATION, directive_id)
    assert found is not None
    return found


def test_a_grant_stands_unacknowledged_with_all_its_terms() -> None:
    s = scene(grant(), BY_PATIENT)
    new = granted(s)
    assert held(s, new) == Directive(
        new, 1, new, None, RELATION, 1, (1, CLINIC), 1, False, (TREAT,), NOW, NOW + 100, 3, 0, (True, 2, False),
        name("sealed"), int(Status.UNACKNOWLEDGED), NOW, None,
    )  # fmt: skip
    assert list(violations(s.state, RELATION)) == []


@pytest.mark.parametrize(
    "grantee",
    [(2, int(OrganisationRole.LABORATORY).to_bytes(2, "big")), (3, GROUP)],
    ids=["role", "group"],
)
def test_a_permit_may_name_a_role_or_a_group(grantee: Any) -> None:
    granted(scene(grant(grantee=grantee), BY_PATIENT))


def test_a_deny_may_name_anyone() -> None:
    granted(scene(grant(effect=Effect.DENY, grantee=ANYONE), BY_PATIENT))


def test_a_deny_may_name_break_glass_which_no_permit_may() -> None:
    granted(scene(grant(effect=Effect.DENY, purposes=(BREAK_GLASS,)), BY_PATIENT))


def test_permission_changes_without_the_persons_signature_are_refused() -> None:
    for signers in ((), (BY_CLINIC,), (BY_HOSPITAL,)):
        assert scene(grant(), *signers).run().code == errors.NotAuthorised.code


def test_a_custodian_cannot_act_for_a_person_who_has_claimed_the_account() -> None:
    assert scene(grant(capacity=Capacity.CUSTODIAN), BY_HOSPITAL).run().code == errors.NotAuthorised.code


def test_a_custodian_may_deny_research_for_a_person_and_a_person_may_permit_it() -> None:
    custodial = grant(relation=CUSTODIAL, capacity=Capacity.CUSTODIAN, purposes=(RESEARCH,), effect=Effect.DENY)
    granted(scene(custodial, BY_HOSPITAL))
    granted(scene(grant(purposes=(RESEARCH,)), BY_PATIENT))


def test_a_replacement_goes_on_with_version_chain_and_uses() -> None:
    first = scene(grant(), BY_PATIENT)
    one = granted(first)
    count_use(first.state, held(first, one))
    second = then(first, grant(replaces=one), BY_PATIENT)
    two = granted(second)
    third = then(second, grant(replaces=two), BY_PATIENT, nonce=b"p" * 16)
    three = granted(third)
    assert [held(third, d).status for d in (one, two, three)] == [Status.REPLACED, Status.REPLACED, 1]
    assert [held(third, d).version for d in (one, two, three)] == [1, 2, 3]
    assert held(third, three).chain == one and held(third, three).replaces == two
    assert queries.used(third.state, RELATION, held(third, three).chain) == 1  # no reset by replacing
    assert list(violations(third.state, RELATION)) == []


def test_a_total_deny_may_be_replaced_by_a_narrower_deny_but_not_by_a_permit() -> None:
    s = scene(DenyTotally(RELATION, 1, ANYONE, (), NOW, NOW + 9), BY_PATIENT)
    deny = s.commit().events[0].directive  # type: ignore[attr-defined]
    assert then(s, grant(replaces=deny), BY_PATIENT).run().code == errors.OtherEffect.code
    granted(then(s, grant(replaces=deny, effect=Effect.DENY), BY_PATIENT))


def test_a_total_deny_is_in_force_at_once_for_every_purpose() -> None:
    s = scene(DenyTotally(RELATION, 1, ANYONE, (), NOW, NOW + 9), BY_PATIENT)
    (event,) = s.commit().events
    deny = held(s, event.directive)  # type: ignore[attr-defined]
    assert (deny.total, deny.status, deny.effect, deny.purposes, deny.sealed) == (True, Status.ACTIVE, 2, (), None)
    assert list(violations(s.state, RELATION)) == []


def test_denying_and_revoking_are_protective_and_nothing_else() -> None:
    assert [CONSENT.messages[number] for number in CONSENT.protective] == [DenyTotally, RevokeConsent, WithdrawOrder]


def test_the_permit_after_the_last_allowed_one_is_refused_and_denies_never_are() -> None:
    assert MAX_ACTIVE_PERMITS == Parameter.MAX_ACTIVE_PERMITS
    s = scene(grant(), BY_PATIENT)
    limit = BOUNDS[Parameter.MAX_ACTIVE_PERMITS].default
    ended = ({"status": 3}, {"status": 4}, {"end": NOW}, {"effect": 2})
    for n, fields in enumerate(({},) * (limit - 1) + ended * 20):
        keeper.put_directive(s.state, directive(id=name(f"{n}"), **fields))  # type: ignore[arg-type]
    granted(s)
    assert then(s, grant(), BY_PATIENT).run().code == errors.TooManyPermits.code
    assert then(s, grant(effect=Effect.DENY), BY_PATIENT).run().code == 0
    assert then(s, DenyTotally(RELATION, 1, ANYONE, (), NOW, NOW + 9), BY_PATIENT).run().code == 0
    assert then(s, grant(replaces=name("0")), BY_PATIENT).run().code == 0  # takes the place of one


def test_one_nonce_makes_one_directive() -> None:
    s = scene(grant(), BY_PATIENT)
    granted(s)
    assert then(s, grant(uses=0), BY_PATIENT, nonce=s.nonce).run().code == errors.DirectiveExists.code


def test_acknowledgement_brings_a_directive_into_force_once() -> None:
    s = scene(grant(), BY_PATIENT)
    new = granted(s)
    assert then(s, AckDirective(CLINIC, RELATION, new), BY_CLINIC).run().code == errors.NotTheCustodian.code
    ack = then(s, AckDirective(HOSPITAL, RELATION, new), BY_HOSPITAL)
    ack.commit()
    assert held(ack, new).status == Status.ACTIVE
    assert ack.run().code == errors.AlreadyAcknowledged.code


def test_a_directive_is_revoked_once_and_then_neither_acknowledged_nor_replaced() -> None:
    s = scene(grant(), BY_PATIENT)
    new = granted(s)
    revoke = then(s, RevokeConsent(RELATION, 1, new), BY_PATIENT)
    revoke.commit()
    for message, by in (
        (RevokeConsent(RELATION, 1, new), BY_PATIENT),
        (AckDirective(HOSPITAL, RELATION, new), BY_HOSPITAL),
        (grant(replaces=new), BY_PATIENT),
    ):
        assert then(revoke, message, by).run().code == errors.DirectiveRevoked.code


def test_an_expired_directive_can_be_revoked() -> None:
    s = scene(RevokeConsent(RELATION, 1, DIRECTIVE), BY_PATIENT)
    keeper.put_directive(s.state, directive(end=NOW))
    s.commit()
    assert held(s, DIRECTIVE).status == Status.REVOKED


def test_an_id_of_another_relation_names_nothing() -> None:
    s = scene(RevokeConsent(RELATION, 1, DIRECTIVE), BY_PATIENT)
    keeper.put_directive(s.state, directive(relation=CUSTODIAL))
    assert s.run().code == errors.NoSuchDirective.code


def test_a_custodians_permit_does_not_survive_the_claim_its_denies_do() -> None:
    s = scene(grant(), BY_PATIENT)
    kept = {
        name("own permit"): directive(id=name("own permit")),
        name("deny"): total_deny(capacity=2),
        name("gone"): directive(id=name("gone"), capacity=2, status=3),
    }
    for entry in (*kept.values(), directive(capacity=2), directive(id=name("new"), capacity=2, status=1)):
        keeper.put_directive(s.state, entry)
    ctx = s.context()
    lapse_custodial_permits(ctx, RELATION)
    found = {d.id: d for d in queries.directives(ctx.state, RELATION)}
    assert {d: found[d] for d in kept} == kept
    assert found[DIRECTIVE].status == found[name("new")].status == Status.REVOKED
    lapsed = [event for event in ctx.events if isinstance(event, CustodialPermitLapsed)]
    assert {event.directive for event in lapsed} == {DIRECTIVE, name("new")} and len(ctx.events) == 2


CHAIN = "a replacement goes on from a replaced directive of the same effect"
SUCCESSOR = "a replaced directive has one successor, any other none"
BREACHES: list[tuple[list[Directive], list[str]]] = [
    ([directive(relation=CUSTODIAL)], ["a directive stands under its relation"]),
    ([directive(version=2)], ["only the first version replaces none"]),
    ([directive(chain=name("x"))], ["a chain is named by its first directive"]),
    ([directive(sealed=None)], ["a total deny has no sealed part, any other directive has one"]),
    ([total_deny(effect=1)], ["what is total is a deny, in force at once"]),
    ([total_deny(status=1)], ["what is total is a deny, in force at once"]),
    ([directive(purposes=())], ["only a total deny is for every purpose"]),
    ([directive(start=NOW + 10)], ["a directive has a period"]),
    ([directive(status=4)], [SUCCESSOR]),
    ([directive(id=name("b"), version=2, chain=name("a"), replaces=name("a"))], [CHAIN]),
    (
        [directive(), directive(id=name("b"), version=2, chain=DIRECTIVE, replaces=DIRECTIVE)],
        [CHAIN, SUCCESSOR],
    ),
    (
        [directive(status=4), directive(id=name("b"), version=3, chain=DIRECTIVE, replaces=DIRECTIVE)],
        [CHAIN],
    ),
]


@pytest.mark.parametrize(("entries", "texts"), BREACHES, ids=[str(n) for n in range(len(BREACHES))])
def test_invariants_find_each_breach(entries: list[Directive], texts: list[str]) -> None:
    state = Overlay(Nothing())
    for entry in entries:
        state.put(b"\x04\x01" + RELATION + entry.id, encode(entry))
    assert sorted(violations(state, RELATION)) == sorted(texts)


def test_invariants_find_uses_of_a_deny() -> None:
    state = Overlay(Nothing())
    keeper.put_directive(state, total_deny())
    count_use(state, total_deny())
    assert list(violations(state, RELATION)) == ["uses are counted for permits only"]
