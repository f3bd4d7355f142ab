"""Recovery as it goes: what each step writes and bars, who vetoes, how it ends, the thieves by name."""

from typing import Any

import pytest
from msgspec.structs import replace

from contracts import people, recovering
from contracts.founding import Network, key
from contracts.people import DAY
from contracts.precedence import NOW, Scene
from contracts.recovering import CODE, CONTESTED_DELAY, DEVICES, HOLDERS, NEW, PERIOD, RECENT, RECOVERY_DELAY, STAFF
from salus.contracts.accounts import errors, invariants, keeper, queries, recovery_errors, recovery_keeper
from salus.contracts.accounts import recovery_events as events
from salus.contracts.accounts.events import KeyAdded, KeyRevoked
from salus.contracts.accounts.messages import AddKey, RevokeKey, RevokeOwnKey, RotateSealKey
from salus.contracts.accounts.recovery_messages import (
    CompleteChange,
    CompleteRecovery,
    ConfirmReproof,
    FreezeAccount,
    FreezeInPerson,
    LiftFreeze,
    ProposeChange,
    SetKeyholders,
    SettleRecovery,
    VetoChange,
)
from salus.contracts.accounts.recovery_types import Frozen
from salus.contracts.accounts.types import KeyStatus, RecoveryPolicy
from salus.core.encoding import encode
from salus.core.errors import Refusal
from salus.core.keys import Role
from salus.core.types import Message
from salus.state.overlay import Overlay

NETWORK = Network()
FIRST, SECOND, CARRIER = NETWORK.members[0].id, NETWORK.members[1].id, NETWORK.members[3].id
PHONE, TABLET, LAPTOP = (device.id(NETWORK.id) for device in DEVICES)
BY_CARRIER = NETWORK.gateway(3)


class World:
    """An account with three devices, three keyholders and a printed code, and the time."""

    def __init__(self) -> None:
        self.state: Overlay = NETWORK.state()
        self.handle = recovering.helped(NETWORK, self.state)
        self.time, self.nonce = NOW, 0
        self.events: tuple[Message, ...] = ()

    def scene(self, message: Message, signers: list[Any]) -> Scene:
        scene = NETWORK.scene(message, signers, self.state)
        self.nonce += 1
        scene.time, scene.nonce = self.time, self.nonce.to_bytes(16, "big")
        return scene

    def do(self, message: Message, signers: list[Any] | None = None) -> "World":
        self.events = self.scene(message, BY_CARRIER if signers is None else signers).commit().events
        rows = [(k, v) for k, v in sorted(self.state.writes.items()) if v is not None]
        assert list(invariants.violations(NETWORK.id, rows)) == []
        return self

    def refused(self, refusal: type[Refusal], message: Message, signers: list[Any] | None = None) -> None:
        assert self.scene(message, BY_CARRIER if signers is None else signers).run().code == refusal.code

    def later(self, ms: int) -> "World":
        self.time += ms
        return self

    def start(self, **fields: Any) -> bytes:
        wanted = recovering.payload(NETWORK, self.handle, **fields)
        self.do(recovering.start(NETWORK, wanted))
        return recovering.recovery_id(NETWORK, wanted)

    def start_number(self, n: int) -> bytes:
        """Start a recovery with keys of its own."""
        return self.start(new=key(f"new phone {n}"), nonce=n.to_bytes(16, "big"))

    def veto(self, recovery: bytes, device: int = 0) -> "World":
        return self.do(recovering.veto(NETWORK, self.handle, recovery, DEVICES[device]))

    def complete(self, recovery: bytes) -> "World":
        return self.do(CompleteRecovery(CARRIER, self.handle, recovery))

    def by(self, *devices: int) -> list[Any]:
        return recovering.devices(NETWORK, self.handle, *devices)

    def status(self, kid: bytes) -> int:
        entry = keeper.get_key(self.state, self.handle, kid)
        assert entry is not None
        return entry.status

    def propose(self, change: Message, number: int, device: int = 0) -> bytes:
        self.do(ProposeChange(self.handle, number, encode(change)), self.by(device))
        (event,) = self.events
        assert isinstance(event, events.ChangeProposed)
        return event.change


