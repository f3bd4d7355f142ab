"""Policy sets: founded, voted, replaced; and the ones that come with Salus."""

from typing import Any

import pytest
from msgspec.structs import replace

from contracts.founding import GOVERNANCE, Network
from contracts.precedence import HEIGHT, NOW
from salus.contracts.governance import errors, events, invariants, keeper, keys, queries
from salus.contracts.governance.actions import group_id
from salus.contracts.governance.genesis import write_genesis
from salus.contracts.governance.messages import ACTIONS, Propose, SetPolicySet, Vote
from salus.contracts.governance.policies import check_policy_set, policy_set_id
from salus.contracts.governance.types import Policies
from salus.core.encoding import encode
from salus.core.errors import Malformed
from salus.core.genesis import Genesis
from salus.core.hashing import object_id
from salus.policy.policies import (
    NO_SET,
    STRICT_OPT_IN,
    EmergencyRule,
    FoundingEmergency,
    FoundingSet,
    Mode,
    PolicyRule,
    PolicySet,
)
from salus.policy.shipped import SHIPPED, founding_set, policy_set
from salus.services.purposes import PURPOSES
from salus.state.overlay import Overlay

NETWORK = Network()
IDS = [member.id for member in NETWORK.members]
GROUP = group_id(NETWORK.id, bytes(32), 0)
RULE = PolicyRule(1, 0, int(Mode.OPT_OUT), 3, False, False)
BODY = PolicySet("north", (RULE,), EmergencyRule(GROUP, 4, 3_600_000), 4, (1,))
FOUNDED = FoundingSet("north", (RULE,), FoundingEmergency(0, 4, 3_600_000), 4, (1,))
NUMBERS = {row.code: row.number for row in PURPOSES}


def voted(state: Overlay, action: SetPolicySet, nonce: bytes) -> list[Any]:
    """Propose, vote, and let it take effect; return what was told."""
    (number,) = (n for n, shape in ACTIONS.items() if shape is SetPolicySet)
    NETWORK.commit(
        state, Propose(IDS[0], HEIGHT + 5, ((number, encode(action)),)), NETWORK.administration(0), nonce=nonce
    )
    proposal = object_id("proposal", NETWORK.id, IDS[0], nonce, 0, 0)
    for n in range(3):
        NETWORK.commit(state, Vote(IDS[n], proposal, True), NETWORK.administration(n))
    told: list[Any] = []
    assert GOVERNANCE.begin_block is not None
    GOVERNANCE.begin_block(state, NETWORK.id, HEIGHT + 5, NOW, told.append)
    return told


def genesis(*sets: bytes) -> Genesis:
    return replace(NETWORK.genesis, policies=sets)


def sound(state: Overlay) -> bool:
    rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
    return list(invariants.violations(NETWORK.id, rows)) == []


def test_strict_opt_in_is_there_from_the_start_and_no_vote_changes_it() -> None:
    state = NETWORK.state()
    assert queries.policy_set(state, NO_SET) == (0, STRICT_OPT_IN)
    assert queries.policy_sets(state) == []
    (number,) = (n for n, shape in ACTIONS.items() if shape is SetPolicySet)
    action = (number, encode(SetPolicySet(NO_SET, BODY)))
    scene = NETWORK.scene(Propose(IDS[0], HEIGHT + 5, (action,)), NETWORK.administration(0), state)
    assert scene.run().code == errors.NoSuchPolicySet.code


def test_members_vote_a_set_into_force_and_replace_it() -> None:
    state = NETWORK.state()
    told = voted(state, SetPolicySet(None, BODY), b"1" * 16)
    new = told[-1].set
    assert told[-1] == events.PolicySetVoted(new, 1, BODY)
    assert queries.policy_set(state, new) == (1, BODY)
    stricter = replace(BODY, rules=())
    assert voted(state, SetPolicySet(new, stricter), b"2" * 16)[-1] == events.PolicySetVoted(new, 2, stricter)
    assert queries.policy_sets(state) == [(new, 2, stricter)]
    assert new == policy_set_id(NETWORK.id, object_id("proposal", NETWORK.id, IDS[0], b"1" * 16, 0, 0), 0)
    assert sound(state)


def test_a_set_of_the_founders_names_its_group_by_its_place() -> None:
    state = Overlay(NETWORK.state())
    write_genesis(state, NETWORK.id, genesis(encode(FOUNDED)))
    assert queries.policy_sets(state) == [(policy_set_id(NETWORK.id, bytes(32), 0), 1, BODY)]


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"\x80", Malformed),
        (encode(replace(FOUNDED, emergency=FoundingEmergency(1, 4, 1))), Malformed),
        (encode(replace(FOUNDED, attested=(9,))), errors.UnknownPurpose),
        (encode(replace(FOUNDED, rules=(RULE, RULE))), errors.UnsortedRules),
    ],
)
def test_a_founders_set_that_is_not_sound(raw: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        write_genesis(Overlay(NETWORK.state()), NETWORK.id, genesis(raw))


@pytest.mark.parametrize(
    "entry",
    [
        Policies(0, BODY),
        Policies(1, replace(BODY, rules=(RULE, RULE))),
        Policies(1, replace(BODY, emergency=EmergencyRule(b"?" * 32, 4, 1))),
    ],
)
def test_invariants_find_a_set_that_nobody_could_have_voted_for(entry: Policies) -> None:
    state = NETWORK.state()
    keeper.put_policies(state, b"p" * 32, Policies(1, BODY))
    assert sound(state)
    keeper.put_policies(state, b"p" * 32, entry)
    assert not sound(state)


def test_invariants_find_an_entry_in_the_place_of_strict_opt_in() -> None:
    state = NETWORK.state()
    state.put(keys.policies_key(NO_SET), encode(Policies(1, BODY)))
    assert not sound(state)


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda s: s.name)
def test_what_comes_with_salus_is_sound_and_says_what_it_means(shipped: Any) -> None:
    state = NETWORK.state()
    for row in PURPOSES:
        keeper.put_purpose(state, row)
    body = policy_set(shipped, NUMBERS, "north", GROUP)
    check_policy_set(state, body)
    founded = founding_set(shipped, NUMBERS, 0)
    assert founded.rules == body.rules and founded.attested == body.attested
    assert policy_set(shipped, NUMBERS).emergency == EmergencyRule(None, 0, 0)
    assert shipped.meaning and all(rule.meaning for rule in shipped.rules)
