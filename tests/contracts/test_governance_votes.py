"""From proposal to effect: what is written, what is told, and the defects that must not get through."""

import pytest

from contracts.founding import GOVERNANCE, Network, key
from contracts.precedence import HEIGHT, NOW, Scene
from salus.contracts import governance
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts import queries as accounts_queries
from salus.contracts.accounts.types import Organisation
from salus.contracts.context import ValidatorUpdate
from salus.contracts.governance import decisions, errors, events, invariants, keeper, keys, queries
from salus.contracts.governance.actions import group_id
from salus.contracts.governance.messages import (
    ACTIONS,
    AdmitMember,
    Propose,
    SetGroup,
    SetMemberState,
    SetParameter,
    SetValidator,
    Vote,
)
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import (
    Ballot,
    Group,
    Member,
    MemberState,
    Proposal,
    ProposalStatus,
    Validator,
)
from salus.core.encoding import encode
from salus.core.errors import InvalidKey
from salus.core.hashing import object_id
from salus.core.keys import Role, possession
from salus.core.types import Message
from salus.state.overlay import Overlay

NETWORK = Network()
IDS = [member.id for member in NETWORK.members]
EFFECTIVE = HEIGHT + 5
NUMBER = {shape: number for number, shape in ACTIONS.items()}


def propose(
    state: Overlay, *actions: Message, n: int = 0, nonce: bytes = b"n" * 16, effective: int = EFFECTIVE
) -> bytes:
    """Make a proposal as member `n`; return its id."""
    message = Propose(IDS[n], effective, tuple((NUMBER[type(action)], encode(action)) for action in actions))
    NETWORK.commit(state, message, NETWORK.administration(n), nonce=nonce)
    return object_id("proposal", NETWORK.id, IDS[n], nonce, 0, 0)


def refused(state: Overlay, *actions: Message) -> int:
    message = Propose(IDS[0], EFFECTIVE, tuple((NUMBER[type(action)], encode(action)) for action in actions))
    scene = NETWORK.scene(message, NETWORK.administration(0), state)
    scene.nonce = b"r" * 16
    outcome = scene.run()
    assert outcome.code == 0 or (outcome.writes, outcome.events) == ({}, ())
    return outcome.code


def vote(state: Overlay, proposal: bytes, *approvals: int, against: tuple[int, ...] = ()) -> None:
    for n in (*approvals, *against):
        NETWORK.commit(state, Vote(IDS[n], proposal, n in approvals), NETWORK.administration(n))


def begin(state: Overlay, height: int = EFFECTIVE) -> tuple[tuple[ValidatorUpdate, ...], list[Message]]:
    told: list[Message] = []
    assert GOVERNANCE.begin_block is not None
    updates = GOVERNANCE.begin_block(state, NETWORK.id, height, NOW, told.append)
    assert sound(state)
    return updates, told


def sound(state: Overlay) -> bool:
    rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
    return list(invariants.violations(NETWORK.id, rows)) == []


def changed(state: Overlay, before: dict[bytes, bytes | None]) -> dict[bytes, bytes | None]:
    return {k: v for k, v in state.writes.items() if before.get(k) != v}


def applicant(state: Overlay, account: bytes = b"a" * 32) -> bytes:
    accounts_keeper.put_organisation(state, account, Organisation("applicant", "north", (2,), 1, b"s" * 32))
    return account


def set_validator(n: int, name: str, power: int) -> SetValidator:
    signing = key(name)
    return SetValidator(
        IDS[n], signing.public, power, signing.sign(possession(NETWORK.id, IDS[n], Role.VALIDATOR, signing.public))
    )


def test_proposal_is_written_exactly() -> None:
    actions = ((NUMBER[SetParameter], encode(SetParameter(Parameter.MAX_KEYS, 32))),)
    scene = NETWORK.scene(Propose(IDS[0], EFFECTIVE, actions), NETWORK.administration(0))
    outcome = scene.run()
    proposal = object_id("proposal", NETWORK.id, IDS[0], scene.nonce, 0, 0)
    assert outcome.writes == {
        keys.proposal_key(proposal): encode(Proposal(IDS[0], EFFECTIVE, actions, ProposalStatus.OPEN)),
        keys.due_key(EFFECTIVE, proposal): b"\xf5",
    }
    assert outcome.events == (events.ProposalMade(IDS[0], proposal, EFFECTIVE),)


