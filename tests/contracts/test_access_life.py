"""Releases of one who died, and of a closed relation: what goes on, what does not, on each ground."""

from typing import Any

import pytest

from contracts.precedence import NOW, Scene
from contracts.region import (
    BY_HOSPITAL,
    CLINIC,
    DIRECTIVE,
    HOSPITAL,
    PATIENT,
    POLICY,
    RELATION,
    ROOT,
    STAFF,
    directive,
    emergency,
    glass_request,
    name,
    order,
    put_policy,
    request,
    request_id,
    rule,
    scene,
    signed,
    then,
)
from salus.contracts.access import errors, keeper
from salus.contracts.access.messages import BreakGlass, CloseRelease, PushRelease, RecordRelease
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.accounts.for_records import hand_over
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records.types_life import Closing, Death, Former
from salus.policy.policies import Mode
from salus.policy.types import BasisKind, Trigger

LEAVES = name("leaves")
ORDER = name("order")


def release(basis: tuple[int, bytes | None, int], **fields: Any) -> Scene:
    asked = request(**fields)
    text = "patient" if fields.get("purpose") == PATIENT else "clinic"
    message = RecordRelease(HOSPITAL, signed(asked, text), basis, ROOT, LEAVES, int(Trigger.REQUEST), NOW + 5)
    s = scene(message, BY_HOSPITAL)
    consent_keeper.put_directive(s.state, directive())
    consent_keeper.put_order(s.state, RELATION, ORDER, order())
    return s


def on_directive() -> Scene:
    return release((int(BasisKind.DIRECTIVE), DIRECTIVE, 1))


def on_order() -> Scene:
    return release((int(BasisKind.ORDER), ORDER, 0))


def by_policy(mode: Mode) -> Scene:
    s = release((int(BasisKind.POLICY), POLICY, 1))
    put_policy(s.state, rule(mode, objection=False))
    return s


def mandated() -> Scene:
    return by_policy(Mode.MANDATED)


def permitted() -> Scene:
    return by_policy(Mode.PERMITTED)


def own() -> Scene:
    return release((int(BasisKind.SELF), None, 0), purpose=PATIENT, staff=None)


def pushed_by_law() -> Scene:
    basis = (int(BasisKind.POLICY), POLICY, 1)
    s = scene(PushRelease(HOSPITAL, CLINIC, RELATION, 1, basis, ROOT, LEAVES, int(Trigger.LAW), NOW + 5), BY_HOSPITAL)
    put_policy(s.state, rule(Mode.MANDATED))
    return s


def broken_glass() -> Scene:
    s = scene(BreakGlass(HOSPITAL, signed(glass_request()), (POLICY, 1), ROOT, LEAVES, NOW + 5), BY_HOSPITAL)
    put_policy(s.state, emergency=emergency())
    return s


def die(s: Scene) -> None:
    records_keeper.put_death(s.state, RELATION, Death(STAFF, name("how"), NOW - 1))


def close(s: Scene) -> None:
    records_keeper.put_closing(s.state, RELATION, Closing(NOW - 1))


@pytest.mark.parametrize("make", [on_order, mandated, pushed_by_law])
@pytest.mark.parametrize("change", [die, close])
def test_orders_and_mandates_go_on(make: Any, change: Any) -> None:
    s = make()
    change(s)
    assert s.run().code == 0


@pytest.mark.parametrize("make", [on_directive, permitted, broken_glass, own])
def test_what_rests_on_a_living_persons_word_is_over_with_her_death(make: Any) -> None:
    s = make()
    assert s.run().code == 0
    die(s)
    assert s.run().code == errors.PersonDeceased.code
    records_keeper.end_death(s.state, RELATION)
    assert s.run().code == 0


@pytest.mark.parametrize("make", [on_directive, permitted, broken_glass])
def test_a_closed_relation_serves_nobody_else(make: Any) -> None:
    s = make()
    close(s)
    assert s.run().code == errors.RelationClosed.code


def test_a_closed_relation_still_serves_its_person() -> None:
    s = own()
    close(s)
    assert s.run().code == 0


# -- sessions of a former custodian

SESSION = request_id(request())


def session_of_the_former(answered: int) -> Scene:
    """The hospital gave up the custody a moment ago, and had opened a session at `answered`."""
    s = scene(CloseRelease(HOSPITAL, RELATION, SESSION, LEAVES), BY_HOSPITAL)
    entry = Answer(int(Outcome.SESSION), CLINIC, answered, None, NOW + 5, None)
    keeper.put_answer(s.state, RELATION, SESSION, entry)
    hand_over(s.state, RELATION, CLINIC)
    records_keeper.put_former(s.state, RELATION, HOSPITAL, Former(NOW - 1))
    return s


def test_a_former_custodian_closes_the_sessions_of_its_time() -> None:
    s = session_of_the_former(NOW - 1)
    assert s.run().code == 0
    records_keeper.put_former(s.state, RELATION, HOSPITAL, Former(NOW - 2))
    assert s.run().code == errors.NoSuchSession.code


def test_and_opens_none() -> None:
    s = on_directive()
    hand_over(s.state, RELATION, CLINIC)
    records_keeper.put_former(s.state, RELATION, HOSPITAL, Former(NOW - 1))
    assert s.run().code == errors.NotTheCustodian.code
    assert then(s, s.message, BY_HOSPITAL).run().code == errors.NotTheCustodian.code
