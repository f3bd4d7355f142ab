"""Every refusal of the governance contract, alone and in pairs."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from contracts.founding import GOVERNANCE, Network, key
from contracts.governance_of_life import CASES as LIFE
from contracts.precedence import HEIGHT, Case, Scene, alone, assert_complete, assert_documented, pairs
from salus.contracts import governance
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Organisation
from salus.contracts.governance import errors, keeper, keys
from salus.contracts.governance.actions import group_id
from salus.contracts.governance.messages import (
    ACTIONS,
    AdmitMember,
    Propose,
    ScheduleUpgrade,
    SetGroup,
    SetMemberState,
    SetParameter,
    SetPolicySet,
    SetValidator,
    SucceedMember,
    Vote,
    WithdrawUpgrade,
)
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.policies import policy_set_id
from salus.contracts.governance.power import MAX_VALIDATORS
from salus.contracts.governance.succession import MAX_SUCCESSIONS
from salus.contracts.governance.types import (
    Ballot,
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
from salus.core.encoding import encode
from salus.core.errors import InvalidKey, Malformed
from salus.core.genesis import Purpose
from salus.core.hashing import object_id
from salus.core.keys import Role, possession
from salus.core.signatures import key_id
from salus.core.types import Message
from salus.policy.policies import MAX_WINDOW_MS, EmergencyRule, PolicyRule, PolicySet
from salus.policy.purposes import ACT_REASON

NETWORK = Network()
PROPOSER, OTHER, THIRD, LEAVING = (member.id for member in NETWORK.members)
APPLICANT = b"a" * 32
PROPOSAL = b"p" * 32
NUMBER = {shape: number for number, shape in ACTIONS.items()}


def numbered(actions: Iterable[Message]) -> tuple[tuple[int, bytes], ...]:
    return tuple((NUMBER[type(action)], encode(action)) for action in actions)


GROUP = group_id(NETWORK.id, bytes(32), 0)
POLICY_SET = policy_set_id(NETWORK.id, bytes(32), 0)
BREAK_GLASS = 4


def rule(purpose: int, role: int = 0, mode: int = 2) -> PolicyRule:
    return PolicyRule(purpose, role, mode, 3, True, False)


def policy_set(*rules: PolicyRule, **fields: Any) -> PolicySet:
    sound = PolicySet("north", rules or (rule(1), rule(2, 5)), EmergencyRule(GROUP, 4, 3_600_000), 4, (1,))
    return msgspec.structs.replace(sound, **fields)


def validator(member: bytes, name: str, power: int) -> SetValidator:
    signing = key(name)
    proof = signing.sign(possession(NETWORK.id, member, Role.VALIDATOR, signing.public))
    return SetValidator(member, signing.public, power, proof)


def sound_actions() -> list[Message]:
    return [
        AdmitMember(APPLICANT),
        SetMemberState(OTHER, MemberState.WINDING_DOWN, False, False),
        SetParameter(Parameter.MAX_KEYS, 32),
        validator(PROPOSER, "validator", 5),
        validator(THIRD, "new validator", 1),
        SetGroup(group_id(NETWORK.id, bytes(32), 0), "both", tuple(sorted((PROPOSER, THIRD)))),
        SetPolicySet(POLICY_SET, policy_set()),
        SucceedMember(LEAVING, THIRD),
        ScheduleUpgrade(2, HEIGHT + 2, "Salus 2.0"),
        WithdrawUpgrade(2),
    ]


def propose() -> Scene:
    actions = sound_actions()
    message = Propose(PROPOSER, HEIGHT + 1, numbered(actions))
    scene = NETWORK.scene(message, NETWORK.administration(0), actions=actions)
    accounts_keeper.put_organisation(scene.state, APPLICANT, Organisation("applicant", "north", (2,), 1, b"s" * 32))
    keeper.put_purpose(scene.state, Purpose(BREAK_GLASS, ACT_REASON, "BTG", ()))
    keeper.put_policies(scene.state, POLICY_SET, Policies(1, policy_set()))
    keeper.put_member(scene.state, LEAVING, Member(MemberState.WINDING_DOWN, False, False))
    return scene


def with_action(index: int, **fields: Any) -> Any:
    """A defect that changes action `index`."""

    def defect(scene: Scene) -> None:
        actions = scene.notes["actions"]
        actions[index] = msgspec.structs.replace(actions[index], **fields)
        scene.change(actions=numbered(actions) + scene.message.actions[len(actions) :])  # type: ignore[attr-defined]

    return defect


def with_tail(number: int, body: bytes) -> Any:
    """A defect that appends an action, which is looked at before any is tried."""

    def defect(scene: Scene) -> None:
        scene.change(actions=(*scene.message.actions, (number, body)))  # type: ignore[attr-defined]

    return defect


def with_set(change: Any) -> Any:
    """A defect that changes the body of the first policy set."""

    def defect(scene: Scene) -> None:
        keeper.put_purpose(scene.state, Purpose(BREAK_GLASS + 1, "urn:v3", "Y", ()))
        body = scene.notes["actions"][6].body
        with_action(6, body=msgspec.structs.replace(body, **change(body)))(scene)

    return defect


def emergency(body: PolicySet, **fields: Any) -> EmergencyRule:
    return msgspec.structs.replace(body.emergency, **fields)


def no_member(scene: Scene) -> None:
    keeper.put_member(scene.state, PROPOSER, Member(MemberState.WINDING_DOWN, False, False))


def outsider(scene: Scene) -> None:
    scene.change(member=APPLICANT)


def one_key_only(scene: Scene) -> None:
    scene.signers = scene.signers[:1]


def one_key_twice(scene: Scene) -> None:
    scene.signers = scene.signers[:1] * 2


def gateway_only(scene: Scene) -> None:
    scene.signers = NETWORK.gateway(0)


def anothers_keys(scene: Scene) -> None:
    scene.signers = NETWORK.administration(1)


def same_nonce(scene: Scene) -> None:
    before = Proposal(PROPOSER, HEIGHT + 5, (), ProposalStatus.APPLIED)
    keeper.open_proposal(scene.state, object_id("proposal", scene.network, PROPOSER, scene.nonce, 0, 0), before)


def has_validator(scene: Scene) -> None:
    keeper.put_validator(scene.state, b"v" * 32, Validator(OTHER, b"v" * 32, 1))


def last_active(scene: Scene) -> None:
    """Only the applicant is active once it is admitted, as far as the count goes."""
    scene.state.put(keys.ACTIVE_COUNT, encode(Value(0)))


def many_before(scene: Scene) -> None:
    """Sixteen successions, one after the other, end with the member that is leaving."""
    chain = [bytes((n,)) * 32 for n in range(1, MAX_SUCCESSIONS + 1)]
    for one, following in pairwise((*chain, LEAVING)):
        keeper.put_succession(scene.state, one, Succession(following))


def in_force(scene: Scene) -> None:
    """Since a block before this one."""
    keeper.put_upgrade(scene.state, HEIGHT, Upgrade(2, "Salus 2.0"))


def put_validators(scene: Scene, count: int, members: int, power: int = 1) -> None:
    for n in range(count):
        public = n.to_bytes(32, "big")
        entry = Validator((n % members).to_bytes(32, "big"), public, power)
        keeper.put_validator(scene.state, key_id(NETWORK.id, public), entry)


def too_many(scene: Scene) -> None:
    put_validators(scene, MAX_VALIDATORS - 1, MAX_VALIDATORS - 1)  # with the founder's and the new one: one more


def concentrated(scene: Scene) -> None:
    """Four validate, and one of them has five of ten."""
    put_validators(scene, 2, 2, power=2)


def key_is_a_gateways(scene: Scene) -> None:
    accounts_keeper.reserve_key(scene.state, key("new validator").id(NETWORK.id), THIRD)


PROPOSE = Case(
    "Propose",
    propose,
    {
        errors.NotActiveMember: (no_member, outsider),
        errors.NotAdministration: (one_key_only, one_key_twice, gateway_only, anothers_keys),
        errors.EffectiveTooEarly: (
            lambda scene: scene.change(effective=HEIGHT),
            lambda scene: keeper.put_parameter(scene.state, 4, 2),
        ),
        errors.ProposalExists: same_nonce,
        errors.UnknownAction: (with_tail(0, b""), with_tail(10, b"")),
        Malformed: (with_tail(1, b""), with_tail(3, encode(AdmitMember(APPLICANT)))),
        errors.NoSuchOrganisation: with_action(0, organisation=b"?" * 32),
        errors.AlreadyMember: lambda scene: keeper.put_member(scene.state, APPLICANT, Member(5, False, False)),
        errors.NoSuchMember: with_action(1, member=b"?" * 32),
        errors.InvalidTransition: (
            with_action(1, state=MemberState.APPLICANT),
            with_action(1, state=6),
            lambda scene: keeper.put_member(scene.state, OTHER, Member(MemberState.LEFT, False, False)),
        ),
        errors.ValidatorRemains: has_validator,
        errors.LastActiveMember: last_active,
        errors.UnknownParameter: (with_action(2, parameter=0), with_action(2, parameter=max(Parameter) + 1)),
        errors.ParameterOutOfBounds: (with_action(2, value=1), with_action(2, value=257)),
        errors.ValidatorWithoutMember: (with_action(3, member=b"?" * 32), with_action(3, member=OTHER)),
        errors.NoSuchValidator: (with_action(3, power=0, member=THIRD), with_action(3, power=0, public=b"?" * 32)),
        errors.LastValidator: with_action(3, power=0),
        errors.KeyListed: (
            key_is_a_gateways,
            with_action(4, public=key("hospital 2 gateway").public),
            with_action(4, public=key("validator").public),
        ),
        InvalidKey: (
            with_action(4, proof=bytes(64)),
            with_action(4, proof=validator(PROPOSER, "new validator", 1).proof),
        ),
        errors.NoSuchGroup: with_action(5, group=b"?" * 32),
        errors.UnsortedMembers: (
            with_action(5, members=tuple(sorted((PROPOSER, THIRD), reverse=True))),
            with_action(5, members=(PROPOSER, PROPOSER)),
        ),
        errors.OutsiderInGroup: with_action(5, members=(b"\xff" * 32,)),
        errors.NoSuchPolicySet: (with_action(6, set=b"?" * 32), with_action(6, set=bytes(32))),
        errors.UnsortedRules: (
            with_set(lambda body: {"rules": (rule(2), rule(1))}),
            with_set(lambda body: {"rules": (*body.rules, body.rules[-1])}),
            with_set(lambda body: {"attested": (*body.attested, 1)}),
        ),
        errors.UnknownPurpose: (
            with_set(lambda body: {"rules": (rule(0), *body.rules)}),
            with_set(lambda body: {"attested": (*body.attested, 99)}),
        ),
        errors.RuleForBreakGlass: with_set(lambda body: {"rules": (*body.rules, rule(BREAK_GLASS))}),
        errors.UnknownRole: with_set(lambda body: {"rules": (*body.rules, rule(BREAK_GLASS + 1, 99))}),
        errors.EmergencyOutOfBounds: (
            with_set(lambda body: {"emergency": emergency(body, window_ms=0)}),
            with_set(lambda body: {"emergency": emergency(body, window_ms=MAX_WINDOW_MS + 1)}),
        ),
        errors.NoSuchEmergencyGroup: with_set(lambda body: {"emergency": emergency(body, group=b"?" * 32)}),
        errors.SuccessorNotActive: (
            with_action(7, successor=b"?" * 32),
            with_action(7, successor=LEAVING),
            with_action(7, successor=OTHER),  # which winds down by then
        ),
        errors.SuccessionTooLong: many_before,
        errors.UpgradeTooEarly: (with_action(8, height=HEIGHT + 1), with_action(8, height=0)),
        errors.UpgradePending: lambda scene: keeper.put_upgrade(scene.state, HEIGHT + 2, Upgrade(2, "Salus 2.0")),
        errors.RulesNotNewer: (with_action(8, rules=1), with_action(8, rules=0), in_force),
        errors.NoSuchUpgrade: (with_action(9, rules=3), with_action(9, rules=1)),
        errors.TooManyValidators: too_many,
        errors.PowerConcentrated: concentrated,
    },
    {
        (errors.ValidatorWithoutMember, errors.NoSuchValidator): "one gives power, the other takes it",
        (errors.ValidatorWithoutMember, errors.LastValidator): "one gives power, the other takes it",
        (errors.LastValidator, errors.TooManyValidators): "the last one, or too many",
        (errors.LastValidator, errors.PowerConcentrated): "the last one, or four at least",
        (errors.UnsortedMembers, errors.OutsiderInGroup): "both replace the same list; see test_governance",
    },
)


def vote() -> Scene:
    scene = NETWORK.scene(Vote(OTHER, PROPOSAL, True), NETWORK.administration(1))
    keeper.open_proposal(scene.state, PROPOSAL, Proposal(PROPOSER, HEIGHT + 1, (), ProposalStatus.OPEN))
    return scene


def closed(status: ProposalStatus, effective: int) -> Any:
    def defect(scene: Scene) -> None:
        keeper.open_proposal(scene.state, PROPOSAL, Proposal(PROPOSER, effective, (), status))

    return defect


VOTE = Case(
    "Vote",
    vote,
    {
        errors.NotActiveMember: (
            lambda scene: keeper.put_member(scene.state, OTHER, Member(MemberState.LEFT, False, False)),
            lambda scene: scene.change(member=APPLICANT),
        ),
        errors.NotAdministration: (
            lambda scene: scene.signers.pop(),
            one_key_twice,
            lambda scene: setattr(scene, "signers", NETWORK.gateway(1)),
            lambda scene: setattr(scene, "signers", NETWORK.administration(2)),
        ),
        errors.NoSuchProposal: lambda scene: scene.change(proposal=b"?" * 32),
        errors.ProposalClosed: (
            *(closed(status, HEIGHT + 1) for status in ProposalStatus if status != ProposalStatus.OPEN),
            closed(ProposalStatus.OPEN, HEIGHT),
        ),
        errors.AlreadyVoted: (
            lambda scene: keeper.put_ballot(scene.state, PROPOSAL, OTHER, Ballot(True)),
            lambda scene: keeper.put_ballot(scene.state, PROPOSAL, OTHER, Ballot(False)),
        ),
    },
)
CASES = (PROPOSE, VOTE, *LIFE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sound_governance_message_is_accepted(case: Case) -> None:
    case.accepts()


@pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
def test_refused_alone(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


@pytest.mark.parametrize(("case", "refusal", "later"), pairs(CASES))
def test_first_defined_wins(case: Case, refusal: Any, later: Any) -> None:
    case.wins(refusal, later)


def test_every_refusal_has_a_case() -> None:
    assert_complete(errors, GOVERNANCE.messages, CASES)


def test_readme_names_the_order() -> None:
    assert_documented(governance, CASES)
