"""What makes a policy set sound: asked when members vote on one, and of those in genesis."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from salus.contracts.governance import errors, keeper
from salus.core.hashing import T
from salus.policy.policies import MAX_WINDOW_MS, EmergencyRule, PolicySet
from salus.policy.purposes import is_break_glass
from salus.policy.types import OrganisationRole
from salus.state.overlay import Reader

_ROLES = (0, *map(int, OrganisationRole))  # 0: any


def policy_set_id(network: bytes, proposal: bytes, index: int) -> bytes:
    """Return the id of the set that action `index` of `proposal` creates (32 zero bytes: genesis)."""
    return T("policy", network, proposal, index)


def check_policy_set(state: Reader, body: PolicySet) -> None:
    """Raise UnsortedRules and what follows it in `errors`."""
    _ascending([(rule.purpose, rule.role) for rule in body.rules])
    _ascending(body.attested)
    for purpose in (*(rule.purpose for rule in body.rules), *body.attested):
        if keeper.get_purpose(state, purpose) is None:
            raise errors.UnknownPurpose
    for rule in body.rules:
        row = keeper.get_purpose(state, rule.purpose)
        if row is not None and is_break_glass(row.system, row.code):
            raise errors.RuleForBreakGlass
    if any(rule.role not in _ROLES for rule in body.rules):
        raise errors.UnknownRole
    _check_emergency(state, body.emergency)


def _check_emergency(state: Reader, emergency: EmergencyRule) -> None:
    longest = 0 if emergency.group is None else MAX_WINDOW_MS
    shortest = 0 if emergency.group is None else 1
    if not shortest <= emergency.window_ms <= longest:
        raise errors.EmergencyOutOfBounds
    if emergency.group is not None and keeper.get_group(state, emergency.group) is None:
        raise errors.NoSuchEmergencyGroup


def _ascending(items: Sequence[Any]) -> None:
    if any(x >= y for x, y in pairwise(items)):
        raise errors.UnsortedRules
