"""Validators by vote: what a block tells the engine, held against a plain model of what CometBFT takes."""

import random

import msgspec
import pytest

from contracts.founding import GOVERNANCE, Network, key
from contracts.precedence import HEIGHT, NOW
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Organisation
from salus.contracts.context import ValidatorUpdate
from salus.contracts.governance import errors, events, genesis, invariants, keeper, queries
from salus.contracts.governance.messages import (
    ACTIONS,
    AdmitMember,
    EmergencySuspend,
    Propose,
    SetMemberState,
    SetParameter,
    SetValidator,
    SucceedMember,
    Vote,
)
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.power import MAX_VALIDATORS
from salus.contracts.governance.types import MemberState, Validator
from salus.core.encoding import encode
from salus.core.genesis import FounderValidator
from salus.core.hashing import object_id
from salus.core.keys import Role, possession
from salus.core.types import Message
from salus.state.overlay import Overlay

NETWORK = Network()
IDS = [member.id for member in NETWORK.members]
NUMBER = {shape: number for number, shape in ACTIONS.items()}
FOUNDING = key("validator").public
COMETBFT_MAX_TOTAL = (2**63 - 1) // 8  # types/validator_set.go


class Engine:
    """The validator set of an engine, by CometBFT's rules for updates (types/validator_set.go), in plain words."""

    def __init__(self) -> None:
        self.powers = {FOUNDING: 1}

    def take(self, updates: tuple[ValidatorUpdate, ...]) -> None:
        named = [update.public for update in updates]
        assert len(set(named)) == len(named), "a key twice"
        removed = {update.public for update in updates if update.power == 0}
        assert removed <= set(self.powers), "the removal of a key that is not there"
        changed = {update.public: update.power for update in updates if update.power}
        after = {public: power for public, power in {**self.powers, **changed}.items() if public not in removed}
        assert after, "an empty set"
        assert sum({**self.powers, **changed}.values()) <= COMETBFT_MAX_TOTAL, "too much, counting those that go"
        assert all(update.power >= 0 for update in updates)
        self.powers = after


def validator(n: int, name: str, power: int) -> SetValidator:
    signing = key(name)
    proof = signing.sign(possession(NETWORK.id, IDS[n], Role.VALIDATOR, signing.public))
    return SetValidator(IDS[n], signing.public, power, proof)


def proposed(state: Overlay, *actions: Message, nonce: bytes = b"n" * 16, height: int = HEIGHT) -> int:
    """Propose, and let all approve; return 0 or the code of the refusal."""
    message = Propose(IDS[0], height + 1, tuple((NUMBER[type(action)], encode(action)) for action in actions))
    scene = NETWORK.scene(message, NETWORK.administration(0), state)
    scene.nonce, scene.height = nonce, height
    code = scene.run().code
    if code:
        return code
    scene.commit()
    proposal = object_id("proposal", NETWORK.id, IDS[0], nonce, 0, 0)
    for n in range(3):
        NETWORK.commit(state, Vote(IDS[n], proposal, True), NETWORK.administration(n), height=height)
    return 0


def begin(state: Overlay, height: int = HEIGHT + 1) -> tuple[tuple[ValidatorUpdate, ...], list[Message]]:
    assert GOVERNANCE.begin_block is not None
    told: list[Message] = []
    updates = GOVERNANCE.begin_block(state, NETWORK.id, height, NOW, told.append)
    rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
    assert list(invariants.violations(NETWORK.id, rows)) == []
    return updates, told


def changed(*actions: Message) -> tuple[ValidatorUpdate, ...]:
    """What a block tells the engine after these actions were approved in the founded network."""
    state = NETWORK.state()
    assert proposed(state, *actions) == 0
    return begin(state)[0]


def four_validate(power: int = 1) -> Overlay:
    """Each of the four members has a validator with the same power."""
    state = NETWORK.state()
    added = [validator(n, f"validator {n}", power) for n in (1, 2, 3)]
    assert proposed(state, *added, validator(0, "validator", power), nonce=b"f" * 16) == 0
    begin(state)
    return state


def test_a_validator_comes_changes_its_power_and_goes() -> None:
    second = key("second").public
    state = NETWORK.state()
    for n, (power, expected) in enumerate(((7, 7), (9, 9), (9, None), (0, 0))):
        assert proposed(state, validator(1, "second", power), nonce=bytes((n,)) * 16, height=HEIGHT + n) == 0
        updates = begin(state, HEIGHT + n + 1)[0]
        assert updates == (() if expected is None else (ValidatorUpdate(second, expected),)), power
    assert queries.validators(state) == [Validator(IDS[0], FOUNDING, 1)]


