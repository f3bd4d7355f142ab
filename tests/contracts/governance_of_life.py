"""Scenes of what organisations do without a vote: suspend in an emergency, make and open an escrow."""

from typing import Any

from contracts.founding import Network
from contracts.precedence import NOW, Case, Scene
from salus.contracts.governance import errors, keeper
from salus.contracts.governance.messages import EmergencySuspend, OpenEscrow, RecordEscrow
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Emergency, Escrow, Member, MemberState, Succession

NETWORK = Network()
FIRST, SECOND, THIRD, TARGET = (member.id for member in NETWORK.members)
BY = tuple(sorted((FIRST, SECOND)))
COMMITMENT = b"c" * 32


def suspend() -> Scene:
    message = EmergencySuspend(TARGET, True, True, BY)
    return NETWORK.scene(message, [*NETWORK.administration(0), *NETWORK.administration(1)])


def put(member: bytes, **fields: Any) -> Any:
    """A defect: an emergency suspension of the member, as recipient, in force."""
    entry = Emergency(
        fields.get("recipient", NOW + 1), fields.get("custodian", 0), fields.get("spent", (b"\xff" * 32,))
    )
    return lambda scene: keeper.put_emergency(scene.state, member, entry)


def state_of(member: bytes, state: MemberState) -> Any:
    return lambda scene: keeper.put_member(scene.state, member, Member(int(state), False, False))


def without_key(n: int) -> Any:
    """A defect: signer `n` did not sign."""
    return lambda scene: scene.signers.pop(n)


def one_keys_twice(scene: Scene) -> None:
    """One administrator twice does not make two."""
    scene.signers = [scene.signers[0], scene.signers[0], *scene.signers[2:]]


def unsorted(scene: Scene) -> None:
    scene.change(by=scene.message.by[::-1])  # type: ignore[attr-defined]


def by_itself(scene: Scene) -> None:
    scene.change(by=tuple(sorted((*scene.message.by, TARGET))))  # type: ignore[attr-defined]
    scene.signers += NETWORK.administration(3)


def named_twice(scene: Scene) -> None:
    scene.change(by=(BY[0], BY[0]))


EMERGENCY = Case(
    "EmergencySuspend",
    suspend,
    {
        errors.NotActiveMember: (
            state_of(FIRST, MemberState.WINDING_DOWN),
            state_of(SECOND, MemberState.LEFT),
        ),
        errors.NotAdministration: (without_key(0), without_key(3), one_keys_twice),
        errors.NoSuchMember: (
            lambda scene: scene.change(member=b"?" * 32),
            state_of(TARGET, MemberState.LEFT),
            state_of(TARGET, MemberState.SUCCEEDED),
        ),
        errors.UnsortedMembers: (unsorted,),
        errors.NothingSuspended: lambda scene: scene.change(recipient=False, custodian=False),
        errors.SuspendsItself: by_itself,
        errors.SignerSuspended: put(SECOND),
        errors.TooFewMembers: lambda scene: keeper.put_parameter(scene.state, Parameter.EMERGENCY_MEMBERS, 5),
        errors.AlreadySuspended: put(TARGET, custodian=NOW + 1),
        errors.SaidBefore: put(TARGET, recipient=NOW, custodian=0, spent=(SECOND,)),
        errors.NoQuorumLeft: put(THIRD),
    },
    {
        (errors.NoSuchMember, errors.SuspendsItself): "who is there no more does not sign",
        (errors.UnsortedMembers, errors.SuspendsItself): "both replace the list of signers",
        (errors.AlreadySuspended, errors.SaidBefore): "in force, and over",
    },
)


def record() -> Scene:
    return NETWORK.scene(RecordEscrow(FIRST, COMMITMENT), NETWORK.administration(0))


RECORD = Case(
    "RecordEscrow",
    record,
    {
        errors.NotAdministration: (
            without_key(0),
            lambda scene: setattr(scene, "signers", NETWORK.gateway(0)),
            lambda scene: setattr(scene, "signers", NETWORK.administration(1)),
        ),
        errors.NotServing: (state_of(FIRST, MemberState.LEFT), state_of(FIRST, MemberState.SUCCEEDED)),
    },
)


def release() -> Scene:
    scene = NETWORK.scene(OpenEscrow(FIRST, FIRST, COMMITMENT), NETWORK.administration(0))
    keeper.put_escrow(scene.state, FIRST, Escrow(COMMITMENT, NOW - 1, None, 0))
    return scene


def by_another(scene: Scene) -> None:
    scene.change(by=SECOND)
    scene.signers += NETWORK.administration(1)


def succeeded(scene: Scene) -> None:
    keeper.put_succession(scene.state, FIRST, Succession(SECOND))


def opened(scene: Scene) -> None:
    for member in (FIRST, SECOND):
        if getattr(scene.message, "by", None) == member:
            keeper.put_escrow(scene.state, FIRST, Escrow(COMMITMENT, NOW - 1, member, NOW))


OPEN = Case(
    "OpenEscrow",
    release,
    {
        errors.NotAdministration: (without_key(0), lambda scene: setattr(scene, "signers", NETWORK.administration(1))),
        errors.NoSuchEscrow: (
            lambda scene: scene.change(organisation=SECOND),
            lambda scene: scene.change(commitment=b"d" * 32),
        ),
        errors.NotEntitled: (by_another, succeeded),
        errors.EscrowOpen: opened,
    },
    {
        (errors.NotAdministration, errors.NotEntitled): "another brings its own keys; see test_governance_life",
    },
)
CASES = (EMERGENCY, RECORD, OPEN)
