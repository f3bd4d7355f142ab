"""Events of the governance contract: leaves of the audit log."""

from typing import ClassVar

from salus.contracts.governance.types import Software
from salus.core.types import Count, Digest, Height, Id, Message, Name, PublicKey, Small, Time
from salus.policy.policies import PolicySet


class ProposalMade(Message, frozen=True):
    """A vote is open until its effective height."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    proposal: Id
    effective: Height


class BallotCast(Message, frozen=True):
    """A member voted."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    proposal: Id
    approve: bool


class ProposalApplied(Message, frozen=True):
    """More than two thirds of the active members approved; what its actions did follows."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    proposal: Id
    approvals: Count
    active: Count


class ProposalLapsed(Message, frozen=True):
    """Too few approved by the effective height."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    proposal: Id
    approvals: Count
    active: Count


class ProposalFailed(Message, frozen=True):
    """Approved, but an action had become impossible: nothing was changed."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    proposal: Id
    code: Small  # of the refusal


class MemberAdmitted(Message, frozen=True):
    """An organisation is an active member."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id


class MemberStateSet(Message, frozen=True):
    """A member's state or suspensions changed."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    state: Small
    suspended_recipient: bool
    suspended_custodian: bool


class ParameterSet(Message, frozen=True):
    """A parameter has a new value."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ()

    parameter: Small
    value: Count


class ValidatorSet(Message, frozen=True):
    """A member's validator has this power; 0: it is removed."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member",)

    member: Id
    public: PublicKey
    power: Count


class GroupSet(Message, frozen=True):
    """A group has these members."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("members",)

    group: Id
    version: Count
    name: Name
    members: tuple[Id, ...]


class PolicySetVoted(Message, frozen=True):
    """A policy set says this from now on; relations that name it are under this version."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ()

    set: Id
    version: Count
    body: PolicySet


class UpgradeScheduled(Message, frozen=True):
    """Blocks from this height on are executed under another version of the rules."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ()

    rules: Small  # the version
    height: Height
    software: Software


class UpgradeWithdrawn(Message, frozen=True):
    """What was scheduled will not be."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ()

    rules: Small  # the version
    height: Height


class MemberSucceeded(Message, frozen=True):
    """A member took over from another, and none of its grants."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member", "successor")

    member: Id
    successor: Id


class MemberSuspended(Message, frozen=True):
    """Members suspended another without a vote; each suspension ends by itself at its time (0: there is none)."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("member", "by")

    member: Id
    recipient_until: Time
    custodian_until: Time
    by: tuple[Id, ...]


class EscrowMade(Message, frozen=True):
    """An organisation's keys are in escrow; an earlier one is void."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("organisation",)

    organisation: Id
    commitment: Digest


class EscrowOpened(Message, frozen=True):
    """The holders are asked for their shares, for `by`."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("organisation", "by")

    organisation: Id
    by: Id
    commitment: Digest


EVENTS: dict[int, type[Message]] = {
    0x0101: ProposalMade,
    0x0102: BallotCast,
    0x0103: ProposalApplied,
    0x0104: ProposalLapsed,
    0x0105: ProposalFailed,
    0x0106: MemberAdmitted,
    0x0107: MemberStateSet,
    0x0108: ParameterSet,
    0x0109: ValidatorSet,
    0x010A: GroupSet,
    0x010B: PolicySetVoted,
    0x010C: UpgradeScheduled,
    0x010D: UpgradeWithdrawn,
    0x0110: MemberSuspended,
    0x0111: EscrowMade,
    0x0112: EscrowOpened,
    0x0113: MemberSucceeded,
}
