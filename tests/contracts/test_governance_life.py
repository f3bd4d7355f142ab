"""A member's life: succeeded, suspended in an emergency, its keys in escrow; and what each leaves to patients."""

from itertools import pairwise

import pytest

from contracts.founding import Network
from contracts.precedence import NOW, Scene
from contracts.region import (
    BY_HOSPITAL,
    CLINIC,
    HOSPITAL,
    OTHER,
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
    scene,
    signed,
)
from contracts.test_governance_state import sound
from contracts.test_governance_votes import begin, propose, refused, vote
from salus.contracts.access import errors as access_errors
from salus.contracts.access.messages import BreakGlass, RecordRelease
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Staff
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.governance import errors, events, keeper, keys, queries
from salus.contracts.governance.messages import (
    AdmitMember,
    EmergencySuspend,
    OpenEscrow,
    RecordEscrow,
    SetMemberState,
    SucceedMember,
)
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.succession import MAX_SUCCESSIONS
from salus.contracts.governance.types import Emergency, Escrow, Member, MemberState, Succession
from salus.core.encoding import encode
from salus.core.keys import FOREVER
from salus.policy.types import BasisKind, Trigger
from salus.state.overlay import Overlay

NETWORK = Network()
IDS = [member.id for member in NETWORK.members]
LASTS = BOUNDS[Parameter.EMERGENCY_SUSPENSION_MS].default
LEAVES = name("leaves")


def decided(state: Overlay, *actions, nonce: bytes = b"n" * 16) -> list:
    """Let the first three members carry the actions; return what is told."""
    proposal = propose(state, *actions, nonce=nonce)
    vote(state, proposal, *(n for n in range(3) if queries.is_active(state, IDS[n])))
    return begin(state)[1][1:]


def suspend(
    state: Overlay, member: int, by: tuple[int, ...], time: int = NOW, recipient=True, custodian=False
) -> Scene:
    message = EmergencySuspend(IDS[member], recipient, custodian, tuple(sorted(IDS[n] for n in by)))
    made = NETWORK.scene(message, [one for n in by for one in NETWORK.administration(n)], state)
    made.time = time
    return made


# --- succession


def test_a_vote_names_the_successor() -> None:
    state = NETWORK.state()
    assert decided(state, SucceedMember(IDS[3], IDS[1])) == [events.MemberSucceeded(IDS[3], IDS[1])]
    assert queries.member(state, IDS[3]) == Member(MemberState.SUCCEEDED, False, False)
    assert queries.successor_of(state, IDS[3]) == IDS[1] and queries.successor_of(state, IDS[1]) is None
    assert queries.active_members(state) == 3


def test_a_member_is_not_succeeded_without_a_successor() -> None:
    state = NETWORK.state()
    wanted = SetMemberState(IDS[3], MemberState.SUCCEEDED, False, False)
    assert refused(state, wanted) == errors.InvalidTransition.code
    keeper.put_member(state, IDS[3], Member(MemberState.WINDING_DOWN, False, False))
    assert refused(state, wanted) == errors.InvalidTransition.code


def test_no_member_succeeds_itself() -> None:
    state = NETWORK.state()
    assert refused(state, SucceedMember(IDS[3], IDS[3])) == errors.SuccessorNotActive.code
    assert refused(state, SucceedMember(IDS[3], b"?" * 32)) == errors.SuccessorNotActive.code


def test_a_succeeded_member_never_comes_back() -> None:
    state = NETWORK.state()
    decided(state, SucceedMember(IDS[3], IDS[1]))
    assert refused(state, AdmitMember(IDS[3])) == errors.AlreadyMember.code
    assert refused(state, SucceedMember(IDS[3], IDS[2])) == errors.InvalidTransition.code
    assert refused(state, SucceedMember(IDS[2], IDS[3])) == errors.SuccessorNotActive.code


def test_a_validator_goes_before_its_member_is_succeeded() -> None:
    assert refused(NETWORK.state(), SucceedMember(IDS[0], IDS[1])) == errors.ValidatorRemains.code


def test_successions_are_followed_to_the_one_that_stands_today() -> None:
    state = NETWORK.state()
    decided(state, SucceedMember(IDS[3], IDS[2]), SucceedMember(IDS[2], IDS[1]))
    assert queries.successor_of(state, IDS[3]) == queries.successor_of(state, IDS[2]) == IDS[1]
    chain = [bytes((n,)) * 32 for n in range(MAX_SUCCESSIONS + 2)]
    for one, following in pairwise(chain):
        keeper.put_succession(state, one, Succession(following))
    assert queries.successor_of(state, chain[1]) == chain[-1]
    assert queries.successor_of(state, chain[0]) == chain[-2], "and no further than the bound"


