"""What a recovery and a freeze mean for the other contracts: who may act, what is suspended, own access."""

import pytest

from contracts.precedence import NOW
from contracts.region import (
    ACTING,
    BY_HOSPITAL,
    BY_PATIENT,
    DIRECTIVE,
    HOSPITAL,
    PATIENT,
    RELATION,
    ROOT,
    change_directive,
    directive,
    name,
    put_policy,
    region,
    request,
    scene,
    signed,
    then,
    total_deny,
)
from salus.contracts.access.messages import OpenRelease, RecordRelease
from salus.contracts.access.recovery_errors import AccountBarred
from salus.contracts.accounts import recovery_keeper
from salus.contracts.accounts.recovery_types import Frozen, PendingRecovery
from salus.contracts.consent import invariants, keeper
from salus.contracts.consent.events import ConsentReaffirmed, ConsentSuspended, PreferenceLapsed
from salus.contracts.consent.lapse import suspend_since
from salus.contracts.consent.messages import DenyTotally, GrantConsent, ReaffirmConsent, RevokeConsent, SetPreference
from salus.contracts.records.messages import Petition
from salus.contracts.records.types import PetitionKind
from salus.core.types import Message
from salus.policy.policies import Choice
from salus.policy.types import BasisKind, Capacity, Effect, GranteeKind, Power, Status, Trigger
from salus.state.overlay import Overlay

SELF = int(Capacity.SELF)
ANYONE = (int(GranteeKind.ANYONE), b"")
PENDING = PendingRecovery(name("recovery"), 1, (), bytes(32), None, NOW, NOW, False, False)


def freeze(state: Overlay, lifts: int | None = None) -> None:
    recovery_keeper.put_frozen(state, RELATION, Frozen(NOW, lifts))


def recover(state: Overlay) -> None:
    recovery_keeper.put_recovery(state, RELATION, PENDING)


def permitted(power: Power, state: Overlay, time: int = NOW) -> bool:
    return ACTING.authority(state, RELATION, (BY_PATIENT,), SELF, time, power, ()) is not None


@pytest.mark.parametrize("bar", [freeze, recover])
@pytest.mark.parametrize("power", Power)
def test_only_what_protects_is_possible_while_barred(power: Power, bar: object) -> None:
    state = region()
    assert permitted(power, state)
    bar(state)  # type: ignore[operator]
    assert permitted(power, state) == (power is Power.PROTECT)


def test_a_freeze_that_is_lifted_bars_until_its_end() -> None:
    state = region()
    freeze(state, NOW + 5)
    assert not permitted(Power.GRANT, state, NOW + 4)
    assert permitted(Power.GRANT, state, NOW + 5)


GRANT = GrantConsent(
    RELATION, SELF, None, (1, HOSPITAL), int(Effect.PERMIT), (1,), NOW, NOW + 9, 0, 0, (False, 0, False), bytes(32)
)
PETITION = Petition(RELATION, SELF, int(PetitionKind.ERASE), bytes(32))


@pytest.mark.parametrize(
    "message", [GRANT, SetPreference(RELATION, SELF, ()), PETITION], ids=lambda m: type(m).__name__
)
def test_grants_preferences_and_petitions_wait(message: Message) -> None:
    s = scene(message, BY_PATIENT)
    assert s.run().code == 0
    recover(s.state)
    assert s.run().code != 0 and s.run().events == ()


@pytest.mark.parametrize(
    "message", [DenyTotally(RELATION, SELF, ANYONE, (), NOW, NOW + 9), RevokeConsent(RELATION, SELF, DIRECTIVE)]
)
def test_denying_and_revoking_stay_possible(message: Message) -> None:
    s = scene(message, BY_PATIENT)
    keeper.put_directive(s.state, directive())
    recover(s.state)
    assert s.run().code == 0


@pytest.mark.parametrize("opening", [False, True])
def test_a_person_has_no_access_of_her_own_meanwhile(opening: bool) -> None:
    asked = signed(request(purpose=PATIENT, staff=None), "patient")
    own = (int(BasisKind.SELF), None, 0)
    trigger = int(Trigger.REQUEST)
    message: Message = RecordRelease(HOSPITAL, asked, own, ROOT, name("leaves"), trigger, NOW + 5)
    if opening:
        message = OpenRelease(HOSPITAL, asked, own, ROOT, NOW + 5, trigger)
    s = scene(message, BY_HOSPITAL)
    assert s.run().code == 0
    freeze(s.state)
    assert s.run().code == AccountBarred.code


