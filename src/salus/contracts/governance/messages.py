"""Messages of the governance contract, and the actions that a proposal can hold."""

from typing import Annotated

from msgspec import Meta

from salus.contracts.governance.types import Software
from salus.core.types import Count, Digest, Height, Id, Message, Name, PublicKey, Signature, Small
from salus.policy.policies import PolicySet


class Propose(Message, frozen=True):
    """Open a vote on `actions`; signed by the member's administration keys."""

    member: Id
    effective: Height  # when it takes effect, if more than two thirds approved by then
    actions: Annotated[tuple[tuple[Small, bytes], ...], Meta(min_length=1, max_length=16)]  # (number, dCBOR)


class Vote(Message, frozen=True):
    """Cast the member's one ballot; signed by its administration keys."""

    member: Id
    proposal: Id
    approve: bool


class AdmitMember(Message, frozen=True):
    """Action 1: an organisation's account becomes an active member."""

    organisation: Id


class SetMemberState(Message, frozen=True):
    """Action 2: see `types.MemberState`; a suspension stops what it names and nothing else."""

    member: Id
    state: Small
    suspended_recipient: bool
    suspended_custodian: bool


class SetParameter(Message, frozen=True):
    """Action 3: see `parameters.Parameter`."""

    parameter: Small
    value: Count


class SetValidator(Message, frozen=True):
    """Action 4: a member's validator key and its power; 0 removes it."""

    member: Id
    public: PublicKey
    power: Count
    proof: Signature  # possession, role VALIDATOR


class SetGroup(Message, frozen=True):
    """Action 5: create (`group` null) or replace the members of a group."""

    group: Id | None
    name: Name
    members: Annotated[tuple[Id, ...], Meta(max_length=1024)]  # sorted, distinct


class SetPolicySet(Message, frozen=True):
    """Action 6: create (`set` null) or replace a policy set; relations under it follow at once."""

    set: Id | None
    body: PolicySet


class SucceedMember(Message, frozen=True):
    """Action 7: a member is succeeded by another, which takes over its duties and none of its grants."""

    member: Id
    successor: Id


class ScheduleUpgrade(Message, frozen=True):
    """Action 8: blocks from a height on are executed under another version of the rules."""

    rules: Small  # the version, above the one in force then
    height: Height  # of the first block under it
    software: Software  # what a node installs before that: words of the members


class WithdrawUpgrade(Message, frozen=True):
    """Action 9: a version of the rules that is scheduled and not in force yet will not be."""

    rules: Small  # the version


class EmergencySuspend(Message, frozen=True):
    """Suspend a member at once, for a while; signed by the administration keys of each of `by`."""

    member: Id
    recipient: bool  # gets nothing
    custodian: bool  # takes in nothing; its patients keep their access
    by: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=8)]  # sorted, distinct


class RecordEscrow(Message, frozen=True):
    """Commit to an escrow of the organisation's keys, in place of an earlier one; signed by its administration keys."""

    organisation: Id
    commitment: Digest


class OpenEscrow(Message, frozen=True):
    """Ask the holders for their shares; signed by the administration keys of `by`.

    `by` is the organisation, or whoever succeeded it.
    """

    organisation: Id
    by: Id
    commitment: Digest


MESSAGES: dict[int, type[Message]] = {
    0x0101: Propose,
    0x0102: Vote,
    0x0110: EmergencySuspend,
    0x0111: RecordEscrow,
    0x0112: OpenEscrow,
}
ACTIONS: dict[int, type[Message]] = {
    1: AdmitMember,
    2: SetMemberState,
    3: SetParameter,
    4: SetValidator,
    5: SetGroup,
    6: SetPolicySet,
    7: SucceedMember,
    8: ScheduleUpgrade,
    9: WithdrawUpgrade,
}