def test_ballot_is_written_exactly() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    outcome = NETWORK.scene(Vote(IDS[2], proposal, False), NETWORK.administration(2), state).run()
    assert outcome.writes == {keys.ballot_key(proposal, IDS[2]): encode(Ballot(False))}
    assert outcome.events == (events.BallotCast(IDS[2], proposal, False),)


def test_three_of_four_carry_a_proposal_at_its_height_and_not_before() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    vote(state, proposal, 0, 1, 2, against=(3,))
    before = dict(state.writes)
    assert begin(state, EFFECTIVE - 1) == ((), [])
    assert changed(state, before) == {}
    assert begin(state) == (
        (),
        [events.ProposalApplied(IDS[0], proposal, 3, 4), events.ParameterSet(Parameter.MAX_KEYS, 32)],
    )
    entry = keeper.get_proposal(state, proposal)
    assert entry is not None and entry.status == ProposalStatus.APPLIED
    assert changed(state, before) == {
        keys.parameter_key(Parameter.MAX_KEYS): encode(governance.types.Value(32)),
        keys.proposal_key(proposal): encode(entry),
        keys.due_key(EFFECTIVE, proposal): None,
    }
    assert begin(state, EFFECTIVE + 1) == ((), []), "it is applied once"


def test_skipped_heights_do_not_lose_a_proposal() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    vote(state, proposal, 0, 1, 2)
    assert begin(state, EFFECTIVE + 1000)[1][0] == events.ProposalApplied(IDS[0], proposal, 3, 4)


@pytest.mark.parametrize(
    ("approvals", "active", "passed"),
    [(2, 3, False), (3, 3, True), (67, 100, True), (66, 99, False), (2, 4, False), (0, 0, False)],
)
def test_more_than_two_thirds_in_integers(approvals: int, active: int, passed: bool) -> None:
    assert decisions.Tally(approvals, active).passed == passed


def test_exactly_two_thirds_is_not_enough() -> None:
    state = NETWORK.state()
    keeper.put_member(state, IDS[3], Member(MemberState.LEFT, False, False))
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    vote(state, proposal, 0, 1, against=(2,))
    assert begin(state) == ((), [events.ProposalLapsed(IDS[0], proposal, 2, 3)])
    assert queries.parameter(state, Parameter.MAX_KEYS) == 64
    entry = queries.proposal(state, proposal)
    assert entry is not None and entry.status == ProposalStatus.LAPSED


def test_ballots_of_those_who_are_no_longer_active_do_not_count() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    vote(state, proposal, 0, 1, 2)
    keeper.put_member(state, IDS[2], Member(MemberState.WINDING_DOWN, False, False))
    assert begin(state)[1] == [events.ProposalLapsed(IDS[0], proposal, 2, 3)]


def test_vote_twice_to_change_ones_mind() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    vote(state, proposal, against=(1,))
    outcome = NETWORK.scene(Vote(IDS[1], proposal, True), NETWORK.administration(1), state).run()
    assert outcome.code == errors.AlreadyVoted.code
    assert keeper.ballots(state, proposal) == [(IDS[1], Ballot(False))]


def test_non_member_votes() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    outsider = applicant(state)
    signers = [NETWORK.signer(outsider, key("outsider"), Role.ADMINISTRATION)]
    assert NETWORK.scene(Vote(outsider, proposal, True), signers, state).run().code == errors.NotActiveMember.code


def test_one_members_keys_vote_in_anothers_name() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    scene = NETWORK.scene(Vote(IDS[2], proposal, True), NETWORK.administration(1), state)
    assert scene.run().code == errors.NotAdministration.code


