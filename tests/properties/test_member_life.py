"""Random lives of members, against a naive model: a few sets and times, and the rules in plain words."""

import random

import pytest

from contracts.founding import GOVERNANCE, Network
from contracts.precedence import NOW
from salus.contracts.governance import invariants, keeper, queries
from salus.contracts.governance.messages import ACTIONS, EmergencySuspend, Propose, SetMemberState, SucceedMember, Vote
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.types import MemberState, Validator
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.types import Message
from salus.state.overlay import Overlay

NETWORK = Network()
IDS = [member.id for member in NETWORK.members]
NUMBER = {shape: number for number, shape in ACTIONS.items()}
LASTS = BOUNDS[Parameter.EMERGENCY_SUSPENSION_MS].default
STEPS = 60
ACTIVE, WINDING, LEFT, GONE = "active", "winding down", "left", "succeeded"
STATES = {ACTIVE: MemberState.ACTIVE, WINDING: MemberState.WINDING_DOWN, LEFT: MemberState.LEFT}


class Naive:
    """Who stands where; nothing of it is shared with the contract."""

    def __init__(self) -> None:
        self.state = dict.fromkeys(range(len(IDS)), ACTIVE)
        self.voted = dict.fromkeys(range(len(IDS)), (False, False))
        self.until = {n: [0, 0] for n in range(len(IDS))}
        self.spent: dict[int, set[int]] = {n: set() for n in range(len(IDS))}
        self.heir: dict[int, int] = {}

    def active(self) -> set[int]:
        return {n for n, state in self.state.items() if state == ACTIVE}

    def suspended(self, time: int) -> set[int]:
        return {n for n, ends in self.until.items() if max(ends) > time}

    def set_state(self, n: int, state: str, suspended: tuple[bool, bool]) -> bool:
        leaves_nobody = self.active() == {n} and state != ACTIVE
        if self.state[n] in (LEFT, GONE) or leaves_nobody:
            return False
        self.state[n], self.voted[n], self.until[n], self.spent[n] = state, suspended, [0, 0], set()
        return True

    def succeed(self, n: int, heir: int) -> bool:
        if self.state[n] in (LEFT, GONE) or n == heir or self.state[heir] != ACTIVE:
            return False
        self.state[n], self.voted[n], self.until[n], self.spent[n] = GONE, (False, False), [0, 0], set()
        self.heir[n] = heir
        return True

    def suspend(self, n: int, by: set[int], what: tuple[bool, bool], time: int) -> bool:
        adds = [wanted and end <= time for wanted, end in zip(what, self.until[n], strict=True)]
        if not by <= self.active() or self.state[n] in (LEFT, GONE) or n in by or len(by) < 2 or not any(adds):
            return False
        if by & self.suspended(time) or by & self.spent[n]:
            return False
        out = (self.suspended(time) | {n}) & self.active()
        if n in self.active() and 3 * len(self.active() - out) <= 2 * len(self.active()):
            return False
        self.until[n] = [time + LASTS if add else end for add, end in zip(adds, self.until[n], strict=True)]
        self.spent[n] |= by
        return True

    def last_heir(self, n: int) -> int | None:
        while n in self.heir and self.heir[n] in self.heir:
            n = self.heir[n]
        return self.heir.get(n)


def voted(state: Overlay, height: int, proposer: int, action: Message) -> bool:
    """Let all active members decide on an action; true if it was carried out."""
    propose = Propose(IDS[proposer], height + 1, ((NUMBER[type(action)], encode(action)),))
    nonce = height.to_bytes(16, "big")
    made = NETWORK.scene(propose, NETWORK.administration(proposer), state)
    made.height, made.nonce = height, nonce
    if made.run().code:
        return False
    made.commit()
    proposal = object_id("proposal", NETWORK.id, IDS[proposer], nonce, 0, 0)
    for n, member in enumerate(IDS):
        if queries.is_active(state, member):
            NETWORK.commit(state, Vote(member, proposal, True), NETWORK.administration(n), height=height)
    assert GOVERNANCE.begin_block is not None
    told: list[Message] = []
    GOVERNANCE.begin_block(state, NETWORK.id, height + 1, NOW, told.append)
    assert type(told[0]).__name__ == "ProposalApplied"
    return True


def suspended(state: Overlay, n: int, by: set[int], what: tuple[bool, bool], time: int) -> bool:
    message = EmergencySuspend(IDS[n], *what, tuple(sorted(IDS[one] for one in by)))
    made = NETWORK.scene(message, [signer for one in sorted(by) for signer in NETWORK.administration(one)], state)
    made.time = time
    if made.run().code:
        return False
    made.commit()
    return True


def start() -> Overlay:
    """The founded network, its validator under no member that this is about, so that any of them may go."""
    state = NETWORK.state()
    for entry in keeper.validators(state):
        state.put(next(k for k, _ in state.scan(b"\x01\x06" + bytes(32))), None)
        assert isinstance(entry, Validator)
    return state


@pytest.mark.parametrize("seed", range(40))
def test_any_life_is_what_the_naive_model_says(seed: int) -> None:
    chance, state, model, time = random.Random(seed), start(), Naive(), NOW
    for step in range(STEPS):
        time += chance.choice((0, 1, LASTS // 3, LASTS))
        n, height = chance.randrange(len(IDS)), 100 + 2 * step
        what = (chance.random() < 0.6, chance.random() < 0.6)
        match chance.randrange(5):
            case 0 if model.active():
                wanted = chance.choice((ACTIVE, ACTIVE, WINDING, LEFT))
                action = SetMemberState(IDS[n], STATES[wanted], *what)
                proposer = chance.choice(sorted(model.active()))
                assert voted(state, height, proposer, action) == model.set_state(n, wanted, what), (seed, step)
            case 1 if step > STEPS // 2:
                heir, proposer = chance.randrange(len(IDS)), chance.choice(sorted(model.active()))
                done = voted(state, height, proposer, SucceedMember(IDS[n], IDS[heir]))
                assert done == model.succeed(n, heir), (seed, step)
            case _:
                by = set(chance.sample(range(len(IDS)), chance.choice((1, 2, 2, 2, 3))))
                assert suspended(state, n, by, what, time) == model.suspend(n, by, what, time), (seed, step)
        agree(state, model, time, (seed, step))


def agree(state: Overlay, model: Naive, time: int, where: tuple[int, int]) -> None:
    for n, member in enumerate(IDS):
        standing, ends = model.state[n], model.until[n]
        assert queries.is_active(state, member) == (standing == ACTIVE), where
        assert queries.is_serving(state, member) == (standing in (ACTIVE, WINDING)), where
        receives = standing == ACTIVE and not model.voted[n][0] and ends[0] <= time
        assert queries.may_receive(state, member, time) == receives, where
        holds = standing in (ACTIVE, WINDING) and not model.voted[n][1] and ends[1] <= time
        assert queries.may_hold(state, member, time) == holds, where
        heir = model.last_heir(n)
        assert queries.successor_of(state, member) == (None if heir is None else IDS[heir]), where
    rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
    found = [words for _, words in invariants.violations(NETWORK.id, rows)]
    assert found == ["there is a validator"], where