@pytest.fixture
def world() -> World:
    return World()


# keyholders


def test_keyholders_are_in_place_under_a_first_version(world: World) -> None:
    held = queries.keyholding(world.state, world.handle)
    assert held.version == 1
    assert held.holders == tuple((1, holder.public) for holder in HOLDERS)
    person = queries.person(world.state, world.handle)
    assert person is not None and person.policy == RecoveryPolicy.TWO_OF_THREE


def test_who_stays_a_keyholder_keeps_the_key_and_others_are_new(world: World) -> None:
    after = [HOLDERS[0], key("cousin"), HOLDERS[2]]
    world.do(recovering.keyholders(NETWORK, world.handle, after), world.by(0, 1))
    held = queries.keyholding(world.state, world.handle)
    assert (held.version, held.holders) == (2, tuple((1, holder.public) for holder in after))
    again = recovering.keyholders(NETWORK, world.handle, HOLDERS)
    world.refused(errors.KeyListed, again, world.by(0, 1))  # a friend who was dropped needs another key


def test_no_keyholder_key_serves_two_accounts(world: World) -> None:
    other = people.claimed(NETWORK, world.state, [key("his phone"), key("his tablet")], nonce=b"q" * 16)
    both = [NETWORK.signer(other, key(name), Role.DEVICE) for name in ("his phone", "his tablet")]
    world.refused(errors.KeyListed, recovering.keyholders(NETWORK, other), both)


def test_going_back_to_in_person_ends_the_keyholders(world: World) -> None:
    world.do(SetKeyholders(world.handle, int(RecoveryPolicy.IN_PERSON), ()), world.by(0, 1))
    wanted = recovering.payload(NETWORK, world.handle, version=2)
    world.refused(recovery_errors.NoKeyholders, recovering.start(NETWORK, wanted))


# delayed changes


def test_one_device_adds_another_after_the_delay(world: World) -> None:
    entry = people.device(NETWORK, world.handle, key("watch"))
    change = world.propose(AddKey(world.handle, entry), 0x020B)
    message = CompleteChange(CARRIER, world.handle, change)
    world.later(RECOVERY_DELAY - 1).refused(recovery_errors.ChangeDelayed, message)
    world.later(1).do(message)
    kid = key("watch").id(NETWORK.id)
    assert world.events == (events.ChangeMade(world.handle, CARRIER, change), KeyAdded(world.handle, kid))
    assert queries.live_key(world.state, world.handle, kid, world.time) is not None
    world.refused(recovery_errors.NoSuchChange, message)


@pytest.mark.parametrize("vetoer", [1, 2, 0])
def test_any_device_vetoes_a_change_and_its_own_withdraws_it(world: World, vetoer: int) -> None:
    change = world.propose(RevokeKey(world.handle, LAPTOP), 0x020C)
    world.do(VetoChange(world.handle, change), world.by(vetoer))
    assert world.events == (events.ChangeVetoed(world.handle, change),)
    world.later(RECOVERY_DELAY).refused(recovery_errors.NoSuchChange, CompleteChange(CARRIER, world.handle, change))
    assert world.status(LAPTOP) == KeyStatus.LISTED


def test_each_device_has_one_change_and_a_revoked_one_none(world: World) -> None:
    world.propose(RevokeKey(world.handle, LAPTOP), 0x020C, 0)
    change = world.propose(RevokeKey(world.handle, PHONE), 0x020C, 1)
    assert len(queries.pending_changes(world.state, world.handle)) == 2
    world.do(RevokeKey(world.handle, TABLET), world.by(0, 2))
    (left,) = queries.pending_changes(world.state, world.handle)
    assert left[0] == PHONE
    world.later(RECOVERY_DELAY).refused(recovery_errors.NoSuchChange, CompleteChange(CARRIER, world.handle, change))