def test_others_receive_what_they_may_meanwhile() -> None:
    """Treatment goes on: what was permitted before stays permitted."""
    basis = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)
    message = RecordRelease(HOSPITAL, signed(request()), basis, ROOT, name("leaves"), int(Trigger.REQUEST), NOW + 5)
    s = scene(message, BY_HOSPITAL)
    keeper.put_directive(s.state, directive())
    recover(s.state)
    assert s.run().code == 0


# what a recovery suspends


def suspended(since: int) -> tuple[Overlay, tuple[Message, ...]]:
    """A state with permits of NOW - 10 and NOW, one of them not acknowledged, and a deny; suspended since then."""
    state = region()
    for text, status, granted in (
        ("before", Status.ACTIVE, NOW - 10),
        ("after", Status.ACTIVE, NOW),
        ("waiting", Status.UNACKNOWLEDGED, NOW),
        ("revoked", Status.REVOKED, NOW),
    ):
        keeper.put_directive(state, directive(id=name(text), chain=name(text), status=int(status), granted=granted))
    keeper.put_directive(state, total_deny(chain=name("deny"), granted=NOW))
    s = scene(GRANT, state=state)
    context = s.context()
    suspend_since(context, RELATION, since)
    for key, value in context.state.writes.items():
        state.put(key, value)
    assert list(invariants.violations(state, RELATION)) == []
    return state, tuple(context.events)


def status(state: Overlay, text: str) -> int:
    found = keeper.get_directive(state, RELATION, name(text))
    assert found is not None
    return found.status


def test_permits_granted_since_are_suspended_and_denies_stay() -> None:
    state, events = suspended(NOW)
    assert set(events) == {
        ConsentSuspended(RELATION, name("after"), 1, False),
        ConsentSuspended(RELATION, name("waiting"), 1, True),
    }
    assert [status(state, text) for text in ("before", "after", "waiting", "revoked", "deny")] == [
        Status.ACTIVE,
        Status.SUSPENDED,
        Status.REVOKED,
        Status.REVOKED,
        Status.ACTIVE,
    ]
    assert len(suspended(NOW - 10)[1]) == 3
    assert suspended(NOW + 1)[1] == ()


def test_opt_ins_lapse_and_where_she_opted_out_stays() -> None:
    state = region()
    put_policy(state, preference=((1, int(Choice.IN)), (2, int(Choice.OUT))))
    context = scene(GRANT, state=state).context()
    suspend_since(context, RELATION, NOW + 1)
    assert context.events == [PreferenceLapsed(RELATION, ((2, int(Choice.OUT)),))]
    assert keeper.get_chosen(context.state, RELATION).preference == ((2, int(Choice.OUT)),)


def test_a_suspended_permit_serves_again_once_reaffirmed() -> None:
    state = region()
    keeper.put_directive(state, directive(status=int(Status.SUSPENDED)))
    put_policy(state)
    basis = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)
    release = RecordRelease(HOSPITAL, signed(request()), basis, ROOT, name("leaves"), int(Trigger.REQUEST), NOW + 5)
    s = scene(release, BY_HOSPITAL, state=state)
    assert s.run().code == 0x053B
    reaffirmed = then(s, ReaffirmConsent(RELATION, SELF, DIRECTIVE), BY_PATIENT).commit()
    assert reaffirmed.events == (ConsentReaffirmed(RELATION, DIRECTIVE, 1, SELF),)
    assert s.run().code == 0


def test_a_suspended_permit_may_be_replaced_and_revoked() -> None:
    for message in (
        RevokeConsent(RELATION, SELF, DIRECTIVE),
        GrantConsent(
            RELATION, SELF, DIRECTIVE, (1, HOSPITAL), int(Effect.PERMIT), (1,), NOW, NOW + 9, 0, 0, (False, 0, False),
            bytes(32),
        ),
    ):  # fmt: skip
        s = scene(message, BY_PATIENT)
        keeper.put_directive(s.state, directive(status=int(Status.SUSPENDED)))
        s.commit()
        assert list(invariants.violations(s.state, RELATION)) == []


def test_a_suspended_deny_would_be_a_breach() -> None:
    state = region()
    keeper.put_directive(state, total_deny(chain=name("deny"), status=int(Status.SUSPENDED)))
    assert "what is suspended is a permit" in list(invariants.violations(state, RELATION))
    change_directive(state, name("deny"), status=int(Status.ACTIVE))
    assert list(invariants.violations(state, RELATION)) == []
