"""What the records contract stores of a relation's life beside its records: death, closing, change of custody."""

from salus.core.types import Digest, Id, Message, Time


class Death(Message, frozen=True):
    """The person has died, as the custodian has it. When, stands in what opens `evidence` alone."""

    staff: Digest  # commitment of the member of staff who recorded it
    evidence: Digest  # T("death", salt, what the custodian keeps of it)
    recorded: Time


class Closing(Message, frozen=True):
    """The relation is kept; nothing new is taken in."""

    since: Time


class Bars(Message, frozen=True):
    """What stands of the two, in one entry, since every act asks for both; at least one does."""

    death: Death | None
    closing: Closing | None


class Offer(Message, frozen=True):
    """The custodian offers the relation to another member, which has not accepted yet."""

    successor: Id
    offered: Time


class Former(Message, frozen=True):
    """An organisation was custodian once; what it committed to until then it answers for."""

    until: Time
