"""What always holds over all keys of the namespace; asked by tests and by an offline check of the state.

The numbers in the comments are those of the README.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from salus.contracts.governance import keys
from salus.contracts.governance.parameters import BOUNDS, NUMBERS, Parameter
from salus.contracts.governance.policies import check_policy_set
from salus.contracts.governance.power import MAX_VALIDATORS
from salus.contracts.governance.queries import FIRST_RULES
from salus.contracts.governance.succession import MAX_SUCCESSIONS
from salus.contracts.governance.types import (
    Ballot,
    Emergency,
    Escrow,
    Group,
    Member,
    MemberState,
    Policies,
    Proposal,
    ProposalStatus,
    Succession,
    Upgrade,
    Validator,
    Value,
)
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, Refusal
from salus.core.genesis import Purpose
from salus.core.signatures import key_id
from salus.core.types import Message
from salus.policy.policies import NO_SET

Finding = tuple[bytes, str]  # (key, fixed text)
Parsed = Mapping[bytes, Mapping[bytes, Any]]  # space -> key -> value

_FORMS: dict[bytes, tuple[int, type[Message] | None]] = {  # space -> (length of its keys, shape)
    b"\x01\x01": (66, Member),
    b"\x01\x02": (34, Proposal),
    b"\x01\x03": (66, Ballot),
    b"\x01\x04": (74, None),
    b"\x01\x05": (36, Value),
    b"\x01\x06": (66, Validator),
    b"\x01\x07": (36, Purpose),
    b"\x01\x08": (34, Group),
    b"\x01\x09": (34, Value),
    b"\x01\x0a": (66, Policies),
    b"\x01\x0b": (42, Upgrade),
    b"\x01\x10": (66, Emergency),
    b"\x01\x11": (66, Succession),
    b"\x01\x12": (34, Escrow),
}
_WIDE = (  # under the id of zeros
    b"\x01\x01",
    b"\x01\x04",
    b"\x01\x05",
    b"\x01\x06",
    b"\x01\x07",
    b"\x01\x09",
    b"\x01\x0a",
    b"\x01\x0b",
    b"\x01\x10",
    b"\x01\x11",
)


def violations(network: bytes, rows: Iterable[tuple[bytes, bytes]]) -> Iterator[Finding]:
    """Yield (key, fixed text) for each rule broken by the governance keys among `rows`, all of the state's."""
    parsed: dict[bytes, dict[bytes, Any]] = {space: {} for space in _FORMS}
    for key, raw in rows:
        if key[:1] == b"\x01":
            try:
                parsed[key[:2]][key] = _value(key, raw)
            except (Malformed, KeyError):
                yield key, "a key and its value have the documented form"  # 1
    yield from _members(parsed)
    yield from _validators(network, parsed)
    yield from _votes(parsed)
    yield from _tables(parsed)
    yield from _lives(parsed)


def _value(key: bytes, raw: bytes) -> Any:
    length, shape = _FORMS[key[:2]]
    if len(key) != length or (key[:2] in _WIDE and key[2:34] != keys.NETWORK):
        raise Malformed
    if shape is None:
        if raw != b"\xf5":
            raise Malformed
        return True
    return decode(raw, shape)


def _members(parsed: Parsed) -> Iterator[Finding]:
    active = sum(1 for member in parsed[b"\x01\x01"].values() if member.state == MemberState.ACTIVE)
    count = parsed[b"\x01\x09"].get(keys.ACTIVE_COUNT)
    if count is None or count.value != active or not active:
        yield keys.ACTIVE_COUNT, "active members are counted, and there are some"  # 2


def _validators(network: bytes, parsed: Parsed) -> Iterator[Finding]:
    entries = parsed[b"\x01\x06"]
    if not entries:
        yield keys.VALIDATORS, "there is a validator"  # 3
    if len(entries) > MAX_VALIDATORS:
        yield keys.VALIDATORS, "there are no more validators than a network can have"  # 3
    for key, entry in entries.items():
        member = parsed[b"\x01\x01"].get(keys.member_key(entry.member))
        if member is None or member.state != MemberState.ACTIVE or not entry.power:
            yield key, "a validator has power, and is an active member's"  # 3
        if key != keys.validator_key(key_id(network, entry.public)):
            yield key, "a validator stands under the id of its key"  # 3


