"""Governance at genesis, its queries, and that each breach of an invariant is found."""

from typing import Any

import msgspec
import pytest

from contracts.founding import Network, key
from contracts.precedence import HEIGHT, NOW
from salus.contracts import governance
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts import queries as accounts_queries
from salus.contracts.accounts.types import Organisation
from salus.contracts.governance import errors, invariants, keeper, keys, queries
from salus.contracts.governance.actions import group_id
from salus.contracts.governance.messages import (
    ACTIONS,
)
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.power import MAX_VALIDATORS
from salus.contracts.governance.types import (
    Ballot,
    Group,
    Member,
    MemberState,
    Proposal,
    Upgrade,
    Validator,
)
from salus.core.encoding import encode
from salus.core.errors import Malformed
from salus.state.overlay import Overlay

NETWORK = Network()
IDS = [member.id for member in NETWORK.members]
EFFECTIVE = HEIGHT + 5
NUMBER = {shape: number for number, shape in ACTIONS.items()}


def sound(state: Overlay) -> bool:
    rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
    return list(invariants.violations(NETWORK.id, rows)) == []


def applicant(state: Overlay, account: bytes = b"a" * 32) -> bytes:
    accounts_keeper.put_organisation(state, account, Organisation("applicant", "north", (2,), 1, b"s" * 32))
    return account


def test_genesis_is_what_the_founders_agreed_on() -> None:
    state = Network(((Parameter.MAX_KEYS, 16),)).state()
    assert queries.parameter(state, Parameter.MAX_KEYS) == 16
    with pytest.raises(ValueError, match="99"):
        queries.parameter(state, 99)
    state = NETWORK.state()
    assert sound(state)
    assert {p: queries.parameter(state, p) for p in Parameter} == {p: BOUNDS[p].default for p in Parameter}
    assert all(queries.member(state, member) == Member(MemberState.ACTIVE, False, False) for member in IDS)
    assert queries.active_members(state) == 4
    assert queries.validators(state) == [Validator(IDS[0], key("validator").public, 1)]
    row = queries.purpose(state, 2)
    assert row is not None and row.code == "ETREAT"
    assert accounts_queries.account_of_key(state, key("validator").id(NETWORK.id)) == IDS[0]
    group = group_id(NETWORK.id, bytes(32), 0)
    assert queries.group(state, group) == Group("both", 1, tuple(sorted(IDS[:2])))
    assert [queries.in_group(state, group, member) for member in IDS] == [True, True, False, False]
    assert queries.group_members(state, b"?" * 32) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parameters", ((2, 1), (1, 2**22))),
        ("parameters", ((2, 1), (2, 1))),
        ("purposes", None),
        ("groups", ((0, 4),)),
        ("groups", ((1, 0),)),
        ("validators", 0),
    ],
)
def test_genesis_that_contradicts_itself_is_malformed(field: str, value: Any) -> None:
    genesis = NETWORK.genesis
    if field == "purposes":
        value = tuple(reversed(genesis.purposes))
    elif field == "groups":
        value = tuple(msgspec.structs.replace(genesis.groups[0], members=members) for members in value)
    elif field == "validators":
        value = (msgspec.structs.replace(genesis.validators[0], power=0),)
    with pytest.raises(Malformed):
        governance.genesis.write_genesis(
            Overlay(NETWORK.state()), NETWORK.id, msgspec.structs.replace(genesis, **{field: value})
        )