def test_a_successor_never_inherits_grants() -> None:
    permitted = RecordRelease(
        HOSPITAL,
        signed(request(), "other clinic"),
        (int(BasisKind.DIRECTIVE), name("directive"), 1),
        ROOT,
        LEAVES,
        int(Trigger.REQUEST),
        NOW + 5,
    )
    s = scene(permitted, BY_HOSPITAL)
    accounts_keeper.put_staff(s.state, OTHER, STAFF, Staff(0, FOREVER))
    consent_keeper.put_directive(s.state, directive())  # for the clinic
    assert s.run().code == access_errors.OtherRecipient.code
    keeper.put_member(s.state, CLINIC, Member(MemberState.SUCCEEDED, False, False))
    keeper.put_succession(s.state, CLINIC, Succession(OTHER))
    assert queries.successor_of(s.state, CLINIC) == OTHER
    assert s.run().code == access_errors.OtherRecipient.code
    old = scene(
        RecordRelease(HOSPITAL, signed(request()), permitted.basis, ROOT, LEAVES, int(Trigger.REQUEST), NOW + 5),
        BY_HOSPITAL,
        state=s.state,
    )
    assert old.run().code == access_errors.MayNotReceive.code, "and the old one has nothing more of it"


def test_an_order_for_the_old_member_is_none_for_its_successor() -> None:
    ordered = RecordRelease(
        HOSPITAL,
        signed(request(), "other clinic"),
        (int(BasisKind.ORDER), name("order"), 0),
        ROOT,
        LEAVES,
        int(Trigger.REQUEST),
        NOW + 5,
    )
    s = scene(ordered, BY_HOSPITAL)
    accounts_keeper.put_staff(s.state, OTHER, STAFF, Staff(0, FOREVER))
    consent_keeper.put_order(s.state, RELATION, name("order"), order())
    keeper.put_member(s.state, CLINIC, Member(MemberState.SUCCEEDED, False, False))
    keeper.put_succession(s.state, CLINIC, Succession(OTHER))
    assert s.run().code == access_errors.OrderNotInForce.code


# --- emergency suspension


def test_two_members_suspend_a_third_at_once() -> None:
    state = NETWORK.state()
    outcome = suspend(state, 3, (0, 1)).commit()
    by = tuple(sorted(IDS[:2]))
    assert outcome.writes == {keys.emergency_key(IDS[3]): encode(Emergency(NOW + LASTS, 0, by))}
    assert outcome.events == (events.MemberSuspended(IDS[3], NOW + LASTS, 0, by),)
    assert not queries.may_receive(state, IDS[3], NOW)
    assert queries.may_hold(state, IDS[3], NOW) and queries.is_active(state, IDS[3])
    assert sound(state)


def test_it_ends_by_itself_at_its_time_and_nothing_is_written() -> None:
    state = NETWORK.state()
    suspend(state, 3, (0, 1), custodian=True).commit()
    before = dict(state.writes)
    for time, allowed in ((NOW + LASTS - 1, False), (NOW + LASTS, True)):
        assert queries.may_receive(state, IDS[3], time) is allowed
        assert queries.may_hold(state, IDS[3], time) is allowed
    assert state.writes == before


def test_the_same_members_do_not_renew_it() -> None:
    state = NETWORK.state()
    suspend(state, 3, (0, 1)).commit()
    after = NOW + LASTS
    assert suspend(state, 3, (0, 1), NOW).run().code == errors.AlreadySuspended.code
    assert suspend(state, 3, (0, 1), after).run().code == errors.SaidBefore.code
    assert suspend(state, 3, (1, 2), after).run().code == errors.SaidBefore.code
    assert suspend(state, 3, (0, 1), NOW, recipient=False, custodian=True).run().code == errors.SaidBefore.code
    decided(state, SetMemberState(IDS[3], MemberState.ACTIVE, False, False))
    assert queries.may_receive(state, IDS[3], NOW), "a vote ends it before its time"
    assert suspend(state, 3, (0, 1), after).run().code == 0, "and frees them to act again"


def test_one_member_alone_or_one_named_twice_suspends_nobody() -> None:
    state = NETWORK.state()
    assert suspend(state, 3, (0,)).run().code == errors.TooFewMembers.code
    assert suspend(state, 3, (0, 0)).run().code == errors.UnsortedMembers.code


def test_so_many_are_never_suspended_that_no_quorum_remains() -> None:
    state = NETWORK.state()
    suspend(state, 3, (0, 1)).commit()
    assert suspend(state, 2, (0, 1)).run().code == errors.NoQuorumLeft.code
    assert suspend(state, 2, (0, 3)).run().code == errors.SignerSuspended.code
    assert suspend(state, 2, (0, 1), NOW + LASTS).run().code == 0, "once the first is over"
    keeper.put_member(state, IDS[2], Member(MemberState.WINDING_DOWN, False, False))
    assert suspend(state, 2, (0, 1)).run().code == 0, "who winds down is no part of a quorum"
    three = NETWORK.state()
    keeper.put_member(three, IDS[0], Member(MemberState.LEFT, False, False))
    assert suspend(three, 3, (1, 2)).run().code == errors.NoQuorumLeft.code


