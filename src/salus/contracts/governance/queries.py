"""Read-only questions that other contracts, the machine and services may ask of governance."""

from salus.contracts.governance import keeper, succession
from salus.contracts.governance.parameters import BOUNDS
from salus.contracts.governance.types import Escrow, Group, Member, MemberState, Proposal, Upgrade, Validator
from salus.core.genesis import Purpose
from salus.core.hashing import T
from salus.policy.policies import NO_SET, STRICT_OPT_IN, PolicySet
from salus.state.overlay import Reader

FIRST_RULES = 1  # from the first block on
_DEFAULTS = {int(number): bounds.default for number, bounds in BOUNDS.items()}


def member(state: Reader, organisation: bytes) -> Member | None:
    """Return the member's entry; None for an outsider or an applicant."""
    return keeper.get_member(state, organisation)


def is_active(state: Reader, organisation: bytes) -> bool:
    """True if the member votes, submits and opens accounts. A suspension does not end this."""
    entry = keeper.get_member(state, organisation)
    return entry is not None and entry.state == MemberState.ACTIVE


def is_serving(state: Reader, organisation: bytes) -> bool:
    """True if the member acts for the patients it has: active or winding down, suspended or not."""
    entry = keeper.get_member(state, organisation)
    return entry is not None and entry.state in (MemberState.ACTIVE, MemberState.WINDING_DOWN)


def may_receive(state: Reader, organisation: bytes, time: int) -> bool:
    """True if data may be released to it at `time`: active, not suspended as a recipient by vote or in an emergency."""
    entry = keeper.get_member(state, organisation)
    if entry is None or entry.state != MemberState.ACTIVE or entry.suspended_recipient:
        return False
    return time >= suspended_until(state, organisation)[0]


def may_hold(state: Reader, organisation: bytes, time: int) -> bool:
    """True if it may take in what is new as a custodian at `time`: active or winding down, not suspended as one."""
    entry = keeper.get_member(state, organisation)
    if entry is None or entry.suspended_custodian or not is_serving(state, organisation):
        return False
    return time >= suspended_until(state, organisation)[1]


def suspended_until(state: Reader, organisation: bytes) -> tuple[int, int]:
    """Return when an emergency suspension of it ends or ended, as recipient and as custodian; 0: there was none."""
    entry = keeper.get_emergency(state, organisation)
    return (0, 0) if entry is None else (entry.recipient_until, entry.custodian_until)


def in_emergency(state: Reader, organisation: bytes, time: int) -> bool:
    """True if members suspended it without a vote, and that has not ended."""
    return time < max(suspended_until(state, organisation))


def successor_of(state: Reader, member: bytes) -> bytes | None:
    """Return the member that stands for a succeeded one today, over all successions; None if it was not succeeded."""
    return succession.successor_of(state, member)


def escrow(state: Reader, organisation: bytes) -> Escrow | None:
    """Return the organisation's escrow: the commitment, and who was let open it."""
    return keeper.get_escrow(state, organisation)


def active_members(state: Reader) -> int:
    """Return how many members are active."""
    return keeper.active_count(state)


def parameter(state: Reader, number: int) -> int:
    """Return the value in force of a `parameters.Parameter`; ValueError where there is none such."""
    value = keeper.get_parameter(state, number)
    if value is not None:
        return value
    if number not in _DEFAULTS:
        raise ValueError(f"no parameter {number}")
    return _DEFAULTS[number]


def purpose(state: Reader, number: int) -> Purpose | None:
    """Return the row of the governed table of purposes."""
    return keeper.get_purpose(state, number)


def purpose_implied_by(state: Reader, permitted: int, asked: int) -> bool:
    """True if a permit for the purpose `permitted` serves the purpose `asked`, which the table must know.

    By equality or the table's own list, not by what that implies in turn: v3-ActReason nests
    break-glass inside treatment, and a permit must never become one for break-glass.
    """
    row = keeper.get_purpose(state, asked)
    return row is not None and (permitted == asked or permitted in row.implied_by)


def group(state: Reader, group_id: bytes) -> Group | None:
    """Return the group."""
    return keeper.get_group(state, group_id)


def founding_group(state: Reader, network: bytes) -> bytes | None:
    """Return the id of the first group that the founders named; None if they named none."""
    first = T("group", network, bytes(32), 0)
    return None if keeper.get_group(state, first) is None else first


def group_members(state: Reader, group_id: bytes) -> tuple[bytes, ...]:
    """Return the organisations of the group, sorted; empty where there is no such group."""
    entry = keeper.get_group(state, group_id)
    return () if entry is None else entry.members


def in_group(state: Reader, group_id: bytes, organisation: bytes) -> bool:
    """True if the organisation is in the group now."""
    return organisation in group_members(state, group_id)


def policy_set(state: Reader, policy_set_id: bytes) -> tuple[int, PolicySet] | None:
    """Return (version, body) of a policy set; strict opt-in, which no vote changes, is version 0 of NO_SET."""
    if policy_set_id == NO_SET:
        return 0, STRICT_OPT_IN
    entry = keeper.get_policies(state, policy_set_id)
    return None if entry is None else (entry.version, entry.body)


def policy_sets(state: Reader) -> list[tuple[bytes, int, PolicySet]]:
    """Return (id, version, body) of all policy sets that were voted or founded, sorted by id."""
    return [(key, entry.version, entry.body) for key, entry in keeper.list_policies(state)]


def validators(state: Reader) -> list[Validator]:
    """Return the validators in force, sorted by key id."""
    return keeper.validators(state)


def proposal(state: Reader, proposal_id: bytes) -> Proposal | None:
    """Return the proposal with its status."""
    return keeper.get_proposal(state, proposal_id)


def upgrades(state: Reader) -> list[tuple[int, Upgrade]]:
    """Return (height, upgrade) of every version of the rules after the first, by height: past ones and scheduled."""
    return keeper.list_upgrades(state)


def rules_version(state: Reader, height: int) -> tuple[int, int, str]:
    """Return (version, first height, software) of the rules for the block at `height`, as members voted until now.

    `state` is the one before that block; the software is empty for the first version.
    """
    last = [entry for entry in keeper.list_upgrades(state) if entry[0] <= height][-1:]
    return (last[0][1].version, last[0][0], last[0][1].software) if last else (FIRST_RULES, 1, "")
