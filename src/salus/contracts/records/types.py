"""What the records contract stores."""

from salus.core.types import Count, Digest, Message, Time


class Relation(Message, frozen=True):
    """All that the ledger holds of a relation's records. Kept by the ledger alone, never sent."""

    root: Digest
    seq: Count  # 1 at the first anchor, one more at each; the root must open with it
    anchored: Time  # block time of `root`
    previous: Digest | None
    replaced: Time | None  # block time at which `previous` was replaced; null as long as it is null
