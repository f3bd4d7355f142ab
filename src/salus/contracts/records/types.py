"""What the records contract stores."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Message, Small, Time


class PetitionKind(IntEnum):
    """What a person wishes."""

    AMEND = 1
    ERASE = 2
    RESTRICT = 3
    UNRESTRICT = 4


class Outcome(IntEnum):
    """What the custodian did about it."""

    DONE = 1
    REFUSED = 2
    DEFERRED = 3  # of an erasure alone: it stays open, and runs when its ground ends


class Ground(IntEnum):
    """Why; fixed numbers, so that nothing of a record stands on the ledger."""

    NONE = 0  # of what was done
    LEGAL_HOLD = 1
    RETENTION = 2
    ACCURATE = 3  # the record is accurate and complete
    NOT_OURS = 4  # another made the record
    NO_SUCH_RECORD = 5
    LAW = 6  # a law requires the record to stay, or to be used, as it is
    UNREADABLE = 7  # what was handed over does not open the petition


GROUNDS: dict[int, tuple[Ground, ...]] = {  # outcome -> its grounds
    Outcome.DONE: (Ground.NONE,),
    Outcome.REFUSED: (Ground.ACCURATE, Ground.NOT_OURS, Ground.NO_SUCH_RECORD, Ground.LAW, Ground.UNREADABLE),
    Outcome.DEFERRED: (Ground.LEGAL_HOLD, Ground.RETENTION),
}
Kind = Annotated[int, Meta(ge=1, le=4)]


class Relation(Message, frozen=True):
    """All that the ledger holds of a relation's records. Kept by the ledger alone, never sent."""

    root: Digest
    seq: Count  # 1 at the first anchor, one more at each; the root must open with it
    anchored: Time  # block time of `root`
    previous: Digest | None
    replaced: Time | None  # block time at which `previous` was replaced; null as long as it is null


class Asked(Message, frozen=True):
    """A petition. Its content went to the custodian, sealed; `commitment` binds it."""

    kind: Kind
    capacity: Small
    commitment: Digest
    made: Time
    outcome: Annotated[int, Meta(ge=1, le=3)] | None  # null: unanswered
    ground: Small
    receipt: Digest | None  # commitment to what the custodian signed about its answer
    answered: Time | None

    @property
    def open(self) -> bool:
        """True until it is done or refused."""
        return self.outcome is None or self.outcome == Outcome.DEFERRED


class Hold(Message, frozen=True):
    """A legal hold that stands; why is known to who can open `commitment`."""

    commitment: Digest
    placed: Time


class Link(Message, frozen=True):
    """Two relations are one person's; stored under both."""

    merged: Time


class Used(Message, frozen=True):
    """An approval that made a merge; it makes no other, also after that one has ended."""

    merged: Time


class Moved(Message, frozen=True):
    """A record of the relation was another person's, and was moved; where to, the ledger does not hold."""

    receipt: Digest  # T("move-receipt", what the custodian noted of it), which holds a fresh salt
    time: Time


class Restriction(Message, frozen=True):
    """The relation is kept and not used."""

    since: Time
