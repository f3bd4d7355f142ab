"""Light following: remember where the ledger was, and demand that it only grew since.

Without consensus the operator could show two readers two ledgers, or one reader an older one. Who
remembers (height, header, log) finds both, as long as one of the two ledgers is what was remembered.
"""

from salus.core.errors import Kind, Refusal
from salus.core.types import Count, Digest, Height, Message, Time
from salus.evidence.header import SignedHeader
from salus.merkle.log import EMPTY_ROOT, Consistency, verify_consistency


class RolledBack(Refusal):
    """The ledger is shorter, or its time earlier, than what was seen before."""

    code, kind, text = 0x5010, Kind.CONFLICT, "The ledger is older than what was seen before: it was rolled back."


class Forked(Refusal):
    """The ledger is another one than what was seen before."""

    code, kind, text = 0x5011, Kind.CONFLICT, "The ledger does not continue what was seen before: it was forked."


class Remembered(Message, frozen=True):
    """What a follower keeps between two looks; small enough for any device."""

    height: Height
    header: Digest  # hash of the header at `height`
    time: Time
    log_size: Count  # under that header's app hash
    log_root: Digest


class RememberedRelation(Message, frozen=True):
    """What a person's wallet keeps of a relation whose leaves it has all seen."""

    relation: Digest
    seq: Count
    log_size: Count
    log_root: Digest


def follow(
    before: Remembered | None, header: SignedHeader, log_size: int, log_root: bytes, growth: tuple[bytes, ...]
) -> Remembered:
    """Return what to remember now; `growth` is the consistency proof from the log remembered to this one.

    `header` and the log under its app hash were verified by the caller. Raises RolledBack, Forked.
    """
    height, time = header.header.height, header.header.time
    if before is not None:
        if height < before.height or time < before.time or log_size < before.log_size:
            raise RolledBack
        if height == before.height and header.hash != before.header:
            raise Forked
        if height == before.height + 1 and header.header.previous != before.header:
            raise Forked
        if not grew(before.log_size, before.log_root, log_size, log_root, growth):
            raise Forked
    return Remembered(height, header.hash, time, log_size, log_root)


def grew(old_size: int, old_root: bytes, size: int, root: bytes, growth: tuple[bytes, ...]) -> bool:
    """True if the log of `size` continues that of `old_size`; equal sizes, and an empty log, need no proof."""
    if old_size == 0:
        return not growth and old_root == EMPTY_ROOT and (size > 0 or root == EMPTY_ROOT)
    return verify_consistency(old_root, root, Consistency(old_size, size, growth))


def follow_headers(headers: tuple[SignedHeader, ...]) -> None:
    """Check that each header follows the one before it. Raises RolledBack, Forked."""
    for i in range(1, len(headers)):
        before, after = headers[i - 1], headers[i]
        if after.header.height <= before.header.height or after.header.time < before.header.time:
            raise RolledBack
        if after.header.height != before.header.height + 1 or after.header.previous != before.hash:
            raise Forked
