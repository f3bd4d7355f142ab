"""The only code that writes the governance namespace."""

from functools import lru_cache

from salus.contracts.governance import keys
from salus.contracts.governance.types import (
    Ballot,
    Emergency,
    Escrow,
    Group,
    Member,
    MemberState,
    Policies,
    Proposal,
    Succession,
    Upgrade,
    Validator,
    Value,
)
from salus.core.encoding import decode_stored, encode
from salus.core.genesis import Purpose
from salus.state.overlay import Overlay, Reader

_DUE = b"\xf5"


@lru_cache(maxsize=64)
def _member(raw: bytes) -> Member:
    return decode_stored(raw, Member)  # remembered: asked for with every message, and few values occur


@lru_cache(maxsize=256)
def _purpose(raw: bytes) -> Purpose:
    return decode_stored(raw, Purpose)


@lru_cache(maxsize=256)
def _value(raw: bytes) -> int:
    return decode_stored(raw, Value).value


@lru_cache(maxsize=64)
def _policies(raw: bytes) -> Policies:
    return decode_stored(raw, Policies)


def get_member(state: Reader, member: bytes) -> Member | None:
    raw = state.get(keys.member_key(member))
    return None if raw is None else _member(raw)


def put_member(state: Overlay, member: bytes, entry: Member) -> None:
    """Set the entry, and keep the count of active members."""
    before = get_member(state, member)
    was = before is not None and before.state == MemberState.ACTIVE
    change = int(entry.state == MemberState.ACTIVE) - int(was)
    state.put(keys.member_key(member), encode(entry))
    if change:
        state.put(keys.ACTIVE_COUNT, encode(Value(active_count(state) + change)))


def active_count(state: Reader) -> int:
    raw = state.get(keys.ACTIVE_COUNT)
    return 0 if raw is None else _value(raw)


def get_proposal(state: Reader, proposal: bytes) -> Proposal | None:
    raw = state.get(keys.proposal_key(proposal))
    return None if raw is None else decode_stored(raw, Proposal)


def open_proposal(state: Overlay, proposal: bytes, entry: Proposal) -> None:
    state.put(keys.proposal_key(proposal), encode(entry))
    state.put(keys.due_key(entry.effective, proposal), _DUE)


def close_proposal(state: Overlay, proposal: bytes, entry: Proposal) -> None:
    state.put(keys.proposal_key(proposal), encode(entry))
    state.delete(keys.due_key(entry.effective, proposal))


def due_proposals(state: Reader, height: int) -> list[bytes]:
    """Return the ids of the open proposals effective at or before `height`, by effective height and id."""
    due = []
    for key, _ in state.scan(keys.DUE):
        if int.from_bytes(key[34:42], "big") > height:
            break
        due.append(key[42:])
    return due


def get_ballot(state: Reader, proposal: bytes, member: bytes) -> Ballot | None:
    raw = state.get(keys.ballot_key(proposal, member))
    return None if raw is None else decode_stored(raw, Ballot)


def put_ballot(state: Overlay, proposal: bytes, member: bytes, ballot: Ballot) -> None:
    state.put(keys.ballot_key(proposal, member), encode(ballot))


def ballots(state: Reader, proposal: bytes) -> list[tuple[bytes, Ballot]]:
    """Return (member, ballot) of all who voted, sorted."""
    return [(key[34:], decode_stored(raw, Ballot)) for key, raw in state.scan(keys.ballots_prefix(proposal))]


def get_parameter(state: Reader, parameter: int) -> int | None:
    raw = state.get(keys.parameter_key(parameter))
    return None if raw is None else _value(raw)


def put_parameter(state: Overlay, parameter: int, value: int) -> None:
    state.put(keys.parameter_key(parameter), encode(Value(value)))


def get_validator(state: Reader, key: bytes) -> Validator | None:
    raw = state.get(keys.validator_key(key))
    return None if raw is None else decode_stored(raw, Validator)