def test_own_access_and_break_glass_go_on_while_the_custodian_is_suspended() -> None:
    by_permit = (int(BasisKind.DIRECTIVE), name("directive"), 1)
    release = RecordRelease(HOSPITAL, signed(request()), by_permit, ROOT, LEAVES, int(Trigger.REQUEST), NOW + 5)
    own_request = request(purpose=6, staff=None)
    own = RecordRelease(
        HOSPITAL,
        signed(own_request, "patient"),
        (int(BasisKind.SELF), None, 0),
        ROOT,
        LEAVES,
        int(Trigger.REQUEST),
        NOW + 5,
    )
    s = scene(release, BY_HOSPITAL)
    consent_keeper.put_directive(s.state, directive())
    put_policy(s.state, emergency=emergency())
    keeper.put_emergency(s.state, HOSPITAL, Emergency(NOW + 1, NOW + 1, (CLINIC,)))
    assert s.run().code == access_errors.MayNotHold.code
    assert scene(own, BY_HOSPITAL, state=s.state).run().code == 0
    glass = BreakGlass(HOSPITAL, signed(glass_request()), (name("policy set"), 1), ROOT, LEAVES, NOW + 5)
    assert scene(glass, BY_HOSPITAL, state=s.state).run().code == 0
    s.time = NOW + 1
    assert s.run().code == 0, "it ended by itself"


def test_who_is_suspended_as_recipient_gets_nothing_in_an_emergency_either() -> None:
    glass = BreakGlass(HOSPITAL, signed(glass_request()), (name("policy set"), 1), ROOT, LEAVES, NOW + 5)
    s = scene(glass, BY_HOSPITAL)
    put_policy(s.state, emergency=emergency())
    keeper.put_emergency(s.state, CLINIC, Emergency(NOW + 1, 0, (OTHER,)))
    assert s.run().code == access_errors.MayNotReceive.code
    keeper.put_emergency(s.state, CLINIC, Emergency(NOW, 0, (OTHER,)))
    assert s.run().code == 0


# --- escrow


def test_an_escrow_is_opened_by_its_organisation_and_once_succeeded_by_its_successor_alone() -> None:
    state = NETWORK.state()
    NETWORK.commit(state, RecordEscrow(IDS[3], b"c" * 32), NETWORK.administration(3))
    assert queries.escrow(state, IDS[3]) == Escrow(b"c" * 32, NOW, None, 0)
    by = {n: NETWORK.scene(OpenEscrow(IDS[3], IDS[n], b"c" * 32), NETWORK.administration(n), state) for n in (1, 3)}
    assert by[1].run().code == errors.NotEntitled.code
    assert by[3].commit().events == (events.EscrowOpened(IDS[3], IDS[3], b"c" * 32),)
    assert by[3].run().code == errors.EscrowOpen.code
    decided(state, SucceedMember(IDS[3], IDS[1]))
    assert by[3].run().code == errors.NotEntitled.code
    assert by[1].commit().writes == {keys.escrow_key(IDS[3]): encode(Escrow(b"c" * 32, NOW, IDS[1], NOW))}
    assert sound(state)


def test_a_new_escrow_is_opened_by_nobody_yet() -> None:
    state = NETWORK.state()
    NETWORK.commit(state, RecordEscrow(IDS[3], b"c" * 32), NETWORK.administration(3))
    NETWORK.commit(state, OpenEscrow(IDS[3], IDS[3], b"c" * 32), NETWORK.administration(3))
    NETWORK.commit(state, RecordEscrow(IDS[3], b"d" * 32), NETWORK.administration(3))
    assert queries.escrow(state, IDS[3]) == Escrow(b"d" * 32, NOW, None, 0)


DAMAGE = {
    "succeeded by nobody": {keys.member_key(IDS[3]): encode(Member(5, False, False))},
    "successor of one that is there": {keys.succession_key(IDS[3]): encode(Succession(IDS[1]))},
    "successions in a circle": {
        keys.succession_key(IDS[3]): encode(Succession(IDS[2])),
        keys.succession_key(IDS[2]): encode(Succession(IDS[3])),
    },
    "suspended by itself": {keys.emergency_key(IDS[3]): encode(Emergency(1, 0, (IDS[3],)))},
    "suspended by nobody": {keys.emergency_key(IDS[3]): encode(Emergency(1, 0, ()))},
    "suspends nothing": {keys.emergency_key(IDS[3]): encode(Emergency(0, 0, (IDS[1],)))},
    "suspended outsider": {keys.emergency_key(b"?" * 32): encode(Emergency(1, 0, (IDS[1],)))},
    "escrow of an outsider": {keys.escrow_key(b"?" * 32): encode(Escrow(bytes(32), 1, None, 0))},
    "escrow opened at no time": {keys.escrow_key(IDS[3]): encode(Escrow(bytes(32), 1, IDS[3], 0))},
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_invariants_find_what_is_wrong_with_a_life(damage: str) -> None:
    state = NETWORK.state()
    for key, value in DAMAGE[damage].items():
        state.put(key, value)
    if damage.startswith("successions"):
        for n in (2, 3):
            keeper.put_member(state, IDS[n], Member(MemberState.SUCCEEDED, False, False))
    assert not sound(state)