def test_old_keyholders_are_in_force_until_a_delayed_change_takes_effect(world: World) -> None:
    others = [key("thief's friend"), key("another"), key("a third")]
    change = world.propose(recovering.keyholders(NETWORK, world.handle, others), 0x0210)
    recovery = world.later(RECOVERY_DELAY - 1).start(since=None)  # the old ones act; the change waits
    world.later(1).refused(recovery_errors.AccountBarred, CompleteChange(CARRIER, world.handle, change))
    world.later(RECOVERY_DELAY).complete(recovery)
    world.refused(recovery_errors.NoSuchChange, CompleteChange(CARRIER, world.handle, change))


def test_a_delayed_change_of_keyholders_takes_effect(world: World) -> None:
    others = [key("cousin"), key("uncle"), key("aunt")]
    change = world.propose(recovering.keyholders(NETWORK, world.handle, others), 0x0210)
    world.later(RECOVERY_DELAY).do(CompleteChange(CARRIER, world.handle, change))
    assert queries.keyholding(world.state, world.handle).version == 2


# recovery


def test_a_recovery_is_pending_final_and_leaves_only_its_own_keys(world: World) -> None:
    change = world.propose(RevokeKey(world.handle, LAPTOP), 0x020C)
    world.do(FreezeAccount(world.handle), [NETWORK.signer(world.handle, CODE, Role.FREEZE)])
    recovery = world.start()
    due = NOW + RECOVERY_DELAY
    assert world.events == (events.RecoveryStarted(world.handle, CARRIER, recovery, NOW - DAY, due),)
    assert queries.barred(world.state, world.handle, world.time)
    assert queries.recovered(world.state, world.handle) is None
    message = CompleteRecovery(CARRIER, world.handle, recovery)
    world.later(RECOVERY_DELAY - 1).refused(recovery_errors.RecoveryDelayed, message)
    world.later(1).do(message)
    kid = NEW.id(NETWORK.id)
    assert world.events == (events.RecoveryFinal(world.handle, recovery, 1, 2, NOW - DAY, (kid,)),)
    assert queries.live_keys(world.state, world.handle, Role.DEVICE, world.time) == [kid]
    assert queries.live_keys(world.state, world.handle, Role.FREEZE, world.time) == []
    person = queries.person(world.state, world.handle)
    assert person is not None
    assert (person.generation, person.seal_key, person.policy) == (2, recovering.SEAL, RecoveryPolicy.TWO_OF_THREE)
    assert queries.recovered(world.state, world.handle) == (2, due)
    assert not queries.barred(world.state, world.handle, world.time)
    assert queries.pending_changes(world.state, world.handle) == []
    world.refused(recovery_errors.NoSuchChange, CompleteChange(CARRIER, world.handle, change))
    world.refused(recovery_errors.NoSuchRecovery, message)


def test_while_it_is_pending_only_what_protects_is_possible(world: World) -> None:
    world.start()
    entry = people.device(NETWORK, world.handle, key("watch"))
    for message in (
        AddKey(world.handle, entry),
        RevokeKey(world.handle, LAPTOP),
        RotateSealKey(world.handle, b"f" * 32),
        recovering.keyholders(NETWORK, world.handle, [key("a"), key("b"), key("c")]),
        ProposeChange(world.handle, 0x020B, encode(AddKey(world.handle, entry))),
    ):
        world.refused(recovery_errors.AccountBarred, message, world.by(0, 1))
    world.do(RevokeOwnKey(world.handle, PHONE), world.by(0))


@pytest.mark.parametrize("holders", [HOLDERS, HOLDERS[1:], HOLDERS[:1:-1] + HOLDERS[:1]])
def test_any_two_keyholders_are_enough(world: World, holders: list[Any]) -> None:
    wanted = recovering.payload(NETWORK, world.handle)
    world.do(recovering.start(NETWORK, wanted, holders))