def test_proposal_changes_after_passing_by_a_nonce_used_twice() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    vote(state, proposal, 0, 1, 2)
    action = (NUMBER[SetParameter], encode(SetParameter(Parameter.MAX_KEYS, 256)))
    again = NETWORK.scene(Propose(IDS[0], EFFECTIVE, (action,)), NETWORK.administration(0), state)
    assert again.run().code == errors.ProposalExists.code
    begin(state)
    assert queries.parameter(state, Parameter.MAX_KEYS) == 32
    assert again.run().code == errors.ProposalExists.code, "nor once it is closed"


def test_another_members_proposal_of_the_same_nonce_is_another_one() -> None:
    state = NETWORK.state()
    one = propose(state, SetParameter(Parameter.MAX_KEYS, 32), n=0)
    assert propose(state, SetParameter(Parameter.MAX_KEYS, 32), n=1) != one


def test_action_that_became_impossible_fails_the_whole_proposal() -> None:
    state = NETWORK.state()
    outsider = applicant(state)
    first = propose(state, AdmitMember(outsider), effective=EFFECTIVE - 1)
    second = propose(state, SetParameter(Parameter.MAX_KEYS, 32), AdmitMember(outsider), nonce=b"m" * 16)
    vote(state, first, 0, 1, 2)
    vote(state, second, 0, 1, 2, 3)
    assert begin(state, EFFECTIVE - 1)[1][1] == events.MemberAdmitted(outsider)
    assert queries.active_members(state) == 5
    before = dict(state.writes)
    assert begin(state) == ((), [events.ProposalFailed(IDS[0], second, errors.AlreadyMember.code)])
    entry = keeper.get_proposal(state, second)
    assert entry is not None and entry.status == ProposalStatus.FAILED
    assert changed(state, before) == {
        keys.proposal_key(second): encode(entry),
        keys.due_key(EFFECTIVE, second): None,
    }, "not even the parameter"


def test_due_proposals_are_decided_by_height_and_id() -> None:
    state = NETWORK.state()
    made = [
        (effective, propose(state, SetParameter(Parameter.MAX_KEYS, 32), nonce=bytes((n,)) * 16, effective=effective))
        for n, effective in enumerate((EFFECTIVE, EFFECTIVE + 256, EFFECTIVE, EFFECTIVE - 1))
    ]
    told = begin(state, EFFECTIVE + 256)[1]
    assert [event.proposal for event in told] == [proposal for _, proposal in sorted(made)]  # type: ignore[attr-defined]


def test_admitted_left_and_admitted_again() -> None:
    state = NETWORK.state()
    member = applicant(state)
    assert refused(state, SetMemberState(member, MemberState.ACTIVE, False, False)) == errors.NoSuchMember.code
    steps = (AdmitMember(member), SetMemberState(member, MemberState.LEFT, False, False), AdmitMember(member))
    for n, step in enumerate(steps):
        proposal = propose(state, step, nonce=bytes((n,)) * 16)
        vote(state, proposal, 0, 1, 2, 3)
        begin(state)
    assert queries.member(state, member) == Member(MemberState.ACTIVE, False, False)
    assert queries.active_members(state) == 5


@pytest.mark.parametrize("state_before", [MemberState.LEFT, MemberState.SUCCEEDED])
def test_member_that_is_gone_does_not_change_state_by_itself(state_before: MemberState) -> None:
    state = NETWORK.state()
    keeper.put_member(state, IDS[3], Member(state_before, False, False))
    for after in MemberState:
        assert refused(state, SetMemberState(IDS[3], after, False, False)) == errors.InvalidTransition.code
    assert refused(state, AdmitMember(IDS[3])) == (0 if state_before == MemberState.LEFT else errors.AlreadyMember.code)


def test_last_active_member_stays() -> None:
    state = NETWORK.state()
    for member in IDS[:3]:
        keeper.put_member(state, member, Member(MemberState.LEFT, False, False))
    keeper.put_validator(state, key("validator").id(NETWORK.id), Validator(IDS[0], key("validator").public, 0))
    message = Propose(IDS[3], EFFECTIVE, ((2, encode(SetMemberState(IDS[3], MemberState.LEFT, False, False))),))
    assert NETWORK.scene(message, NETWORK.administration(3), state).run().code == errors.LastActiveMember.code