def put_validator(state: Overlay, key: bytes, entry: Validator) -> None:
    """Set the entry; power 0 removes it."""
    state.put(keys.validator_key(key), encode(entry) if entry.power else None)


def validators(state: Reader) -> list[Validator]:
    """Return the validators, sorted by key id."""
    return [decode_stored(raw, Validator) for _, raw in state.scan(keys.VALIDATORS)]


def get_purpose(state: Reader, number: int) -> Purpose | None:
    raw = state.get(keys.purpose_key(number))
    return None if raw is None else _purpose(raw)


def put_purpose(state: Overlay, purpose: Purpose) -> None:
    state.put(keys.purpose_key(purpose.number), encode(purpose))


def get_group(state: Reader, group: bytes) -> Group | None:
    raw = state.get(keys.group_key(group))
    return None if raw is None else decode_stored(raw, Group)


def put_group(state: Overlay, group: bytes, entry: Group) -> None:
    state.put(keys.group_key(group), encode(entry))


def get_policies(state: Reader, policy_set: bytes) -> Policies | None:
    raw = state.get(keys.policies_key(policy_set))
    return None if raw is None else _policies(raw)


def list_policies(state: Reader) -> list[tuple[bytes, Policies]]:
    """Return (id, set) of all policy sets, sorted by id."""
    return [(key[34:], _policies(raw)) for key, raw in state.scan(keys.POLICIES)]


def put_policies(state: Overlay, policy_set: bytes, entry: Policies) -> None:
    state.put(keys.policies_key(policy_set), encode(entry))


def list_upgrades(state: Reader) -> list[tuple[int, Upgrade]]:
    """Return (height, upgrade) of all that were scheduled and not withdrawn, past ones too, ascending."""
    return [(int.from_bytes(key[34:], "big"), decode_stored(raw, Upgrade)) for key, raw in state.scan(keys.UPGRADES)]


def put_upgrade(state: Overlay, height: int, entry: Upgrade) -> None:
    state.put(keys.upgrade_key(height), encode(entry))


def withdraw_upgrade(state: Overlay, height: int) -> None:
    state.delete(keys.upgrade_key(height))


def get_emergency(state: Reader, member: bytes) -> Emergency | None:
    raw = state.get(keys.emergency_key(member))
    return None if raw is None else decode_stored(raw, Emergency)


def list_emergencies(state: Reader) -> list[tuple[bytes, Emergency]]:
    """Return (member, entry) of all that were suspended without a vote and not voted on since, sorted."""
    return [(key[34:], decode_stored(raw, Emergency)) for key, raw in state.scan(keys.EMERGENCIES)]


def put_emergency(state: Overlay, member: bytes, entry: Emergency) -> None:
    state.put(keys.emergency_key(member), encode(entry))


def settle_emergency(state: Overlay, member: bytes) -> None:
    """Forget it: the members have voted."""
    if state.get(keys.emergency_key(member)) is not None:
        state.delete(keys.emergency_key(member))


def get_succession(state: Reader, member: bytes) -> Succession | None:
    raw = state.get(keys.succession_key(member))
    return None if raw is None else decode_stored(raw, Succession)


def list_successions(state: Reader) -> list[tuple[bytes, Succession]]:
    """Return (member, entry) of all that were succeeded, sorted."""
    return [(key[34:], decode_stored(raw, Succession)) for key, raw in state.scan(keys.SUCCESSIONS)]


def put_succession(state: Overlay, member: bytes, entry: Succession) -> None:
    state.put(keys.succession_key(member), encode(entry))


def get_escrow(state: Reader, organisation: bytes) -> Escrow | None:
    raw = state.get(keys.escrow_key(organisation))
    return None if raw is None else decode_stored(raw, Escrow)


def put_escrow(state: Overlay, organisation: bytes, entry: Escrow) -> None:
    state.put(keys.escrow_key(organisation), encode(entry))