def test_an_approval_is_void_under_a_new_policy_version(world: World) -> None:
    old = recovering.start(NETWORK, recovering.payload(NETWORK, world.handle))
    after = [HOLDERS[0], HOLDERS[1], key("cousin")]  # those who approved are keyholders still
    world.do(recovering.keyholders(NETWORK, world.handle, after), world.by(0, 1))
    world.refused(recovery_errors.OtherPolicyVersion, old)
    claiming = recovering.payload(NETWORK, world.handle, version=2)
    world.refused(recovery_errors.TooFewApprovals, replace(old, recovery=encode(claiming)))
    world.do(recovering.start(NETWORK, claiming))


def test_an_approval_is_good_once(world: World) -> None:
    wanted = recovering.payload(NETWORK, world.handle)
    world.do(recovering.start(NETWORK, wanted)).veto(recovering.recovery_id(NETWORK, wanted))
    world.refused(errors.KeyListed, recovering.start(NETWORK, wanted))


def test_an_approval_is_void_after_the_recovery(world: World) -> None:
    recovery = world.start()
    world.later(RECOVERY_DELAY).complete(recovery)
    world.refused(
        recovery_errors.OtherPolicyVersion,
        recovering.start(NETWORK, recovering.payload(NETWORK, world.handle, new=key("n"), nonce=b"2" * 16)),
    )


# vetoes


def test_a_veto_ends_it_once_and_the_second_freezes_the_key(world: World) -> None:
    first = world.start_number(1)
    world.veto(first)
    assert world.events == (events.RecoveryVetoed(world.handle, first, PHONE),)
    assert not queries.barred(world.state, world.handle, world.time)
    second = world.start_number(2)
    world.veto(second)
    due = NOW + CONTESTED_DELAY
    assert world.events == (events.RecoveryContested(world.handle, second, PHONE, due),)
    assert world.status(PHONE) == KeyStatus.FROZEN
    assert queries.live_key(world.state, world.handle, PHONE, world.time) is None
    for device in (0, 1, 2):  # it is settled elsewhere now
        veto = recovering.veto(NETWORK, world.handle, second, DEVICES[device])
        world.refused(recovery_errors.Contested, veto)
    message = CompleteRecovery(CARRIER, world.handle, second)
    world.later(RECOVERY_DELAY).refused(recovery_errors.RecoveryDelayed, message)
    world.later(CONTESTED_DELAY - RECOVERY_DELAY).refused(recovery_errors.IdentityUnchecked, message)
    world.do(SettleRecovery(FIRST, STAFF, world.handle, second, True), NETWORK.gateway(0))
    world.do(message)
    assert world.status(PHONE) == KeyStatus.REVOKED


def test_an_identity_check_does_not_shorten_the_delay(world: World) -> None:
    second = recovering.contested(NETWORK, world.state, world.handle)
    world.do(SettleRecovery(FIRST, STAFF, world.handle, second, True), NETWORK.gateway(0))
    message = CompleteRecovery(CARRIER, world.handle, second)
    world.later(CONTESTED_DELAY - 1).refused(recovery_errors.RecoveryDelayed, message)
    world.later(1).do(message)


def test_where_it_is_not_the_person_the_recovery_is_void_and_her_key_live(world: World) -> None:
    """Two keyholders collude: she vetoes, they try again, and at the desk it comes out."""
    second = recovering.contested(NETWORK, world.state, world.handle)
    world.do(SettleRecovery(FIRST, STAFF, world.handle, second, False), NETWORK.gateway(0))
    assert world.events == (events.RecoverySettled(world.handle, FIRST, STAFF, second, False),)
    assert world.status(PHONE) == KeyStatus.LISTED
    assert not queries.barred(world.state, world.handle, world.time)


def test_a_key_vetoes_again_after_the_period(world: World) -> None:
    world.veto(world.start_number(1))
    second = world.later(PERIOD).start_number(2)
    world.veto(second)
    assert world.events == (events.RecoveryVetoed(world.handle, second, PHONE),)


def test_vetoes_come_to_an_end_with_the_keys_there_are(world: World) -> None:
    """Whoever has all three devices vetoes three times; the fourth is contested."""
    for device in (0, 1, 2):
        world.veto(world.start_number(device + 1), device)
        assert isinstance(world.events[0], events.RecoveryVetoed)
    world.veto(world.start_number(4), 2)
    assert isinstance(world.events[0], events.RecoveryContested)


