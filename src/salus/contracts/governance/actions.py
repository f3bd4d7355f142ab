"""What a proposal can do: one function per action, in the beats check, write, tell.

The same functions run when a proposal is made, on a layer that is dropped, and when it takes effect.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from salus.contracts.governance import errors, keeper
from salus.contracts.governance.events import (
    GroupSet,
    MemberAdmitted,
    MemberStateSet,
    MemberSucceeded,
    ParameterSet,
    PolicySetVoted,
    ValidatorSet,
)
from salus.contracts.governance.expected import Accounts
from salus.contracts.governance.messages import (
    ACTIONS,
    AdmitMember,
    SetGroup,
    SetMemberState,
    SetParameter,
    SetPolicySet,
    SetValidator,
    SucceedMember,
)
from salus.contracts.governance.parameters import BOUNDS, NUMBERS, Parameter
from salus.contracts.governance.policies import check_policy_set, policy_set_id
from salus.contracts.governance.succession import MAX_SUCCESSIONS, longest_before
from salus.contracts.governance.types import Group, Member, MemberState, Policies, Succession, Validator
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


def apply(
    accounts: Accounts, state: Overlay, network: bytes, proposal: bytes, actions: Sequence[Message]
) -> list[Message]:
    """Carry out `actions` in order and return their events; raise the first refusal, with `state` half written."""
    return [_APPLY[type(action)](accounts, state, network, proposal, i, action) for i, action in enumerate(actions)]


def group_id(network: bytes, proposal: bytes, index: int) -> bytes:
    """Return the id of the group that action `index` of `proposal` creates (32 zero bytes: genesis)."""
    return T("group", network, proposal, index)


def _admit(a: Accounts, state: Overlay, network: bytes, proposal: bytes, index: int, action: AdmitMember) -> Message:
    if not a.is_organisation(state, action.organisation):
        raise errors.NoSuchOrganisation
    entry = keeper.get_member(state, action.organisation)
    if entry is not None and entry.state != MemberState.LEFT:
        raise errors.AlreadyMember
    keeper.put_member(state, action.organisation, Member(int(MemberState.ACTIVE), False, False))
    return MemberAdmitted(action.organisation)


def _set_state(
    a: Accounts, state: Overlay, network: bytes, proposal: bytes, index: int, action: SetMemberState
) -> Message:
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


def _succeed(
    a: Accounts, state: Overlay, network: bytes, proposal: bytes, index: int, action: SucceedMember
) -> Message:
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


def _set_parameter(
    a: Accounts, state: Overlay, network: bytes, proposal: bytes, index: int, action: SetParameter
) -> Message:
    check_parameter(action.parameter, action.value)
    keeper.put_parameter(state, action.parameter, action.value)
    return ParameterSet(action.parameter, action.value)


def _set_validator(
    a: Accounts, state: Overlay, network: bytes, proposal: bytes, index: int, action: SetValidator
) -> Message:
    kid = key_id(network, action.public)
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
            _list_validator_key(a, state, network, kid, action)
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


def _set_group(a: Accounts, state: Overlay, network: bytes, proposal: bytes, index: int, action: SetGroup) -> Message:
    if action.group is None:
        group, version = group_id(network, proposal, index), 1
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


def _set_policy_set(
    a: Accounts, state: Overlay, network: bytes, proposal: bytes, index: int, action: SetPolicySet
) -> Message:
    if action.set is None:
        policy_set, version = policy_set_id(network, proposal, index), 1
    else:
        before = keeper.get_policies(state, action.set)
        if before is None:
            raise errors.NoSuchPolicySet
        policy_set, version = action.set, before.version + 1
    check_policy_set(state, action.body)
    keeper.put_policies(state, policy_set, Policies(version, action.body))
    return PolicySetVoted(policy_set, version, action.body)


_Apply = Callable[[Accounts, Overlay, bytes, bytes, int, Any], Message]
_APPLY: dict[type[Message], _Apply] = {
    AdmitMember: _admit,
    SetMemberState: _set_state,
    SetParameter: _set_parameter,
    SetValidator: _set_validator,
    SetGroup: _set_group,
    SetPolicySet: _set_policy_set,
    SucceedMember: _succeed,
}
