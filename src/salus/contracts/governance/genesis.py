"""The founders' entries: what governance holds before the first block."""

from collections.abc import Sequence
from itertools import pairwise

from salus.contracts.governance import keeper
from salus.contracts.governance.actions import check_parameter, group_id
from salus.contracts.governance.policies import check_policy_set, policy_set_id
from salus.contracts.governance.power import check_power
from salus.contracts.governance.types import Group, Member, MemberState, Policies, Validator
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.genesis import Genesis, founder_id
from salus.core.signatures import key_id
from salus.policy.policies import EmergencyRule, FoundingSet, PolicySet
from salus.state.overlay import Overlay

_ORIGIN = bytes(32)  # stands for a proposal


def write_genesis(state: Overlay, network: bytes, genesis: Genesis) -> None:
    """Write members, validators, parameters, purposes, groups and policy sets of a document that `read_genesis` gave.

    Raises Malformed, UnknownParameter, ParameterOutOfBounds, or what `check_power` and `check_policy_set` raise, where
    the document contradicts itself.
    """
    founders = [founder_id(founder) for founder in genesis.founders]
    for founder in founders:
        keeper.put_member(state, founder, Member(int(MemberState.ACTIVE), False, False))
    for validator in genesis.validators:
        if not validator.power:
            raise Malformed
        entry = Validator(founders[validator.founder], validator.public, validator.power)
        keeper.put_validator(state, key_id(network, validator.public), entry)
    _ascending([number for number, _ in genesis.parameters])
    for number, value in genesis.parameters:
        check_parameter(number, value)
        keeper.put_parameter(state, number, value)
    check_power(state)
    _ascending([purpose.number for purpose in genesis.purposes])
    for purpose in genesis.purposes:
        _ascending(purpose.implied_by)
        keeper.put_purpose(state, purpose)
    for index, group in enumerate(genesis.groups):
        _ascending(group.members)
        if any(i >= len(founders) for i in group.members):
            raise Malformed
        members = tuple(sorted(founders[i] for i in group.members))
        keeper.put_group(state, group_id(network, _ORIGIN, index), Group(group.name, 1, members))
    for index, raw in enumerate(genesis.policies):
        body = _body(network, decode(raw, FoundingSet), len(genesis.groups))
        check_policy_set(state, body)
        keeper.put_policies(state, policy_set_id(network, _ORIGIN, index), Policies(1, body))


def _body(network: bytes, founding: FoundingSet, groups: int) -> PolicySet:
    """Return the set with its group by id; raise Malformed where the document has no such group."""
    rule = founding.emergency
    if rule.group is not None and rule.group >= groups:
        raise Malformed
    group = None if rule.group is None else group_id(network, _ORIGIN, rule.group)
    emergency = EmergencyRule(group, rule.ceiling, rule.window_ms)
    return PolicySet(founding.jurisdiction, founding.rules, emergency, founding.pending, founding.attested)


def _ascending(numbers: Sequence[int]) -> None:
    if any(x >= y for x, y in pairwise(numbers)):
        raise Malformed