def test_a_rotation_is_one_proposal_and_both_keys_change_at_once() -> None:
    expected = (ValidatorUpdate(key("next").public, 1), ValidatorUpdate(FOUNDING, 0))
    assert changed(validator(0, "next", 1), validator(0, "validator", 0)) == tuple(sorted(expected))
    state = NETWORK.state()
    code = proposed(state, validator(0, "validator", 0), validator(0, "next", 1))
    assert code == errors.LastValidator.code, "the new key comes first"


def test_updates_are_ordered_by_key_whatever_the_order_of_actions() -> None:
    actions = [validator(n, f"validator {n}", 1) for n in (1, 2, 3)]
    expected = tuple(sorted(ValidatorUpdate(action.public, 1) for action in actions))
    assert changed(*actions) == changed(*actions[::-1]) == expected


def test_a_key_that_comes_and_goes_in_one_block_is_not_told() -> None:
    assert changed(validator(1, "second", 7), validator(1, "second", 0)) == ()
    state = NETWORK.state()
    assert proposed(state, validator(1, "second", 7), nonce=b"a" * 16) == 0
    begin(state)
    for n in (0, 1):  # due at one block
        code = proposed(state, validator(1, "second", (8, 9)[n]), nonce=bytes((n,)) * 16, height=HEIGHT + 2)
        assert code == 0
    updates = begin(state, HEIGHT + 3)[0]
    assert [update.public for update in updates] == [key("second").public]


def test_the_last_validator_stays_whatever_else_the_proposal_does() -> None:
    state = NETWORK.state()
    assert proposed(state, validator(0, "validator", 0)) == errors.LastValidator.code
    both = (validator(1, "second", 1), validator(1, "second", 0), validator(0, "validator", 0))
    assert proposed(state, *both) == errors.LastValidator.code


def test_two_proposals_that_together_would_empty_the_set() -> None:
    state = NETWORK.state()
    assert proposed(state, validator(1, "second", 1), nonce=b"a" * 16) == 0
    begin(state)
    for n, one in enumerate((validator(0, "validator", 0), validator(1, "second", 0))):
        assert proposed(state, one, nonce=bytes((n,)) * 16, height=HEIGHT + 2) == 0, "each alone is possible"
    updates, told = begin(state, HEIGHT + 3)
    assert [type(event) for event in told] == [events.ProposalApplied, events.ValidatorSet, events.ProposalFailed]
    assert told[2].code == errors.LastValidator.code  # type: ignore[attr-defined]
    assert len(updates) == 1 and len(queries.validators(state)) == 1


def test_no_one_of_four_can_stop_the_network_alone() -> None:
    state = four_validate(power=33)
    assert proposed(state, validator(1, "validator 1", 48)) == 0, "48 of 147 is less than 33 per cent"
    assert proposed(state, validator(1, "validator 1", 49), nonce=b"m" * 16) == errors.PowerConcentrated.code
    two = (validator(1, "other of 1", 20), validator(1, "validator 1", 29))
    assert proposed(state, *two, nonce=b"m" * 16) == errors.PowerConcentrated.code, "keys of one member count together"


def test_three_cannot_share_power_so_that_one_of_them_may_be_missing() -> None:
    state = NETWORK.state()
    assert proposed(state, validator(1, "second", 1000), validator(2, "third", 1)) == 0


def test_a_proposal_is_judged_as_a_whole() -> None:
    state = four_validate()
    assert proposed(state, *(validator(n, f"validator {n}", 1000) for n in (1, 2, 3))) == errors.PowerConcentrated.code
    raised = [validator(n, f"validator {n}", 1000) for n in (1, 2, 3)]
    assert proposed(state, *raised, validator(0, "validator", 1000)) == 0


def test_members_may_vote_for_a_greater_share() -> None:
    state = four_validate()
    greater = SetParameter(Parameter.VALIDATOR_SHARE_PERCENT, 60)
    assert proposed(state, validator(1, "validator 1", 4)) == errors.PowerConcentrated.code
    assert proposed(state, greater, validator(1, "validator 1", 4)) == 0
    begin(state)
    back = SetParameter(Parameter.VALIDATOR_SHARE_PERCENT, 33)
    assert proposed(state, back, nonce=b"m" * 16, height=HEIGHT + 2) == errors.PowerConcentrated.code
    lower = (back, validator(1, "validator 1", 1))
    assert proposed(state, *lower, nonce=b"m" * 16, height=HEIGHT + 2) == 0


def test_what_is_no_validators_business_is_not_judged_by_their_power() -> None:
    state = four_validate()
    keeper.put_validator(state, key("validator 1").id(NETWORK.id), Validator(IDS[1], key("validator 1").public, 50))
    assert proposed(state, SetMemberState(IDS[3], MemberState.ACTIVE, True, False)) == 0