def _votes(parsed: Parsed) -> Iterator[Finding]:
    for key in parsed[b"\x01\x03"]:
        proposal, member = key[2:34], key[34:]
        if keys.proposal_key(proposal) not in parsed[b"\x01\x02"] or keys.member_key(member) not in parsed[b"\x01\x01"]:
            yield key, "a ballot belongs to a proposal and a member"  # 4
    due = {key[42:]: key for key in parsed[b"\x01\x04"]}
    if len(due) != len(parsed[b"\x01\x04"]):
        yield keys.DUE, "a proposal is due once"  # 5
    for key, entry in parsed[b"\x01\x02"].items():
        expected = keys.due_key(entry.effective, key[2:]) if entry.status == ProposalStatus.OPEN else None
        if due.pop(key[2:], None) != expected:
            yield key, "a proposal is due if it is open, at its effective height"  # 5
    for key in due.values():
        yield key, "what is due is a proposal"  # 5


def _tables(parsed: Parsed) -> Iterator[Finding]:
    for key, entry in parsed[b"\x01\x05"].items():
        number = int.from_bytes(key[34:], "big")
        bounds = BOUNDS[Parameter(number)] if number in NUMBERS else None
        if bounds is None or not bounds.lowest <= entry.value <= bounds.highest:
            yield key, "a parameter is known and within its bounds"  # 6
    versions = [FIRST_RULES, *(entry.version for _, entry in sorted(parsed[b"\x01\x0b"].items()))]
    if any(x >= y for x, y in pairwise(versions)):
        yield keys.UPGRADES, "versions of the rules rise with the height"  # 12
    for key, entry in parsed[b"\x01\x08"].items():
        known = all(keys.member_key(member) in parsed[b"\x01\x01"] for member in entry.members)
        if not known or any(x >= y for x, y in pairwise(entry.members)):
            yield key, "a group's members are sorted, distinct members"  # 7
    for key, entry in parsed[b"\x01\x0a"].items():
        if entry.version < 1 or key == keys.policies_key(NO_SET):
            yield key, "a policy set has a version from 1, and is not strict opt-in"  # 8
        try:
            check_policy_set(_Parsed(parsed), entry.body)
        except Refusal:
            yield key, "a policy set is one that members could vote for"  # 8


def _lives(parsed: Parsed) -> Iterator[Finding]:
    members, successions = parsed[b"\x01\x01"], parsed[b"\x01\x11"]
    for key, member in members.items():
        if (member.state == MemberState.SUCCEEDED) != (keys.succession_key(key[34:]) in successions):
            yield key, "a member is succeeded if and only if its successor is named"  # 9
    for key, entry in successions.items():
        at, steps = key[34:], 0
        while keys.succession_key(at) in successions and steps <= MAX_SUCCESSIONS:
            at, steps = successions[keys.succession_key(at)].successor, steps + 1
        if steps > MAX_SUCCESSIONS or keys.member_key(entry.successor) not in members:
            yield key, "successions end, within the bound, with a member"  # 9
    for key, entry in parsed[b"\x01\x10"].items():
        ordered = all(x < y for x, y in pairwise(entry.spent))
        if keys.member_key(key[34:]) not in members or key[34:] in entry.spent or not ordered or not entry.spent:
            yield key, "an emergency suspension is of a member, by others, each once"  # 10
        elif not max(entry.recipient_until, entry.custodian_until):
            yield key, "an emergency suspension suspends something"  # 10
    for key, entry in parsed[b"\x01\x12"].items():
        if keys.member_key(key[2:]) not in members or (entry.opened_by is None) != (entry.opened == 0):
            yield key, "an escrow is a member's, and opened by somebody at some time or not at all"  # 11


class _Parsed:
    """The keys that were read, as a Reader: so that the check of a set is the one that a vote runs."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed

    def get(self, key: bytes) -> bytes | None:
        value = self._parsed[key[:2]].get(key)
        return None if value is None else encode(value)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        return [(key, encode(value)) for key, value in sorted(self._parsed[prefix[:2]].items())]
