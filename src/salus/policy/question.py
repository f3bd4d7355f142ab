"""What is asked of a decision, and what it answers."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from salus.policy.filter import Filter
from salus.policy.policies import STRICT, Order, PolicyInForce, Preference
from salus.policy.provision import Facts
from salus.policy.public import Asked
from salus.policy.types import Directive, Residual, SealedPart


class Tier(IntEnum):
    """The order of evaluation."""

    STATUTORY = 1
    MANDATE = 2  # a person's own access, what the law mandates, orders
    DIRECTIVES = 3
    POLICY = 4
    DEFAULT = 5  # nothing matched
    BREAK_GLASS = 6


class Question(NamedTuple):
    """May these records go to this recipient, for this purpose, now?"""

    relation: bytes
    asked: Asked
    staff: bytes | None  # commitment of the member of staff who asks
    filter: Filter
    used: Mapping[bytes, int]  # releases so far by chain of replacements; one that is missing has none
    recipient_suspended: bool
    policy: PolicyInForce = STRICT
    orders: Sequence[tuple[bytes, Order]] = ()  # of the relation, whatever their state
    break_glass: bool = False  # the request says so, beside a purpose that is not break-glass itself
    restricted: bool = False  # the relation is kept, and not to be used
    height: int = 0  # of the state it is asked on
    deceased: bool = False  # the death of the person is recorded
    closed: bool = False  # the relation is kept, and takes in nothing new
    represents: "Represents | None" = None  # who asks acts for the person, and asks what she could ask
    merged: tuple[bytes, ...] = ()  # relations that are merged with it: their denies hold, their permits do not
    objections: Sequence[Preference] = ()  # preferences of these, of which opting out alone counts

    @property
    def emergency(self) -> bool:
        """True if the recipient would break the glass."""
        return self.break_glass or self.asked.break_glass

    @property
    def own_access(self) -> bool:
        """True when the person asks for what is its own: account, handle and relation are one id."""
        return self.asked.recipient.account == self.relation


class Represents(NamedTuple):
    """The access of somebody who acts for the person."""

    under: bytes  # the authority
    excluded: tuple[str, ...]  # labels that are kept from the representative


Held = tuple[Directive, SealedPart | None]  # None: the sealed part is not at hand, or does not open


Basis = tuple[int, bytes | None, int]
"""(BasisKind, id of the directive, policy set or order, version), as the ledger takes it."""


class LeftOut(NamedTuple):
    """What the recipient may be told of records it asked for and did not get.

    "May be incomplete" always shows. What an excluding directive hides counts nowhere here, so that
    neither its existence nor its level can be read from the answer.
    """

    level: Residual
    some: bool | None  # known from GENERIC on
    how_many: int | None  # known at ITEMISED


NOTHING_SAID = LeftOut(Residual.NONE, None, None)


class Decision(NamedTuple):
    """The answer. Not all of it may leave the gateway: `left_out` says what the recipient may know."""

    permitted: bool  # there is a ground; even where none of the records is covered
    tier: Tier
    reasons: tuple[int, ...]  # sorted, distinct; policy.reasons
    basis: Basis | None  # of what it rests on; None where it denies
    allowed: tuple[bytes, ...]  # record ids, in the order given
    denied: tuple[bytes, ...]  # asked for and not allowed
    obligations: tuple[str, ...]  # sorted, distinct
    left_out: LeftOut
    height: int  # of the state it was made on


__all__ = ["Basis", "Decision", "Facts", "Held", "LeftOut", "NOTHING_SAID", "Question", "Represents", "Tier"]