def test_more_validators_than_a_network_can_have() -> None:
    state = NETWORK.state()
    for n in range(MAX_VALIDATORS - 2):
        signing = key(f"validator {n}")
        keeper.put_validator(state, signing.id(NETWORK.id), Validator(IDS[n % 4], signing.public, 1))
    assert proposed(state, validator(1, "one more", 1)) == 0
    begin(state)
    assert len(queries.validators(state)) == MAX_VALIDATORS
    code = proposed(state, validator(1, "another", 1), nonce=b"m" * 16, height=HEIGHT + 2)
    assert code == errors.TooManyValidators.code


def test_the_greatest_powers_of_all_fit_what_cometbft_takes() -> None:
    assert 2 * MAX_VALIDATORS * (2**32 - 1) < COMETBFT_MAX_TOTAL, "twice: those that come beside those that go"


def test_founders_with_too_great_a_share_found_nothing() -> None:
    state = NETWORK.state()
    powers = (2, 1, 1, 1)
    validators = tuple(FounderValidator(n, key(f"founder {n}").public, power) for n, power in enumerate(powers))
    document = msgspec.structs.replace(NETWORK.genesis, validators=validators)
    with pytest.raises(errors.PowerConcentrated):
        genesis.write_genesis(state, NETWORK.id, document)


def test_suspension_by_vote_or_in_an_emergency_changes_no_validator() -> None:
    state = four_validate()
    before = queries.validators(state)
    assert proposed(state, SetMemberState(IDS[1], MemberState.ACTIVE, True, True)) == 0
    assert begin(state)[0] == ()
    by = tuple(sorted(IDS[n] for n in (2, 3)))
    signers = [*NETWORK.administration(2), *NETWORK.administration(3)]
    NETWORK.commit(state, EmergencySuspend(IDS[0], True, True, by), signers)
    assert queries.in_emergency(state, IDS[0], NOW) and not queries.may_receive(state, IDS[1], NOW)
    assert begin(state, HEIGHT + 2)[0] == ()
    assert queries.validators(state) == before
    # Whoever is suspended can still lose its validator by a vote, and is still given one.
    assert proposed(state, validator(0, "validator", 0), nonce=b"m" * 16, height=HEIGHT + 3) == 0
    assert begin(state, HEIGHT + 4)[0] == (ValidatorUpdate(FOUNDING, 0),)
    assert proposed(state, validator(0, "a new one of 0", 1), nonce=b"o" * 16, height=HEIGHT + 5) == 0


@pytest.mark.parametrize("after", [MemberState.WINDING_DOWN, MemberState.LEFT, MemberState.SUCCEEDED])
def test_a_member_goes_with_its_validator_in_one_proposal(after: MemberState) -> None:
    state = four_validate()
    going: Message = SetMemberState(IDS[3], after, False, False)
    if after == MemberState.SUCCEEDED:
        going = SucceedMember(IDS[3], IDS[0])
    assert proposed(state, going) == errors.ValidatorRemains.code
    assert proposed(state, validator(3, "validator 3", 0), going) == 0
    assert begin(state)[0] == (ValidatorUpdate(key("validator 3").public, 0),)


def test_an_admitted_member_has_its_validator_by_the_same_vote() -> None:
    state = NETWORK.state()
    joining = b"j" * 32
    accounts_keeper.put_organisation(state, joining, Organisation("joining", "north", (2,), 1, b"s" * 32))
    signing = key("validator of the joining")
    proof = signing.sign(possession(NETWORK.id, joining, Role.VALIDATOR, signing.public))
    given = SetValidator(joining, signing.public, 1, proof)
    assert proposed(state, given) == errors.ValidatorWithoutMember.code
    assert proposed(state, AdmitMember(joining), given) == 0
    assert begin(state)[0] == (ValidatorUpdate(signing.public, 1),)


@pytest.mark.parametrize("seed", range(30))
def test_any_votes_give_the_engine_what_the_state_holds(seed: int) -> None:
    """Many proposals, several due at one block, some of them impossible by then: state and engine agree."""
    chance, state, engine = random.Random(seed), NETWORK.state(), Engine()
    height, made, applied = HEIGHT, 0, 0
    for step in range(25):
        for _ in range(chance.randrange(3)):
            actions = []
            for _ in range(chance.randrange(1, 5)):
                n = chance.randrange(4)
                name = f"key {n} {chance.randrange(4)}" if chance.random() < 0.9 or n else "validator"
                actions.append(validator(n, name, chance.choice((0, 0, 1, 2, 3, 2**32 - 1))))
            made += 1
            proposed(state, *actions, nonce=made.to_bytes(16, "big"), height=height)
        height += 1
        updates, told = begin(state, height)
        applied += sum(type(event) is events.ProposalApplied for event in told)
        assert list(updates) == sorted(updates), (seed, step)
        engine.take(updates)
        assert engine.powers == {v.public: v.power for v in queries.validators(state)}, (seed, step)
    assert applied, seed