def test_a_thief_who_strips_keys_does_not_silence_them(world: World) -> None:
    """A thief with two devices names keyholders of his own, strips the third key, and recovers."""
    his = [key("thief"), key("thief's friend"), key("thief's cousin")]
    world.do(recovering.keyholders(NETWORK, world.handle, his), world.by(0, 1))
    world.do(RevokeKey(world.handle, LAPTOP), world.by(0, 1))
    wanted = recovering.payload(NETWORK, world.later(RECENT - 1).handle, version=2)
    world.do(recovering.start(NETWORK, wanted, his[:2]))
    world.veto(recovering.recovery_id(NETWORK, wanted), 2)
    assert isinstance(world.events[0], events.RecoveryVetoed)


def test_a_key_stripped_long_ago_vetoes_no_more(world: World) -> None:
    world.do(RevokeKey(world.handle, LAPTOP), world.by(0, 1))
    recovery = world.later(RECENT).start(since=None)
    world.refused(recovery_errors.NotAVetoingKey, recovering.veto(NETWORK, world.handle, recovery, DEVICES[2]))


def test_a_key_that_ended_by_itself_vetoes_no_more(world: World) -> None:
    world.do(RevokeOwnKey(world.handle, LAPTOP), world.by(2))
    recovery = world.start()
    world.refused(recovery_errors.NotAVetoingKey, recovering.veto(NETWORK, world.handle, recovery, DEVICES[2]))


@pytest.mark.parametrize(("age", "may"), [(RECENT - 1, False), (RECENT, True)])
def test_a_key_added_lately_does_not_veto_and_waiting_does_not_help(world: World, age: int, may: bool) -> None:
    watch = key("watch")
    world.do(AddKey(world.handle, people.device(NETWORK, world.handle, watch)), world.by(0, 1))
    recovery = world.later(age).start(since=None)
    message = recovering.veto(NETWORK, world.handle, recovery, watch)
    if may:
        world.do(message)
    else:
        world.later(RECENT).refused(recovery_errors.NotAVetoingKey, message)


def test_keys_of_a_generation_before_veto_nothing(world: World) -> None:
    recovery = world.start()
    world.later(RECOVERY_DELAY).complete(recovery)
    again = world.start(version=2, new=key("newest"), nonce=b"2" * 16)
    world.refused(recovery_errors.NotAVetoingKey, recovering.veto(NETWORK, world.handle, again, DEVICES[0]))
    world.do(recovering.veto(NETWORK, world.handle, again, NEW))  # of the generation's own, however young


# freezing


def test_a_freeze_bars_and_two_devices_lift_it_after_the_delay(world: World) -> None:
    code = [NETWORK.signer(world.handle, CODE, Role.FREEZE)]
    world.do(FreezeAccount(world.handle), code)
    assert world.events == (events.AccountFrozen(world.handle, None, None),)
    world.refused(recovery_errors.AccountBarred, RotateSealKey(world.handle, b"f" * 32), world.by(0, 1))
    world.do(LiftFreeze(world.handle), world.by(0, 1))
    until = NOW + RECOVERY_DELAY
    assert queries.frozen(world.state, world.handle, until - 1) == Frozen(NOW, until)
    assert queries.frozen(world.state, world.handle, until) is None
    world.later(RECOVERY_DELAY).do(RotateSealKey(world.handle, b"f" * 32), world.by(0, 1))


def test_who_has_the_code_vetoes_the_lifting_by_freezing_again(world: World) -> None:
    code = [NETWORK.signer(world.handle, CODE, Role.FREEZE)]
    world.do(FreezeAccount(world.handle), code).do(LiftFreeze(world.handle), world.by(0, 1))
    world.later(1).do(FreezeInPerson(FIRST, STAFF, world.handle), NETWORK.gateway(0))
    assert world.events == (events.AccountFrozen(world.handle, FIRST, STAFF),)
    assert queries.barred(world.state, world.handle, NOW + RECOVERY_DELAY)
    world.refused(recovery_errors.AlreadyFrozen, FreezeAccount(world.handle), code)