def test_suspended_recipient_by_vote_then_restored() -> None:
    state = NETWORK.state()
    for suspended in (True, False):
        proposal = propose(
            state, SetMemberState(IDS[3], MemberState.ACTIVE, suspended, False), nonce=bytes((suspended,)) * 16
        )
        vote(state, proposal, 0, 1, 2)
        told = begin(state)[1]
        assert told[1] == events.MemberStateSet(IDS[3], MemberState.ACTIVE, suspended, False)
        assert queries.may_receive(state, IDS[3], NOW) is not suspended


def test_validators_change_by_vote_and_are_returned_once_each() -> None:
    state = NETWORK.state()
    actions = (set_validator(1, "second", 7), set_validator(1, "second", 9), set_validator(0, "validator", 0))
    proposal = propose(state, *actions)
    vote(state, proposal, 0, 1, 2)
    updates, told = begin(state)
    expected = (ValidatorUpdate(key("second").public, 9), ValidatorUpdate(key("validator").public, 0))
    assert updates == tuple(sorted(expected)), "by key"
    assert queries.validators(state) == [Validator(IDS[1], key("second").public, 9)]
    assert told[1:] == [events.ValidatorSet(a.member, a.public, a.power) for a in actions]
    assert accounts_queries.account_of_key(state, key("second").id(NETWORK.id)) == IDS[1]
    assert refused(state, set_validator(0, "validator", 1)) == errors.KeyListed.code, "a removed key never returns"


def test_validator_of_a_member_that_leaves_must_go_first() -> None:
    state = NETWORK.state()
    leave = SetMemberState(IDS[0], MemberState.LEFT, False, False)
    assert refused(state, leave) == errors.ValidatorRemains.code
    assert refused(state, set_validator(0, "validator", 0), leave) == errors.LastValidator.code
    assert refused(state, set_validator(1, "second", 1), set_validator(0, "validator", 0), leave) == 0


def test_validator_key_with_anothers_proof_of_possession() -> None:
    state = NETWORK.state()
    stolen = set_validator(1, "second", 1)
    assert refused(state, SetValidator(IDS[2], stolen.public, 1, stolen.proof)) == InvalidKey.code
    signing = key("second")
    for network, role in ((bytes(32), Role.VALIDATOR), (NETWORK.id, Role.GATEWAY)):
        proof = signing.sign(possession(network, IDS[1], role, signing.public))
        assert refused(state, SetValidator(IDS[1], signing.public, 1, proof)) == InvalidKey.code


def test_group_is_created_replaced_and_its_id_derived() -> None:
    state = NETWORK.state()
    ordered = tuple(sorted(IDS[:3]))
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32), SetGroup(None, "research", ordered))
    vote(state, proposal, 0, 1, 2)
    group = group_id(NETWORK.id, proposal, 1)
    assert begin(state)[1][2] == events.GroupSet(group, 1, "research", ordered)
    smaller = propose(state, SetGroup(group, "research", ordered[:1]), nonce=b"m" * 16)
    vote(state, smaller, 0, 1, 2)
    begin(state)
    assert queries.group(state, group) == Group("research", 2, ordered[:1])
    assert refused(state, SetGroup(None, "x", ordered[::-1])) == errors.UnsortedMembers.code
    assert refused(state, SetGroup(None, "x", (b"\xff" * 32, b"\x00" * 32))) == errors.UnsortedMembers.code
    assert refused(state, SetGroup(None, "x", (b"\x00" * 32,))) == errors.OutsiderInGroup.code


def test_due_row_without_its_proposal_halts() -> None:
    state = NETWORK.state()
    state.put(keys.due_key(1, b"p" * 32), b"\xf5")
    with pytest.raises(LookupError):
        decisions.begin_block(None, state, NETWORK.id, 1, NOW, [].append)  # type: ignore[arg-type]


def test_votes_in_the_effective_block_come_too_late() -> None:
    state = NETWORK.state()
    proposal = propose(state, SetParameter(Parameter.MAX_KEYS, 32))
    late: Scene = NETWORK.scene(Vote(IDS[1], proposal, True), NETWORK.administration(1), state)
    late.height = EFFECTIVE
    assert late.run().code == errors.ProposalClosed.code
