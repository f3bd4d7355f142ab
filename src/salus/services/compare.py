"""Compare two checkpoints of one log: does the longer continue the shorter, or are they two histories?"""

from collections.abc import Sequence
from typing import NamedTuple

from salus.client.published import PublishedLog
from salus.core.genesis import read_genesis
from salus.evidence.equivocation import log_key, prove
from salus.merkle.checkpoint import SignedCheckpoint
from salus.services.errors import NotComparable


class Side(NamedTuple):
    """A checkpoint, and the published files it came with if it did."""

    signed: SignedCheckpoint
    log: PublishedLog | None

    @property
    def size(self) -> int:
        """How many entries its log has."""
        return self.signed.checkpoint.size


class Compared(NamedTuple):
    """Both, the shorter first; `proof` (an encoded `Equivocation`) is empty where one continues the other."""

    shorter: SignedCheckpoint
    longer: SignedCheckpoint
    proof: bytes


def compare(one: Side, other: Side, genesis: bytes, headers: Sequence[bytes] = ()) -> Compared:
    """Return whether the longer continues the shorter, with proof where it does not.

    Raises WrongSignature where one is not signed by a validator of the genesis or of `headers`, DamagedTiles, and
    NotComparable where the longer one came without files.
    """
    log_key(one.signed, genesis, headers)
    log_key(other.signed, genesis, headers)
    shorter, longer = sorted((one, other), key=lambda side: (side.size, side.log is None))
    small, large = shorter.signed.checkpoint, longer.signed.checkpoint
    growth: tuple[bytes, ...] = ()
    if small.size == large.size:
        root = large.root
    elif longer.log is not None:
        root, growth = longer.log.prefix(small.size, large)
    else:
        raise NotComparable
    network, _ = read_genesis(genesis)
    same = root == small.root
    proof = b"" if same else prove(network, shorter.signed, longer.signed, root, growth)
    return Compared(shorter.signed, longer.signed, proof)
