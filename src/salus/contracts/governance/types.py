"""What the governance contract stores."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Height, Id, Message, Name, PublicKey, Small, Time
from salus.policy.policies import PolicySet

Software = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\A[ -~]+\Z")]  # printable ASCII: it is logged


class MemberState(IntEnum):
    """Where a member stands in its life.

    APPLICANT is an organisation whose account nobody has admitted yet: it has no entry here.
    """

    APPLICANT = 1
    ACTIVE = 2  # votes, submits, opens accounts
    WINDING_DOWN = 3  # serves the patients it has, takes in no new ones, has no vote
    LEFT = 4  # may be admitted again
    SUCCEEDED = 5  # another member took over; final, and only by `SucceedMember`, which names it


class ProposalStatus(IntEnum):
    OPEN = 1
    APPLIED = 2
    LAPSED = 3  # too few approved by its effective height
    FAILED = 4  # approved, but an action had become impossible; nothing was changed


class Member(Message, frozen=True):
    """A member; its name, realm and roles stand in its account."""

    state: Annotated[int, Meta(ge=2, le=5)]  # MemberState, never APPLICANT
    suspended_recipient: bool  # gets nothing
    suspended_custodian: bool  # takes in nothing; its patients keep their access


class Proposal(Message, frozen=True):
    """A vote on actions, which are fixed from the start."""

    member: Id  # that proposed
    effective: Height
    actions: tuple[tuple[Small, bytes], ...]
    status: Annotated[int, Meta(ge=1, le=4)]


class Ballot(Message, frozen=True):
    """A member's one ballot on a proposal."""

    approve: bool


class Value(Message, frozen=True):
    """Of a parameter, or a count."""

    value: Count


class Validator(Message, frozen=True):
    """A validator key in force."""

    member: Id
    public: PublicKey
    power: Count  # never 0


class Group(Message, frozen=True):
    """A group of organisations that can be a grantee; membership is evaluated at release."""

    name: Name
    version: Count  # from 1
    members: tuple[Id, ...]  # sorted, distinct


class Policies(Message, frozen=True):
    """A policy set as it stands."""

    version: Count  # from 1
    body: PolicySet


class Emergency(Message, frozen=True):
    """What members suspended without a vote, until when; and who has had their say until a vote settles it."""

    recipient_until: Time  # suspended as recipient while t < this
    custodian_until: Time
    spent: tuple[Id, ...]  # sorted, distinct: members that signed a suspension of this member since the last vote on it


class Succession(Message, frozen=True):
    """Who took over from a succeeded member."""

    successor: Id


class Escrow(Message, frozen=True):
    """An organisation's escrow of its keys: what it commits to, and who was let open it."""

    commitment: Digest
    made: Time
    opened_by: Id | None
    opened: Time  # 0 where nobody was


class Upgrade(Message, frozen=True):
    """A version of the rules, in force from the height under which this stands."""

    version: Small  # from 2; rises with the height
    software: Software  # that knows it, in the words of the members
