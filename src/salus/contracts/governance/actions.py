"""What a proposal can do: one function per action, in the beats check, write, tell.

The same functions run when a proposal is made, on a layer that is dropped, and when it takes effect.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from salus.contracts.governance import errors, keeper
from salus.contracts.governance.events import (
    GroupSet,
    MemberAdmitted,
    MemberStateSet,
    MemberSucceeded,
    ParameterSet,
    PolicySetVoted,
    UpgradeScheduled,
    UpgradeWithdrawn,
    ValidatorSet,
)
from salus.contracts.governance.expected import Accounts
from salus.contracts.governance.messages import (
    ACTIONS,
    AdmitMember,
    ScheduleUpgrade,
    SetGroup,
    SetMemberState,
    SetParameter,
    SetPolicySet,
    SetValidator,
    SucceedMember,
    WithdrawUpgrade,
)
from salus.contracts.governance.parameters import BOUNDS, NUMBERS, Parameter
from salus.contracts.governance.policies import check_policy_set, policy_set_id
from salus.contracts.governance.power import check_power
from salus.contracts.governance.queries import parameter, rules_version
from salus.contracts.governance.succession import MAX_SUCCESSIONS, longest_before
from salus.contracts.governance.types import Group, Member, MemberState, Policies, Succession, Upgrade, Validator
from salus.core.encoding import decode
from salus.core.errors import InvalidKey
from salus.core.hashing import T
from salus.core.keys import FOREVER, KeyEntry, Role, proved
from salus.core.signatures import ED25519, key_id
from salus.core.types import Message
from salus.state.overlay import Overlay

_TRANSITIONS: dict[int, tuple[int, ...]] = {
    MemberState.ACTIVE: (MemberState.ACTIVE, MemberState.WINDING_DOWN, MemberState.LEFT),
    MemberState.WINDING_DOWN: (MemberState.ACTIVE, MemberState.WINDING_DOWN, MemberState.LEFT),
}


def decode_actions(actions: Sequence[tuple[int, bytes]]) -> list[Message]:
    """Return the actions as values; raise UnknownAction or Malformed."""
    if any(number not in ACTIONS for number, _ in actions):
        raise errors.UnknownAction
    return [decode(body, ACTIONS[number]) for number, body in actions]


class Place(NamedTuple):
    """Where an action stands: that `number` of a proposal that takes effect at `height`."""

    network: bytes
    proposal: bytes
    height: int
    number: int


def apply(
    accounts: Accounts, state: Overlay, network: bytes, proposal: bytes, height: int, actions: Sequence[Message]
) -> list[Message]:
    """Carry out `actions` in order and return their events; raise the first refusal, with `state` half written.

    What validators have together is judged at the end, so that a proposal can shift power from one to another.
    """
    done = [
        _APPLY[type(action)](accounts, state, Place(network, proposal, height, number), action)
        for number, action in enumerate(actions)
    ]
    if any(isinstance(action, SetValidator | SetParameter) for action in actions):
        check_power(state)
    return done


def group_id(network: bytes, proposal: bytes, index: int) -> bytes:
    """Return the id of the group that action `index` of `proposal` creates (32 zero bytes: genesis)."""
    return T("group", network, proposal, index)


def _admit(a: Accounts, state: Overlay, at: Place, action: AdmitMember) -> Message:
    if not a.is_organisation(state, action.organisation):
        raise errors.NoSuchOrganisation
    entry = keeper.get_member(state, action.organisation)
    if entry is not None and entry.state != MemberState.LEFT:
        raise errors.AlreadyMember
    keeper.put_member(state, action.organisation, Member(int(MemberState.ACTIVE), False, False))
    return MemberAdmitted(action.organisation)


def _set_state(a: Accounts, state: Overlay, at: Place, action: SetMemberState) -> Message:
    entry = keeper.get_member(state, action.member)
    if entry is None:
        raise errors.NoSuchMember
    if action.state not in _TRANSITIONS.get(entry.state, ()):
        raise errors.InvalidTransition
    if entry.state == MemberState.ACTIVE and action.state != MemberState.ACTIVE:
        if any(v.member == action.member for v in keeper.validators(state)):
            raise errors.ValidatorRemains
        if keeper.active_count(state) == 1:
            raise errors.LastActiveMember
    keeper.settle_emergency(state, action.member)  # a vote is the last word
    after = Member(action.state, action.suspended_recipient, action.suspended_custodian)
    keeper.put_member(state, action.member, after)
    return MemberStateSet(action.member, after.state, after.suspended_recipient, after.suspended_custodian)


def _succeed(a: Accounts, state: Overlay, at: Place, action: SucceedMember) -> Message:
    entry = keeper.get_member(state, action.member)
    if entry is None:
        raise errors.NoSuchMember
    if entry.state not in _TRANSITIONS:
        raise errors.InvalidTransition
    if any(v.member == action.member for v in keeper.validators(state)):
        raise errors.ValidatorRemains
    successor = keeper.get_member(state, action.successor)
    if successor is None or successor.state != MemberState.ACTIVE or action.successor == action.member:
        raise errors.SuccessorNotActive
    if longest_before(state, action.member) >= MAX_SUCCESSIONS:
        raise errors.SuccessionTooLong
    keeper.settle_emergency(state, action.member)
    keeper.put_member(state, action.member, Member(int(MemberState.SUCCEEDED), False, False))
    keeper.put_succession(state, action.member, Succession(action.successor))
    return MemberSucceeded(action.member, action.successor)


def check_parameter(number: int, value: int) -> None:
    """Raise UnknownParameter or ParameterOutOfBounds."""
    if number not in NUMBERS:
        raise errors.UnknownParameter
    bounds = BOUNDS[Parameter(number)]
    if not bounds.lowest <= value <= bounds.highest:
        raise errors.ParameterOutOfBounds


def _set_parameter(a: Accounts, state: Overlay, at: Place, action: SetParameter) -> Message:
    check_parameter(action.parameter, action.value)
    keeper.put_parameter(state, action.parameter, action.value)
    return ParameterSet(action.parameter, action.value)


def _set_validator(a: Accounts, state: Overlay, at: Place, action: SetValidator) -> Message:
    kid = key_id(at.network, action.public)
    entry = keeper.get_validator(state, kid)
    own = entry is not None and entry.member == action.member
    if action.power == 0:
        if not own:
            raise errors.NoSuchValidator
        if len(keeper.validators(state)) == 1:
            raise errors.LastValidator
    else:
        member = keeper.get_member(state, action.member)
        if member is None or member.state != MemberState.ACTIVE:
            raise errors.ValidatorWithoutMember
        if not own:
            _list_validator_key(a, state, at.network, kid, action)
    keeper.put_validator(state, kid, Validator(action.member, action.public, action.power))
    return ValidatorSet(action.member, action.public, action.power)


def _list_validator_key(a: Accounts, state: Overlay, network: bytes, kid: bytes, action: SetValidator) -> None:
    # The possession of a key that is in force already was proved when it was listed.
    if a.account_of_key(state, kid) is not None:
        raise errors.KeyListed
    entry = KeyEntry(ED25519, int(Role.VALIDATOR), action.public, 0, FOREVER, action.proof)
    if not proved(network, action.member, entry):
        raise InvalidKey
    a.reserve_key(state, kid, action.member)


def _set_group(a: Accounts, state: Overlay, at: Place, action: SetGroup) -> Message:
    if action.group is None:
        group, version = group_id(at.network, at.proposal, at.number), 1
    else:
        before = keeper.get_group(state, action.group)
        if before is None:
            raise errors.NoSuchGroup
        group, version = action.group, before.version + 1
    if any(x >= y for x, y in pairwise(action.members)):
        raise errors.UnsortedMembers
    if any(keeper.get_member(state, member) is None for member in action.members):
        raise errors.OutsiderInGroup
    keeper.put_group(state, group, Group(action.name, version, action.members))
    return GroupSet(group, version, action.name, action.members)


def _set_policy_set(a: Accounts, state: Overlay, at: Place, action: SetPolicySet) -> Message:
    if action.set is None:
        policy_set, version = policy_set_id(at.network, at.proposal, at.number), 1
    else:
        before = keeper.get_policies(state, action.set)
        if before is None:
            raise errors.NoSuchPolicySet
        policy_set, version = action.set, before.version + 1
    check_policy_set(state, action.body)
    keeper.put_policies(state, policy_set, Policies(version, action.body))
    return PolicySetVoted(policy_set, version, action.body)


def _schedule(a: Accounts, state: Overlay, at: Place, action: ScheduleUpgrade) -> Message:
    if action.height < at.height + parameter(state, Parameter.PROPOSAL_DELAY_BLOCKS):
        raise errors.UpgradeTooEarly
    known = keeper.list_upgrades(state)
    if known and known[-1][0] > at.height:
        raise errors.UpgradePending
    if action.rules <= rules_version(state, at.height)[0]:
        raise errors.RulesNotNewer
    keeper.put_upgrade(state, action.height, Upgrade(action.rules, action.software))
    return UpgradeScheduled(action.rules, action.height, action.software)


def _withdraw(a: Accounts, state: Overlay, at: Place, action: WithdrawUpgrade) -> Message:
    for height, entry in keeper.list_upgrades(state):
        if height > at.height and entry.version == action.rules:
            keeper.withdraw_upgrade(state, height)
            return UpgradeWithdrawn(action.rules, height)
    raise errors.NoSuchUpgrade


_Apply = Callable[[Accounts, Overlay, Place, Any], Message]
_APPLY: dict[type[Message], _Apply] = {
    AdmitMember: _admit,
    SetMemberState: _set_state,
    SetParameter: _set_parameter,
    SetValidator: _set_validator,
    SetGroup: _set_group,
    SetPolicySet: _set_policy_set,
    SucceedMember: _succeed,
    ScheduleUpgrade: _schedule,
    WithdrawUpgrade: _withdraw,
}
