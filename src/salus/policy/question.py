"""What is asked of a decision, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from salus.policy.filter import Filter
from salus.policy.provision import Facts
from salus.policy.public import Asked
from salus.policy.types import Directive, Residual, SealedPart


class Tier(IntEnum):
    """The order of evaluation. Tiers 4 and 6 come with policy sets and break-glass."""

    STATUTORY = 1
    MANDATE = 2  # of these, a person's own access so far
    DIRECTIVES = 3
    DEFAULT = 5


@dataclass(frozen=True, slots=True)
class Question:
    """May these records go to this recipient, for this purpose, now?"""

    relation: bytes
    asked: Asked
    staff: bytes | None  # commitment of the member of staff who asks
    filter: Filter
    used: Mapping[bytes, int]  # releases so far by chain of replacements; one that is missing has none
    recipient_suspended: bool

    @property
    def own_access(self) -> bool:
        """True when the person asks for what is its own: account, handle and relation are one id."""
        return self.asked.recipient.account == self.relation


Held = tuple[Directive, SealedPart | None]  # None: the sealed part is not at hand, or does not open


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
    basis: tuple[bytes, int] | None  # (directive, version) of the permit it rests on
    allowed: tuple[bytes, ...]  # record ids, in the order given
    denied: tuple[bytes, ...]  # asked for and not allowed
    obligations: tuple[str, ...]  # sorted, distinct
    left_out: LeftOut


__all__ = ["Decision", "Facts", "Held", "LeftOut", "NOTHING_SAID", "Question", "Tier"]