@pytest.mark.parametrize(("number", "refusal"), [(99, errors.UnknownParameter), (1, errors.ParameterOutOfBounds)])
def test_genesis_with_an_impossible_parameter(number: int, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        Network(((number, 1),)).state()


def test_purposes_match_by_equality_or_the_table_and_never_transitively() -> None:
    state = NETWORK.state()
    assert queries.purpose_implied_by(state, 2, 2)
    assert queries.purpose_implied_by(state, 1, 2)
    assert not queries.purpose_implied_by(state, 2, 1), "an implication has one direction"
    assert queries.purpose_implied_by(state, 2, 3)
    assert not queries.purpose_implied_by(state, 1, 3), "1 serves 2 and 2 serves 3, but 1 does not serve 3"
    assert not queries.purpose_implied_by(state, 9, 9), "the table does not know it"


def test_suspensions_stop_what_they_name_and_nothing_else() -> None:
    state = NETWORK.state()
    for n, (recipient, custodian) in enumerate(((False, False), (True, False), (False, True), (True, True))):
        keeper.put_member(state, IDS[n], Member(MemberState.ACTIVE, recipient, custodian))
    assert [queries.may_receive(state, m, NOW) for m in IDS] == [True, False, True, False]
    assert [queries.may_hold(state, m, NOW) for m in IDS] == [True, True, False, False]
    assert [queries.is_active(state, m) for m in IDS] == [True] * 4, "and it keeps its vote"


@pytest.mark.parametrize(
    ("state_of", "active", "serving", "receive", "hold"),
    [
        (MemberState.ACTIVE, True, True, True, True),
        (MemberState.WINDING_DOWN, False, True, False, True),
        (MemberState.LEFT, False, False, False, False),
        (MemberState.SUCCEEDED, False, False, False, False),
        (None, False, False, False, False),
    ],
)
def test_what_a_member_may_in_each_state(
    state_of: MemberState | None, active: bool, serving: bool, receive: bool, hold: bool
) -> None:
    state = NETWORK.state()
    member = applicant(state)
    if state_of is not None:
        keeper.put_member(state, member, Member(state_of, False, False))
    assert queries.is_active(state, member) == active
    assert queries.is_serving(state, member) == serving
    assert queries.may_receive(state, member, NOW) == receive
    assert queries.may_hold(state, member, NOW) == hold


MEMBER, PROPOSAL = IDS[0], b"p" * 32
DAMAGE: dict[str, dict[bytes, bytes | None]] = {
    "unknown space": {b"\x01\x7f" + bytes(32): b"\x80"},
    "length of a key": {keys.MEMBERS + b"x": encode(Member(2, False, False))},
    "wide id": {b"\x01\x01" + b"\x01" * 32 + MEMBER: encode(Member(2, False, False))},
    "value": {keys.member_key(MEMBER): b"\xff"},
    "due marker": {keys.due_key(7, PROPOSAL): b"\xf4"},
    "count": {keys.ACTIVE_COUNT: encode(governance.types.Value(3))},
    "no count": {keys.ACTIVE_COUNT: None},
    "no validator": {keys.validator_key(key("validator").id(NETWORK.id)): None},
    "validator without power": {
        keys.validator_key(key("validator").id(NETWORK.id)): encode(Validator(MEMBER, key("validator").public, 0))
    },
    "validator of an outsider": {
        keys.validator_key(key("validator").id(NETWORK.id)): encode(Validator(b"?" * 32, key("validator").public, 1))
    },
    "validator under another id": {keys.validator_key(b"?" * 32): encode(Validator(MEMBER, key("x").public, 1))},
    "ballot without a proposal": {keys.ballot_key(PROPOSAL, MEMBER): encode(Ballot(True))},
    "proposal that is not due": {keys.proposal_key(PROPOSAL): encode(Proposal(MEMBER, 9, (), 1))},
    "closed proposal that is due": {
        keys.proposal_key(PROPOSAL): encode(Proposal(MEMBER, 9, (), 2)),
        keys.due_key(9, PROPOSAL): b"\xf5",
    },
    "due twice": {
        keys.proposal_key(PROPOSAL): encode(Proposal(MEMBER, 9, (), 1)),
        keys.due_key(8, PROPOSAL): b"\xf5",
        keys.due_key(9, PROPOSAL): b"\xf5",
    },
    "due but not there": {keys.due_key(9, PROPOSAL): b"\xf5"},
    "unknown parameter": {keys.parameter_key(99): encode(governance.types.Value(1))},
    "parameter out of bounds": {keys.parameter_key(1): encode(governance.types.Value(1))},
    "group unsorted": {keys.group_key(b"g" * 32): encode(Group("g", 1, tuple(sorted(IDS, reverse=True))))},
    "rules that go back": {
        keys.upgrade_key(20): encode(Upgrade(3, "Salus 3.0")),
        keys.upgrade_key(30): encode(Upgrade(2, "Salus 2.0")),
    },
    "rules of one version twice": {
        keys.upgrade_key(20): encode(Upgrade(2, "Salus 2.0")),
        keys.upgrade_key(30): encode(Upgrade(2, "Salus 2.0")),
    },
    "the first rules voted": {keys.upgrade_key(20): encode(Upgrade(1, "Salus 1.0"))},
    "software in letters that no log takes": {
        keys.upgrade_key(20): encode(Upgrade(2, "Salus\n2.0")),
    },
    "upgrade under a short key": {keys.UPGRADES + b"x": encode(Upgrade(2, "Salus 2.0"))},
    "more validators than there can be": {
        keys.validator_key(key(f"v {n}").id(NETWORK.id)): encode(Validator(MEMBER, key(f"v {n}").public, 1))
        for n in range(MAX_VALIDATORS)
    },
    "outsider in a group": {keys.group_key(b"g" * 32): encode(Group("g", 1, (b"?" * 32,)))},
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_invariants_find(damage: str) -> None:
    state = NETWORK.state()
    assert sound(state)
    for k, v in DAMAGE[damage].items():
        state.put(k, v)
    assert not sound(state)