# re-proving


def test_two_members_reprove_a_person_and_the_keyholders_end(world: World) -> None:
    recovery = recovering.offered(NETWORK, world.state, world.handle)
    assert not queries.barred(world.state, world.handle, world.time), "one member alone bars nothing"
    world.do(ConfirmReproof(SECOND, STAFF, world.handle, recovery), NETWORK.gateway(1))
    due = NOW + RECOVERY_DELAY
    assert world.events == (events.ReproofStarted(world.handle, SECOND, STAFF, recovery, NOW - DAY, due),)
    assert queries.barred(world.state, world.handle, world.time)
    world.later(RECOVERY_DELAY).complete(recovery)
    held = queries.keyholding(world.state, world.handle)
    assert (held.version, held.holders) == (2, ())
    person = queries.person(world.state, world.handle)
    assert person is not None and (person.generation, person.policy) == (2, RecoveryPolicy.IN_PERSON)


def test_a_reproof_is_vetoed_and_contested_by_the_same_rule(world: World) -> None:
    world.veto(recovering.reproved(NETWORK, world.state, world.handle))
    second = recovering.started(NETWORK, world.state, world.handle, new=key("n"), nonce=b"2" * 16)
    world.veto(second)
    assert isinstance(world.events[0], events.RecoveryContested)


def test_a_custodian_alone_does_nothing(world: World) -> None:
    recovery = recovering.offered(NETWORK, world.state, world.handle)
    world.refused(recovery_errors.NoSuchRecovery, CompleteRecovery(CARRIER, world.handle, recovery))
    by_itself = ConfirmReproof(FIRST, STAFF, world.handle, recovery)
    world.refused(recovery_errors.ByOneMember, by_itself, NETWORK.gateway(0))
    world.refused(recovery_errors.NoSuchRecovery, SettleRecovery(FIRST, STAFF, world.handle, recovery, True),
                  NETWORK.gateway(0))  # fmt: skip


# invariants


@pytest.mark.parametrize(
    ("breach", "text"),
    [
        (lambda w: recovery_keeper.put_frozen(w.state, b"?" * 32, Frozen(0, None)), "claimed account"),
        (
            lambda w: recovery_keeper.put_keyholding(
                w.state, w.handle, replace(queries.keyholding(w.state, w.handle), holders=((1, HOLDERS[0].public),))
            ),
            "as many as the policy says",
        ),
        (
            lambda w: recovery_keeper.put_keyholding(
                w.state, w.handle, replace(queries.keyholding(w.state, w.handle), holders=((1, key("x").public),) * 3)
            ),
            "keyholders are reserved",
        ),
        (lambda w: w.state.put(b"\x02\x23" + w.handle, b"\x80"), "documented form"),
        (lambda w: w.state.put(b"\x02\x23" + w.handle[:31], encode(Frozen(0, None))), "documented form"),
        (lambda w: _with_status(w, KeyStatus.FROZEN), "contested recovery"),
        (lambda w: (w.propose(RevokeKey(w.handle, LAPTOP), 0x020C), _with_status(w, KeyStatus.REVOKED)), "not revoked"),
    ],
)
def test_breaches_are_found(world: World, breach: Any, text: str) -> None:
    breach(world)
    rows = [(k, v) for k, v in sorted(world.state.writes.items()) if v is not None]
    assert any(text in found for _, found in invariants.violations(NETWORK.id, rows))


def _with_status(world: World, status: KeyStatus) -> None:
    entry = keeper.get_key(world.state, world.handle, PHONE)
    assert entry is not None
    keeper.list_key(world.state, world.handle, PHONE, replace(entry, status=int(status)))


def test_a_key_revoked_by_others_is_noted_as_that(world: World) -> None:
    world.do(RevokeKey(world.handle, LAPTOP), world.by(0, 1))
    assert world.events == (KeyRevoked(world.handle, LAPTOP),)
    assert recovery_keeper.get_history(world.state, world.handle, LAPTOP).ended == NOW
